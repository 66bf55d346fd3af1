"""A day of each of the staff in a browser, at the demo's provider: from the first call to what stands in the log."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import statements
from tests.browser.served import Served
from tests.browser.test_every_page import kept
from tests.browser.test_first_click import staff
from tests.browser.test_subscribers_day import STEADY
from tests.concurrency import processes

pytestmark = pytest.mark.parametrize("served", ["skynet"], indirect=True)


def test_the_day_of_support(page_at: Callable[..., Page], served: Served) -> None:
    """Boris is on the line without internet: found by his phone, put on again, answered; his log and ours tell it."""
    boris = page_at(360)
    boris.goto(served.path("/login/?as=boris"))
    boris.get_by_role("button", name="Войти", exact=True).click()
    boris.goto(served.path("/cabinet/support/"))
    boris.get_by_label("Ваш вопрос").fill("Не открывается ни одна страница")
    boris.get_by_role("button", name="Отправить вопрос").click()

    desk = staff(page_at, served, "support")
    desk.keyboard.press("/")
    desk.get_by_label("Найти абонента").press_sequentially("8 (916) 000-00-02")
    desk.keyboard.press("Enter")
    main = desk.get_by_role("main")
    main.get_by_role("link", name=re.compile("100002")).first.click()
    expect(desk).to_have_url(re.compile("/staff/contracts/100002/"))
    expect(main).to_contain_text("Лебедев Борис Ильич")
    expect(main).to_contain_text("приостановлен")
    expect(main).to_contain_text("Почему нет интернета?")

    main.get_by_role("link", name="Отложенный платёж").click()
    main.get_by_role("button", name="Посмотреть, что будет").click()
    expect(main).to_contain_text("Напишите почему")  # nothing without a reason
    main.get_by_label("Почему").fill("Звонок: оплатит в понедельник")
    main.get_by_role("button", name="Посмотреть, что будет").click()
    expect(main).to_contain_text("Баланс после")
    main.get_by_role("button", name="Отложенный платёж").click()
    expect(desk).to_have_url(re.compile("/staff/contracts/100002/$"))
    expect(main).to_contain_text("работает")

    main.get_by_role("region", name="Переписка").get_by_role("link").first.click()
    main.get_by_role("button", name="Взять").click()
    main.get_by_label("Ваше сообщение").fill("Дали отложенный платёж, интернет включён.")
    main.get_by_role("button", name="Отправить").click()
    expect(main.get_by_role("log")).to_contain_text("интернет включён")
    boris.reload()
    expect(boris.get_by_role("main")).to_contain_text("интернет включён")

    admin = staff(page_at, served, "admin")
    admin.goto(served.path("/staff/log/?actor=support"))
    told = admin.get_by_role("main")
    expect(told).to_contain_text("Дан отложенный платёж")
    expect(told).to_contain_text("Звонок: оплатит в понедельник")
    expect(told).to_contain_text("Просмотр")


def test_the_day_of_the_administrator(page_at: Callable[..., Page], served: Served) -> None:
    """A tariff gets dearer, and who has it reads so; a role, a prepared answer; the log tells all three."""
    admin = staff(page_at, served, "admin")
    main = admin.get_by_role("main")
    admin.get_by_label("Рабочее место", exact=True).get_by_role("link", name="Тарифы", exact=True).click()
    main.get_by_role("link", name="Дача по дням 50").click()
    main.get_by_role("link", name="Новая версия").click()
    main.get_by_label("Цена, рублей").fill("651,00")
    main.get_by_label("С какого дня").fill("2026-11-20")
    main.get_by_label("Почему").fill("Подорожала магистраль")
    main.get_by_role("button", name="Посмотреть, кого это затронет").click()
    expect(main).to_contain_text("ближайший возможный день — 25 ноября")
    main.get_by_label("С какого дня").fill("2026-12-01")
    main.get_by_role("button", name="Посмотреть, кого это затронет").click()
    expect(main).to_contain_text("с 1 декабря «Дача по дням 50» стоит 651,00")
    main.get_by_role("button", name="Согласиться и уведомить").click()
    expect(main).to_contain_text("Версия объявлена")
    vera = page_at(360)
    vera.goto(served.path("/login/?as=vera"))
    vera.get_by_role("button", name="Войти", exact=True).click()
    expect(vera).to_have_url(served.path("/cabinet/"))

    def reads() -> bool:
        vera.goto(served.path("/mail/"))
        return "Дача по дням 50" in vera.get_by_role("main").inner_text()

    processes.wait_for(reads)

    admin.goto(served.path("/staff/roles/new/"))
    main.get_by_label("Код латинскими буквами").fill("trainee")
    main.get_by_label("Название по-русски").fill("Стажёр")
    main.get_by_label("Название по-английски").fill("Trainee")
    main.get_by_label("Видеть абонентов").check()
    main.get_by_label("Почему").fill("Новые люди")
    main.get_by_role("button", name="Сохранить роль").click()
    expect(main.get_by_role("link", name="Стажёр")).to_be_visible()

    admin.goto(served.path("/staff/answers/new/"))
    main.get_by_label("Код латинскими буквами").fill("dearer")
    main.get_by_label("Заголовок по-русски").fill("Почему дороже")
    main.get_by_label("Текст по-русски").fill("{name}, цена меняется с 1 декабря.")
    main.get_by_label("Заголовок по-английски").fill("Why dearer")
    main.get_by_label("Текст на английском").fill("{name}, the price changes on 1 December.")
    main.get_by_label("Почему").fill("Спрашивают")
    main.get_by_role("button", name="Посмотреть", exact=True).click()
    expect(main).to_contain_text("Анна, цена меняется с 1 декабря.")
    main.get_by_role("button", name="Сохранить", exact=True).click()
    expect(main).to_contain_text("ответ уже у операторов")

    admin.goto(served.path("/staff/log/?actor=admin"))
    for told in ("Объявлена версия", "Подорожала магистраль", "Новые люди", "Изменён готовый ответ", "Спрашивают"):
        expect(main).to_contain_text(told)


def test_the_day_of_an_accountant(page_at: Callable[..., Page], served: Served) -> None:
    """A bank's statement, whose money it is, the month's documents, what both sides owe; the company sees its part."""
    desk = staff(page_at, served, "accountant")
    main = desk.get_by_role("main")
    desk.goto(served.path("/staff/documents/"))
    if desk.get_by_role("button", name="Сделать сейчас").count():  # unless the night was faster
        desk.get_by_role("button", name="Сделать сейчас").click()
    row = main.get_by_role("row").filter(has_text="Ромашка")
    expect(row).to_contain_text("отправлено", timeout=STEADY)  # the page comes anew by itself
    expect(row).to_contain_text("office@romashka.test")
    invoice = row.get_by_role("link", name=re.compile("^Счёт,|^Счёт ")).first.get_attribute("href")
    assert desk.request.get(served.path(str(invoice))).body()[:4] == b"%PDF"

    part = statements.Paper("71", "100.00", "Оплата по договору 100004", inn="5042001238")
    lost = statements.Paper("72", "500.00", "За интернет, договор не помню")
    content = statements.content(part, lost, received="600.00", closing="1600.00")
    desk.goto(served.path("/staff/bank/"))
    desk.locator("#id_file").set_input_files({"name": "kl_to_1c.txt", "mimeType": "text/plain", "buffer": content})
    desk.get_by_role("button", name="Загрузить", exact=True).click()
    expect(main).to_contain_text("договор не помню")
    main.get_by_label("Договор", exact=True).fill("100002")
    main.get_by_role("button", name="Зачислить", exact=True).click()
    expect(main).to_contain_text("У каждого перевода есть владелец")

    desk.goto(served.path("/staff/documents/"))
    row.get_by_role("button", name=re.compile("Отправить ещё раз")).click()
    expect(main).to_contain_text("Письмо отправляется")
    settled: dict[str, str | float | bool] = {"number": "100004", "from": "2026-10-01", "to": "2026-11-14"}
    assert desk.request.get(served.path("/staff/reconciliation/"), params=settled).body()[:4] == b"%PDF"

    company = page_at(360)
    company.goto(served.path("/login/?as=romashka"))
    company.get_by_role("button", name="Войти", exact=True).click()
    company.wait_for_url(served.path("/cabinet/"))
    company.goto(served.path("/cabinet/documents/"))
    expect(company.get_by_role("main")).to_contain_text("оплачен частично")
    expect(company.get_by_role("button", name="Скачать акт сверки")).to_be_visible()


CASH_TODAY = """
    select coalesce(sum(case when transfer.debit_id = house.id then amount_kop else -amount_kop end), 0)
    from ledger_transfer transfer join ledger_account house on house.id in (transfer.debit_id, transfer.credit_id)
    where house.code = 'clearing:cash' and transfer."on" = core.operator_today()
"""


def test_the_day_of_a_cashier(page_at: Callable[..., Page], served: Served) -> None:
    """A shift opened, cash taken by two contracts' numbers, a mistake taken back, the drawer counted, the Z-report."""
    before_kop = int(kept(served, CASH_TODAY))
    desk = staff(page_at, served, "cashier")
    desk.goto(served.path("/staff/cash/"))
    main = desk.get_by_role("main")
    main.get_by_label("Сейчас в кассе, рублей").fill("1000")
    main.get_by_role("button", name="Открыть смену").click()

    for contract, roubles in (("100001", "300"), ("100003", "150,50")):
        main.get_by_label("Договор").fill(contract)
        main.get_by_label("Сумма, рублей").fill(roubles)
        main.get_by_role("button", name="Посмотреть, чей он").click()
        expect(main).to_contain_text("Баланс после")
        main.get_by_role("button", name="Принять").click()
        expect(main.get_by_role("status")).to_contain_text(f"договор {contract}")
    order = main.get_by_role("status").get_by_role("link")
    paper = desk.request.get(served.path(str(order.get_attribute("href"))))
    assert (paper.status, paper.headers["content-type"]) == (200, "application/pdf")

    desk.goto(served.path("/staff/contracts/100003/"))
    main.get_by_role("link", name="Снять").first.click()
    main.get_by_role("button", name="Посмотреть, что будет").click()
    expect(main).to_contain_text("Напишите почему")  # nothing without a reason
    main.get_by_label("Почему").fill("Ошибся договором, деньги вернул")
    main.get_by_role("button", name="Посмотреть, что будет").click()
    expect(main).to_contain_text("150,50")
    main.get_by_role("button", name="Снять платёж").click()
    expect(desk).to_have_url(re.compile("/staff/contracts/100003/$"))

    desk.goto(served.path("/staff/cash/"))
    expect(main).to_contain_text("1 300,00")  # must be in the drawer
    main.locator("summary", has_text="Закрыть смену").click()
    main.get_by_label("Пересчитано в кассе, рублей").fill("1299")
    main.get_by_role("button", name=re.compile("Закрыть смену")).click()
    expect(main).to_contain_text("−1,00")  # count again, or say why
    main.get_by_label("Пересчитано в кассе, рублей").fill("1300")
    main.get_by_role("button", name=re.compile("Закрыть смену")).click()
    row = main.get_by_role("row", name=re.compile("cashier"))
    for said in ("450,50", "150,50", "1 300,00"):
        expect(row).to_contain_text(said)
    report = desk.request.get(served.path(str(row.get_by_role("link").get_attribute("href"))))
    assert (report.status, report.headers["content-type"]) == (200, "application/pdf")
    # What the shift took less what it gave is what the ledger says came in by cash.
    assert int(kept(served, CASH_TODAY)) - before_kop == 300_00
    sums = "select taken_kop - given_kop from payments_cashshift where closed_at is not null order by id desc limit 1"
    assert kept(served, sums) == "30000"
