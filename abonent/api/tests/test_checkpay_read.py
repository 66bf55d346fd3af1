"""The form of check/pay's messages: what is read, what is refused, how answers are written."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from abonent.api.checkpay import asks, osmp, sber, xml
from abonent.api.checkpay.asks import Answer, Command, Result

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("text", "kop"),
    [("500", 500_00), ("500.00", 500_00), ("500,5", 500_50), ("0.01", 1), ("0", 0), (" 12.30 ", 12_30), ("0.00", 0)],
)
def test_a_sum_is_read_to_the_kopeck(text: str, kop: int) -> None:
    assert asks.amount(text) == kop


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("-1", Result.TOO_SMALL),
        ("-0.01", Result.TOO_SMALL),
        ("", Result.WRONG_SUM),
        ("500.001", Result.WRONG_SUM),
        ("500.0000000001", Result.WRONG_SUM),  # ten digits of kopecks
        ("1 000", Result.WRONG_SUM),
        ("1e3", Result.WRONG_SUM),
        ("+5", Result.WRONG_SUM),
        ("5.", Result.WRONG_SUM),
        (".5", Result.WRONG_SUM),
        ("1,000.00", Result.WRONG_SUM),
        ("999999999999", Result.WRONG_SUM),
        ("500' or 1=1", Result.WRONG_SUM),
        ("NaN", Result.WRONG_SUM),
    ],
)
def test_what_is_no_sum_is_refused(text: str, result: Result) -> None:
    with pytest.raises(asks.UnableToRead) as caught:
        asks.amount(text)
    assert caught.value.result == result


@pytest.mark.parametrize(
    "text", ["", " ", "1' or '1'='1", "100001;drop table", "a" * 33, "100001\0", "10 0001", "<b>", "%", "100001--'"]
)
def test_what_no_contract_is_called_is_refused(text: str) -> None:
    with pytest.raises(asks.UnableToRead) as caught:
        asks.account(text)
    assert caught.value.result == Result.WRONG_ACCOUNT


@pytest.mark.parametrize("text", ["100001", "Д-17/4", "SN_000.1"])
def test_numbers_of_contracts_are_let_through(text: str) -> None:
    assert asks.account(f" {text} ") == text


@pytest.mark.parametrize("text", ["", "0x17", "1" * 21, "-1", "1.5", "１２"])
def test_an_id_is_up_to_twenty_digits(text: str) -> None:
    with pytest.raises(asks.UnableToRead) as caught:
        asks.payments_id(text)
    assert caught.value.result == Result.WRONG_ID


def test_the_time_is_the_gateways_own() -> None:
    said = {"command": "pay", "account": "100001", "txn_id": "7", "sum": "1", "txn_date": "20261110013000"}
    assert osmp.read(said, MOSCOW).paid_at == datetime(2026, 11, 9, 22, 30, tzinfo=UTC)
    said = {"action": "payment", "account": "100001", "pay_id": "7", "amount": "1", "pay_date": "10.11.2026_01:30:00"}
    assert sber.read(said, MOSCOW).paid_at == datetime(2026, 11, 9, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize("date", ["20261310000000", "10.11.2026", "now", "20261110"])
def test_a_wrong_time_is_refused(date: str) -> None:
    with pytest.raises(asks.UnableToRead) as caught:
        osmp.read({"command": "pay", "account": "1", "txn_id": "7", "sum": "1", "txn_date": date}, MOSCOW)
    assert caught.value.result == Result.WRONG_DATE


def test_sberbank_always_says_when_the_payer_paid() -> None:
    with pytest.raises(asks.UnableToRead) as caught:
        sber.read({"action": "payment", "account": "1", "pay_id": "7", "amount": "1"}, MOSCOW)
    assert caught.value.result == Result.WRONG_DATE


def test_each_dialect_has_a_code_for_everything_that_can_come_of_it() -> None:
    assert set(osmp.CODES) == set(sber.CODES) == set(Result)
    assert {osmp.CODES[Result.TEMPORARY], sber.CODES[Result.TEMPORARY]} == {1}
    assert [one.name for one in Result if osmp.CODES[one] == 0] == ["OK", "REPEATED"]
    assert [one.name for one in Result if sber.CODES[one] == 0] == ["OK"]


def test_nothing_in_an_answer_breaks_its_xml() -> None:
    said = Answer(Command.CHECK, Result.OK, said_id="<&>\"'\x00\x1b", name="О'Нил & <b>", balance_kop=-12_50)
    assert osmp.write(said, "utf-8") == (
        '<?xml version="1.0" encoding="utf-8"?>\n<response><osmp_txn_id>&lt;&amp;&gt;"\'</osmp_txn_id>'
        "<result>0</result><comment/>"
        '<fields><field1 name="fio" type="disp">О\'Нил &amp; &lt;b&gt;</field1>'
        '<field2 name="balance" type="disp">-12.50</field2></fields></response>\n'
    )


def test_attributes_are_quoted() -> None:
    assert xml.element("a", "", name='"<') == "<a name='\"&lt;'/>"
