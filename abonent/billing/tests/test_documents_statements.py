"""The statement of any period: between two balances that are the ledger's, each charge with its arithmetic."""

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from abonent.billing.documents import statements
from abonent.billing.tests import builder, papers
from abonent.billing.tests.builder import day
from abonent.core import money, profile
from abonent.core.periods import Period
from abonent.ledger import queries
from abonent.ledger.models import Account
from abonent.subscribers.models import Contract, Customer

pytestmark = pytest.mark.django_db

SIGNED_ON, TODAY = date(2026, 8, 1), date(2026, 12, 10)


@pytest.fixture
def anna(db: None) -> Account:
    """2 000,00 in October; 650,00 a month from 16 November; 620,00 by the day from 1 December, a day of it."""
    account = builder.account()
    builder.pay(account, "2000,00", "2026-10-20")
    builder.subscribe(account, "650,00", "2026-11-16")
    builder.resume(account, "2026-11-16")
    builder.subscribe(account, "620,00", "2026-12-02", charging="day", kind="video")
    builder.resume(account, "2026-12-02")
    return account


def printed(account: Account, start: str, end: str, language: str = "ru") -> dict[str, Any]:
    assert account.contract_id is not None
    return statements.printed(account.contract_id, Period(day(start), day(end)), on=TODAY, language=language)


def sums(account: Account, start: str, end: str) -> list[str]:
    return [said for _, said in printed(account, start, end)["sums"]]


def test_every_line_stands_with_its_arithmetic_between_two_balances(anna: Account) -> None:
    said = printed(anna, "2026-10-01", "2026-12-11")
    assert [[one.replace("\u00a0", " ") for one in row] for row in said["rows"]] == [
        ["20.10.2026", "Пополнение в кассе", "", "+2 000,00 ₽", "2 000,00 ₽"],
        [
            "16.11.2026",
            "Тариф tariff-internet-month-65000, 16–30 ноября 2026 г.",
            "650,00 ₽ × 15 дней ÷ 30 дней (1–30 ноября 2026 г.) = 325,00 ₽",
            "−325,00 ₽",
            "1 675,00 ₽",
        ],
        [
            "02.12.2026",
            "Тариф tariff-video-day-62000, 2 декабря 2026 г.",
            "620,00 ₽ × 2 ÷ 31 = 40,00 ₽ к концу дня минус 20,00 ₽ к его началу: 20,00 ₽",
            "−20,00 ₽",
            "1 655,00 ₽",
        ],
    ]
    assert sums(anna, "2026-10-01", "2026-12-11") == [
        "0,00\u00a0₽", "+2\u00a0000,00\u00a0₽", "\u2212345,00\u00a0₽", "1\u00a0655,00\u00a0₽",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "opening", "closing"),
    [
        ("2026-10-20", "2026-10-21", "0,00", "2000,00"),
        ("2026-10-21", "2026-11-16", "2000,00", "2000,00"),
        ("2026-10-21", "2026-11-17", "2000,00", "1675,00"),
        ("2026-11-16", "2026-12-02", "2000,00", "1675,00"),
        ("2026-12-02", "2026-12-03", "1675,00", "1655,00"),
        ("2026-12-03", "2026-12-11", "1655,00", "1655,00"),
    ],
)
def test_periods_meet_without_a_gap(anna: Account, start: str, end: str, opening: str, closing: str) -> None:
    found = sums(anna, start, end)
    assert (found[0], found[3]) == (money.show(builder.kop(opening)), money.show(builder.kop(closing)))


def test_the_closing_balance_is_the_ledger_s(anna: Account) -> None:
    papers.give_back(anna.subscriptions.get(kind="internet"), "2026-11-26")
    papers.fee(anna, "30,00", "2026-12-05")
    said = printed(anna, "2026-08-01", "2026-12-11")
    assert said["closing"] == ["10.12.2026", "На конец", money.show(queries.balance_kop(anna.pk))]
    rows = {row[1].replace("\u00a0", " "): row[2].replace("\u00a0", " ") for row in said["rows"]}
    assert rows["Плата за услугу"] == ""
    # 650 × 15 ÷ 30 = 325,00 charged; 650 × 10 ÷ 30 = 216,666… used
    assert rows["Возврат за «Тариф tariff-internet-month-65000», 26–30 ноября 2026 г."] == (
        "списано 325,00 ₽, использовано 650,00 ₽ × 10 дней ÷ 30 дней (1–30 ноября 2026 г.) = 216,67 ₽, округлено "
        "до копейки; возвращается 108,33 ₽"
    )


def test_what_came_back_wholly_says_that_nothing_was_used(anna: Account) -> None:
    papers.give_back(anna.subscriptions.get(kind="internet"), "2026-11-16")
    (row,) = [row for row in printed(anna, "2026-11-01", "2026-12-01")["rows"] if row[1].startswith("Возврат")]
    assert row[2].replace("\u00a0", " ") == "все списанные 325,00 ₽: ничего не использовано"


def test_a_rounding_is_said(anna: Account) -> None:
    builder.active(anna, "100,00", "2026-12-04", kind="tv")
    rows = printed(anna, "2026-12-04", "2026-12-05")["rows"]
    # 100 × 28 ÷ 31 = 90,3225…
    assert rows[-1][2].replace("\u00a0", " ") == (
        "100,00 ₽ × 28 дней ÷ 31 день (1–31 декабря 2026 г.) = 90,32 ₽, округлено до копейки"
    )


def test_a_whole_month_costs_its_price(anna: Account) -> None:
    builder.active(anna, "100,00", "2026-12-01", kind="tv")
    (row,) = [row for row in printed(anna, "2026-12-01", "2026-12-02")["rows"] if "tv" in row[1]]
    assert row[2].replace("\u00a0", " ") == "целый период стоит ровно свою цену, 100,00 ₽"


def test_in_english_everything_but_names_is_english(anna: Account) -> None:
    said = printed(anna, "2026-10-01", "2026-12-11", "en")
    assert said["title"] == "Statement of the account"
    assert said["facts"][2] == ["Period", "1\u00a0October \u2013 10\u00a0December\u00a02026"]
    assert said["rows"][1][2].replace("\u00a0", " ") == ("650,00 ₽ × 15 days ÷ 30 days (1–30 November 2026) = 325,00 ₽")


def test_a_period_without_anything_says_so(anna: Account) -> None:
    said = printed(anna, "2026-10-21", "2026-10-22")
    assert said["nothing"] == "В этом периоде ничего не поступало и не списывалось."
    assert (said["opening"][2], said["closing"][2]) == ("2\u00a0000,00\u00a0₽", "2\u00a0000,00\u00a0₽")


@pytest.mark.parametrize("name", ["skynet", "spnet"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_paper_says_it_all_under_both_profiles(anna: Account, settings: Any, name: str, language: str) -> None:
    settings.PROFILE = profile.load(name)
    Customer.objects.filter(contracts__account=anna).update(full_name="Соколова #*_$ Анна [Сергеевна]")
    assert anna.contract_id is not None
    period = Period(day("2026-10-01"), day("2026-12-11"))
    said = papers.text(
        statements.pdf(anna.contract_id, period, on=TODAY, language=language),
        printed(anna, "2026-10-01", "2026-12-11", language),
    )
    for expected in (settings.PROFILE.brand, "Соколова #*_$ Анна [Сергеевна]", "1 655,00 ₽", "20.10.2026"):
        assert expected in said


# --- the period asked for ---


def asked(first: str, last: str, on: date = TODAY) -> Period:
    return statements.require_period(day(first), day(last), signed_on=SIGNED_ON, on=on)


def test_both_days_are_in_the_period_and_it_begins_with_the_contract() -> None:
    assert asked("2026-11-01", "2026-11-30") == Period(day("2026-11-01"), day("2026-12-01"))
    assert asked("2026-12-10", "2026-12-10") == Period(day("2026-12-10"), day("2026-12-11"))
    assert asked("1999-01-01", "2026-08-01") == Period(SIGNED_ON, day("2026-08-02"))


@pytest.mark.parametrize(
    ("first", "last", "error", "said"),
    [
        (
            "2026-11-01",
            "2026-12-11",
            statements.BadTo,
            "Последний день ещё не наступил: выберите день не позже сегодняшнего, 10 декабря 2026 г.",
        ),
        ("2026-11-01", "9999-12-31", statements.BadTo, "Последний день ещё не наступил"),
        (
            "2026-07-01",
            "2026-07-31",
            statements.BadTo,
            "Договор заключён 1 августа 2026 г.: выберите этот день или более поздний.",
        ),
        ("2026-11-02", "2026-11-01", statements.BadFrom, "Первый день позже последнего: измените один из них."),
    ],
)
def test_a_period_that_cannot_be_is_told_why(
    first: str, last: str, error: type[statements.UnableToMakeStatement], said: str
) -> None:
    with translation.override("ru"), pytest.raises(error) as caught:
        asked(first, last)
    assert str(caught.value).replace("\u00a0", " ").startswith(said)


@pytest.mark.parametrize(
    ("first", "last", "fits"),
    [
        ("2026-08-01", "2031-07-31", True),
        ("2026-08-01", "2031-08-01", False),
        ("2028-02-29", "2033-02-27", True),  # 60 months of 29 February end on 28 February
        ("2028-02-29", "2033-02-28", False),
    ],
)
def test_five_years_is_the_most(first: str, last: str, fits: bool) -> None:
    if fits:
        assert asked(first, last, on=date(2034, 1, 1)).start == day(first)
    else:
        with pytest.raises(statements.BadFrom, match="5 лет"):
            asked(first, last, on=date(2034, 1, 1))


def test_a_contract_without_an_account_has_no_statement(anna: Account) -> None:
    bare = Contract.objects.create(number="B-1", customer=papers.contract(anna).customer, signed_on=SIGNED_ON)
    with pytest.raises(statements.UnableToMakeStatement):
        statements.printed(bare.pk, asked("2026-11-01", "2026-11-30"), on=TODAY, language="ru")


def test_a_statement_of_too_many_lines_is_refused_before_it_is_set(
    anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "MOST_LINES", 2)
    assert printed(anna, "2026-10-01", "2026-12-01")["rows"]
    with pytest.raises(statements.BadFrom, match="более поздний"):
        printed(anna, "2026-10-01", "2026-12-11")
