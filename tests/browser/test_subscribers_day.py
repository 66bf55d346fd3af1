"""A subscriber's day in a browser, under both profiles: read the account, pay, see it arrive, meet the next month."""

import re

from playwright.sync_api import Page, expect

from tests.browser.served import Served

STEADY = 15_000  # ms: what a person would wait for on a slow machine


def sign_in(page: Page, served: Served, contract: str, password: str) -> None:
    page.goto(served.path("/login/"))
    page.get_by_label("Номер договора").fill(contract)
    page.get_by_label("Пароль", exact=True).fill(password)
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page).to_have_url(served.path("/cabinet/"))


def pay_by_card(page: Page, card: str = "5555 5555 5555 4444") -> None:
    """On the bank's page."""
    page.locator("[name=card_number]").fill(card)
    page.locator("[name=expiry]").fill("12/30")
    page.locator("[name=cvc]").fill("123")
    page.get_by_role("button", name=re.compile("Оплатить")).click()


def test_anna_reads_her_account_pays_and_meets_the_next_month(page: Page, served: Served) -> None:
    sign_in(page, served, "100001", "demo-anna")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Интернет работает")
    expect(main).to_contain_text("оплачено по 30 ноября")
    expect(main).to_contain_text("1 декабря")
    expect(main).to_contain_text("840,00")  # internet 650,00 + TV 190,00
    before_kop = kopecks(main.locator(".now-balance").inner_text())

    page.goto(served.path("/cabinet/pay/"))
    page.get_by_label("Сумма, рублей").fill("500")
    page.get_by_label("Другая карта").check()  # hers is bound and offered first
    page.get_by_role("button", name="Оплатить", exact=True).click()
    page.wait_for_url(re.compile(r"/bank/pay/"))
    pay_by_card(page)
    # Back on our page it says «оплачено» by itself: no reload of ours.
    expect(page.locator("#result")).to_contain_text("Оплачено: 500,00", timeout=STEADY)

    page.goto(served.path("/cabinet/"))
    assert kopecks(page.locator(".now-balance").inner_text()) == before_kop + 500_00

    page.goto(served.path("/sandbox/clock/"))
    page.get_by_role("button", name=re.compile("месяц")).click()
    expect(page.get_by_role("main")).to_contain_text("14 декабря")

    page.goto(served.path("/cabinet/history/"))
    main = page.get_by_role("main")
    expect(main).to_contain_text("−650,00")
    expect(main).to_contain_text("−190,00")
    opener = main.locator("summary", has_text="Как посчитано").first
    opener.click()
    expect(main.locator("details[open]").first).to_be_visible()
    page.goto(served.path("/cabinet/"))
    assert kopecks(page.locator(".now-balance").inner_text()) == before_kop + 500_00 - 840_00


def test_boris_pays_what_is_missing_and_is_resumed_at_once(page: Page, served: Served) -> None:
    sign_in(page, served, "100002", "demo-boris")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Приостановлен")
    expect(main).to_contain_text("не хватает")
    # The one button names the sum, and the sum stands in the form.
    page.get_by_role("link", name=re.compile("Пополнить на")).click()
    expect(page.get_by_label("Сумма, рублей")).not_to_have_value("")
    page.get_by_role("button", name="Оплатить", exact=True).click()
    page.wait_for_url(re.compile(r"/bank/pay/"))
    pay_by_card(page)
    expect(page.locator("#result")).to_contain_text("Оплачено", timeout=STEADY)
    page.goto(served.path("/cabinet/"))
    expect(page.get_by_role("main")).to_contain_text("Интернет работает")


def test_gleb_waits_for_his_first_top_up(page: Page, served: Served) -> None:
    sign_in(page, served, "100005", "demo-gleb")
    wanted = "1 000,00" if served.profile == "spnet" else "500,00"
    expect(page.get_by_role("main")).to_contain_text(f"Ждём первое пополнение: {wanted}")


def test_daria_moves_between_her_two_contracts(page: Page, served: Served) -> None:
    sign_in(page, served, "100006", "demo-daria")
    switcher = page.locator("[popovertarget=contracts]")
    expect(switcher).to_contain_text("100006")
    switcher.click()
    page.locator("#contracts").get_by_role("button", name=re.compile("100007")).click()
    expect(switcher).to_contain_text("100007")
    page.goto(served.path("/cabinet/services/"))
    expect(switcher).to_contain_text("100007")


def test_a_declined_card_says_what_to_do_and_takes_nothing(page: Page, served: Served) -> None:
    sign_in(page, served, "100003", "demo-vera")
    before_kop = kopecks(page.locator(".now-balance").inner_text())
    page.goto(served.path("/cabinet/pay/"))
    page.get_by_label("Сумма, рублей").fill("100")
    page.get_by_role("button", name="Оплатить", exact=True).click()
    page.wait_for_url(re.compile(r"/bank/pay/"))
    page.goto(f"{page.url}{'&' if '?' in page.url else '?'}card=insufficient_funds")
    page.get_by_role("button", name=re.compile("Оплатить")).click()
    expect(page.locator("#result")).to_contain_text("Платёж не прошёл", timeout=STEADY)
    page.goto(served.path("/cabinet/"))
    assert kopecks(page.locator(".now-balance").inner_text()) == before_kop


def kopecks(shown: str) -> int:
    """«1 409,03 ₽» as 140903."""
    digits = re.sub(r"[^\d,−-]", "", shown)
    sign = -1 if digits[:1] in {"−", "-"} else 1
    return sign * int(re.sub(r"\D", "", digits))
