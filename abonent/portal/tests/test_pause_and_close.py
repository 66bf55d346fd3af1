"""The pages of the pause and of the end of the contract, as their owner walks them, without a script."""

from datetime import date

from abonent.billing.models import Ending, Pause
from abonent.flows import cash_desk, close_account
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import World


def test_anna_counts_agrees_and_cancels(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    days = {"from": "2026-11-18", "to": "2026-11-27"}
    counted = words(anna.get("/cabinet/pause/", days))
    assert "Приостановка с 18 ноября по 27 ноября" in counted
    assert "10 дней без услуг и без списаний" in counted
    assert "Город 300 30 ноября 10 декабря" in counted  # paid through, before and after
    assert Pause.objects.count() == 0
    assert anna.post("/cabinet/pause/", {"do": "plan", **days}).status_code == 302
    assert "Приостановка назначена: с 18 ноября по 27 ноября" in words(anna.get("/cabinet/pause/"))
    again = anna.post("/cabinet/pause/", {"do": "plan", **days})
    assert again.status_code == 422  # the other tab
    assert Pause.objects.count() == 1
    assert anna.post("/cabinet/pause/", {"do": "cancel"}).status_code == 302
    assert anna.post("/cabinet/pause/", {"do": "cancel"}).status_code == 422
    assert "Приостановить на время" in words(anna.get("/cabinet/pause/"))


def test_bad_days_have_their_words_and_stay_typed(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    for first, last, said in (
        ("завтра", "2026-11-27", "Это не дата"),
        ("2026-11-27", "2026-11-18", "Последний день раньше первого"),
        ("2026-11-01", "2026-11-18", "не раньше завтрашнего дня: с 15 ноября"),
        ("2026-11-18", "2026-11-19", "не меньше, чем 7 дней: по 24 ноября"),
        ("18.11.2026", "31.12.2027", "не больше, чем 90 дней"),
        ("0001-01-01", "9999-12-31", "Это не дата"),
    ):
        response = anna.get("/cabinet/pause/", {"from": first, "to": last})
        assert (response.status_code, said in words(response)) == (422, True), (first, last, words(response))
        assert f'value="{first}"' in response.content.decode()
    assert anna.post("/cabinet/pause/", {"do": "plan"}).status_code == 422
    assert anna.post("/cabinet/pause/", {"do": "nonsense"}).status_code == 302
    assert Pause.objects.count() == 0


def test_the_first_screen_says_that_it_is_paused_and_until_when(world: World, browser: Browser) -> None:
    browser(world.anna).post("/cabinet/pause/", {"do": "plan", "from": "2026-11-18", "to": "2026-11-27"})
    world.move_to(date(2026, 11, 19))
    anna = browser(world.anna)
    assert "Приостановлено по вашему желанию по 27 ноября" in words(anna.get("/cabinet/"))
    assert "приостановлено по вашему желанию" in words(anna.get("/cabinet/services/"))
    assert "Закончить раньше: включить с 25 ноября" in words(anna.get("/cabinet/pause/"))


def test_vera_switches_off_and_on(world: World, browser: Browser) -> None:
    vera = browser(world.vera)
    assert "Отключить с 15 ноября" in words(vera.get("/cabinet/pause/"))
    assert vera.post("/cabinet/pause/", {"do": "off"}).status_code == 302
    assert "Отключится с 15 ноября" in words(vera.get("/cabinet/pause/"))
    world.move_to(date(2026, 11, 16))
    vera = browser(world.vera)
    assert "Отключено вами с 15 ноября" in words(vera.get("/cabinet/"))
    assert vera.post("/cabinet/pause/", {"do": "end"}).status_code == 302
    assert "Включится с 17 ноября" in words(vera.get("/cabinet/pause/"))


def test_anna_ends_her_contract_settles_and_support_closes_it(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    counted = words(anna.get("/cabinet/close/", {"last": "2026-11-20"}))
    # 650,00 × 20 ÷ 30 = 433,33 stays, 216,67 comes back.
    assert "Город 300 +216,67 ₽ 650,00 ₽ − 433,33 ₽ (использовано: 1–20 ноября)" in counted
    assert Ending.objects.count() == 0
    assert anna.post("/cabinet/close/", {"do": "end", "last": "2026-11-20"}).status_code == 302
    assert "Последний день — 20 ноября" in words(anna.get("/cabinet/close/"))
    assert "Договор завершается: последний день — 20 ноября" in words(anna.get("/cabinet/"))
    world.move_to(date(2026, 11, 21))
    anna = browser(world.anna)
    page = words(anna.get("/cabinet/close/"))
    assert "возвращено 280,00 ₽" in page
    assert "Это ваши деньги" in page
    assert anna.post("/cabinet/close/", {"do": "payout"}).status_code == 302
    assert "Отозвать запрос" in words(anna.get("/cabinet/close/"))
    assert anna.get("/cabinet/").status_code == 200
    payout = Ending.objects.get().account.payouts.get()
    cash_desk.open_shift(opening_kop=0, actor="cashier")
    cash_desk.pay_out(payout_id=payout.pk, on=world.today, actor="cashier")
    assert "Все расчёты закончены" in words(anna.get("/cabinet/close/"))
    close_account.close(contract_id=world.anna.contract_id, on=world.today, actor="support")
    assert anna.get("/cabinet/").status_code == 302  # to sign in: nothing of hers is open any more
    assert world.broken() == []


def test_the_days_of_an_end_are_checked_and_a_debtor_is_shown_his_debt(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    for typed, said in (("никогда", "Это не дата"), ("2026-11-01", "или позже"), ("2029-01-01", "на год вперёд")):
        response = anna.get("/cabinet/close/", {"last": typed})
        assert (response.status_code, said in words(response)) == (422, True)
    assert anna.post("/cabinet/close/", {"do": "payout"}).status_code == 422
    assert anna.post("/cabinet/close/", {"do": "move", "contract": "100002"}).status_code == 422
    romashka = browser(world.romashka)
    owed_kop = -world.balance(world.romashka)
    assert owed_kop > 0
    assert "После этого кабинет можно закрыть" in words(romashka.get("/cabinet/close/"))
