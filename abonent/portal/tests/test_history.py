"""The history by months: balances, lines, the arithmetic of each charge in words, and the file of it."""

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.utils import translation

from abonent.billing import statement
from abonent.catalog.models import Offer
from abonent.core import clock, periods
from abonent.flows import personal_data
from abonent.payments.models_earlier import EarlierPayment
from abonent.portal import history
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from abonent.subscribers.models import Contract
from tests.world import World


def charge(charging: str, price_kop: int, start: date, end: date) -> statement.ChargeRow:
    whole = periods.calendar_month(start)
    return statement.ChargeRow(1, periods.Period(start, end), whole, price_kop, charging, "Город 300", "City 300")


def told(row: statement.ChargeRow) -> list[tuple[str, str]]:
    with clock.frozen(clock.at_noon(date(2026, 11, 14))), translation.override("ru"):
        facts = history.arithmetic(row)
    return [(fact.label, str(fact.text).replace("\u00a0", " ").replace("\u2060", "")) for fact in facts]


def test_a_whole_month_is_its_price() -> None:
    assert told(charge("month", 650_00, date(2026, 11, 1), date(2026, 12, 1))) == [
        ("Услуга тогда", "Город 300, 650,00 ₽ в месяц"),
        ("За", "ноябрь (30 дней)"),
        ("Сумма", "целый период стоит ровно свою цену, 650,00 ₽"),
    ]


def test_a_part_is_price_by_days_rounded_once() -> None:
    # 65000 × 10 ÷ 31 = 20967.74
    assert told(charge("month", 650_00, date(2026, 8, 22), date(2026, 9, 1))) == [
        ("Услуга тогда", "Город 300, 650,00 ₽ в месяц"),
        ("За", "22–31 августа (10 дней)"),
        ("Сумма", "650,00 ₽ × 10 дней ÷ 31 день (август) = 209,68 ₽"),
        ("Округление", "один раз, до ближайшей копейки; половина вверх"),
    ]


def test_a_part_that_comes_out_even_speaks_of_no_rounding() -> None:
    labels = [label for label, _text in told(charge("month", 600_00, date(2026, 11, 16), date(2026, 12, 1)))]
    assert labels == ["Услуга тогда", "За", "Сумма"]


def test_a_day_is_the_difference_of_two_parts_of_the_month() -> None:
    # 62000 × 2 ÷ 30 = 4133.33, 62000 × 1 ÷ 30 = 2066.67; each down
    assert told(charge("day", 620_00, date(2026, 11, 2), date(2026, 11, 3))) == [
        ("Услуга тогда", "Город 300, 620,00 ₽ в месяц, по дням"),
        ("За", "2 ноября (1 день)"),
        ("Сумма", "620,00 ₽ × 2 ÷ 30 = 41,33 ₽ к концу дня минус 20,66 ₽ к его началу: 20,67 ₽"),
        ("Округление", "до копейки вниз, чтобы месяц по дням стоил ровно цену месяца"),
    ]


def test_a_month_stands_between_two_balances(world: World, browser: Browser) -> None:
    page = words(browser(world.anna).get("/cabinet/history/"))
    after_kop = world.balance(world.anna)
    assert f"На конец {after_kop // 100:,}".replace(",", " ") in page
    assert "Списано −840,00 ₽" in page
    assert "Город 300, ноябрь −650,00 ₽ 1 ноября" in page
    assert "целый период стоит ровно свою цену, 650,00 ₽" in page


def test_the_first_month_shows_the_part(world: World, browser: Browser) -> None:
    page = words(browser(world.anna).get("/cabinet/history/?month=2026-08"))
    assert "На начало 0,00 ₽" in page
    assert "÷ 31 день (август)" in page


def test_earlier_and_later_months_are_a_step_away(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    page = anna.get("/cabinet/history/?month=2026-09").content.decode()
    assert 'href="?month=2026-08"' in page
    assert 'href="?month=2026-10"' in page
    newest = anna.get("/cabinet/history/").content.decode()
    assert 'id="later"' not in newest


@pytest.mark.parametrize(
    "month", ["", "2026", "2031-01", "1999-01", "2026-13", "0000-00", "<script>", "2026-11-01' or 1"]
)
def test_a_month_that_is_none_is_the_present_one(world: World, browser: Browser, month: str) -> None:
    response = browser(world.anna).get("/cabinet/history/", {"month": month})
    assert response.status_code == 200
    assert "Ноябрь" in words(response)


def test_an_empty_month_says_what_will_stand_there(world: World, browser: Browser) -> None:
    assert "В этом месяце ничего не было" in words(browser(world.gleb).get("/cabinet/history/"))


def test_payments_of_the_system_before_stand_beside_the_ledger_and_in_no_sum(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    month = "/cabinet/history/?month=2026-08"
    plain = words(anna.get(month))
    for paid_on, number in ((date(2026, 8, 3), "p-2"), (date(2019, 5, 4), "p-1")):
        EarlierPayment.objects.create(
            account_id=world.anna.account_id, source="before", external_id=number, paid_on=paid_on,
            amount_kop=777_00, channel="Сбербанк",
        )  # fmt: skip
    page = words(anna.get(month))
    assert "Оплачено до перехода к нам" in page
    assert page.count("Сбербанк 777,00 ₽") == 2  # the oldest month has what is older than the contract too
    assert page[: page.index("Оплачено до")] == plain[: page.index("Оплачено до")]
    assert "777,00" not in words(anna.get("/cabinet/history/"))
    whose = personal_data.whose(Contract.objects.get(id=world.anna.contract_id).customer_id)
    taken = json.loads(b"".join(personal_data.as_json(whose, at=clock.now(), language="ru")))
    assert [(one["paid_on"], one["amount_kop"]) for one in taken["earlier_payments"]] == [
        ("2019-05-04", 777_00),
        ("2026-08-03", 777_00),
    ]


def rows(who: Client, month: str) -> list[list[str]]:
    response = who.get("/cabinet/history.csv", {"month": month})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="history-100001-{month}.csv"'
    text = response.content.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_the_file_has_the_same_lines_and_balances(world: World, browser: Browser) -> None:
    found = rows(browser(world.anna), "2026-11")
    closing = f"{world.balance(world.anna) // 100},{world.balance(world.anna) % 100:02d}"
    assert found[0] == ["Дата", "За что", "Сумма", "Баланс после"]
    assert found[1][:3] == ["2026-11-01", "На начало месяца", ""]
    assert [row[2] for row in found[2:-1]] == ["-650,00", "-190,00"]
    assert found[-1] == ["2026-11-30", "На конец месяца", "", closing]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@cmd", "\tx"])
def test_a_name_that_is_a_formula_stays_a_name_in_the_file(world: World, browser: Browser, name: str) -> None:
    Offer.objects.filter(code="city-300").update(name_ru=name)
    cells = [row[1] for row in rows(browser(world.anna), "2026-11")]
    assert any(cell.startswith(f"'{name}") for cell in cells)
    assert not any(cell.startswith(name) for cell in cells)


def test_a_contract_without_an_account_has_no_history(world: World) -> None:
    class Own:
        GET: dict[str, str] = {}
        contract = Contract(id=999_999, number="999999", signed_on=date(2026, 11, 1))

    with pytest.raises(Http404):
        history._look(Own())  # type: ignore[arg-type]  # as much of a request as is looked at


def explained(charging: str, start: date, end: date, whole: periods.Period, **more: Any) -> list[tuple[str, str]]:
    row = statement.ChargeRow(1, periods.Period(start, end), whole, 600_00, charging, "Город 300", "City 300", **more)
    with clock.frozen(clock.at_noon(date(2026, 11, 20))), translation.override("ru"):
        return [(one.label, one.text.replace("\u00a0", " ")) for one in history.arithmetic(row)]


JANUARY_15TH = periods.Period(date(2026, 1, 15), date(2026, 2, 15))


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("calendar_month", "600,00 ₽ × (12 ÷ 31 + 14 ÷ 28), каждый месяц по своим дням = 532,26 ₽"),
        ("thirty", "600,00 ₽ × 25 дней ÷ 30, каждый месяц считается за 30 дней = 500,00 ₽"),
        ("period", "600,00 ₽ × 26 дней ÷ 31 день (15 января – 14 февраля) = 503,23 ₽"),
    ],
)
def test_each_way_of_counting_says_its_formula(policy: str, said: str) -> None:
    found = explained("month", date(2026, 1, 20), date(2026, 2, 15), JANUARY_15TH, proration_days=policy)
    assert ("Сумма", said) in found


def test_what_costs_more_by_its_days_than_the_whole_says_why_it_does_not() -> None:
    found = explained("month", date(2026, 1, 15), date(2026, 2, 14), JANUARY_15TH, proration_days="calendar_month")
    assert found[-1] == ("Округление", "часть никогда не стоит больше целого периода")


@pytest.mark.parametrize(
    ("charging", "said"),
    [("per_day", "день стоит ровно свою цену, 600,00 ₽"), ("once", "списывается один раз: 600,00 ₽")],
)
def test_a_plain_day_and_a_fee_say_what_they_are(charging: str, said: str) -> None:
    day = periods.one_day(date(2026, 1, 20))
    assert explained(charging, day.start, day.end, day)[-1] == ("Сумма", said)


def test_a_discount_is_a_line_of_its_own() -> None:
    november = periods.Period(date(2026, 11, 1), date(2026, 12, 1))
    row = statement.ChargeRow(
        1, periods.Period(date(2026, 11, 16), date(2026, 12, 1)), november, 600_00, "month", "Город", "City", 60_00
    )
    line = statement.Line(date(2026, 11, 16), "charge", -270_00, None, 1, row, 100_00)
    with clock.frozen(clock.at_noon(date(2026, 11, 20))), translation.override("ru"):
        full, off = history.lines_of(line)
    assert (full.amount_kop, full.balance_kop) == (-300_00, 70_00)
    assert (off.what, off.amount_kop, off.balance_kop) == ("Скидка на «Город»", 30_00, 100_00)
    assert [one.text.replace("\u00a0", " ") for one in off.arithmetic] == [
        "600,00 ₽ − 60,00 ₽ = 540,00 ₽",
        "540,00 ₽ × 15 дней ÷ 30 дней (ноябрь) = 270,00 ₽",
        "300,00 ₽ − 270,00 ₽ = 30,00 ₽",
    ]
