"""Payments at terminals and in banks: each answered in its dialect, credited once, whatever comes and however often."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from abonent.api.checkpay import access
from abonent.billing.models import Subscription
from abonent.billing.tests import builder
from abonent.core import clock, partitions
from abonent.core.models import Event
from abonent.flows import check_pay, crediting
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Account, Reason, Transfer
from abonent.notifications.models import Notice
from abonent.payments import gateway_asks, terminals
from abonent.payments.models import Payment
from abonent.payments.models_gateways import GatewayAsk
from abonent.subscribers.models import Contract, Customer
from tests import bank as books
from tests import terminal
from tests.bank import TODAY, balance

BOTH = pytest.mark.parametrize("channel", ["osmp", "sber"])


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    access.forget()
    terminals.forget()
    yield
    access.forget()
    terminals.forget()


@pytest.fixture
def ivan(payer: Account) -> Account:
    Customer.objects.filter(contracts__account=payer).update(full_name="Иванов Иван Иванович")
    return payer


def number(account: Account) -> str:
    assert account.contract is not None
    return account.contract.number


def pay(channel: str, account: Account, **said: str) -> terminal.Said:
    return terminal.pay(channel, number(account), **said)


# --- check ------------------------------------------------------------------------------------------------
def test_check_shows_whose_the_contract_is_and_no_more(ivan: Account) -> None:
    said = terminal.check("osmp", number(ivan), id="1234567")
    assert (said.status, said.type) == (200, "text/xml; charset=utf-8")
    assert said.text == (
        '<?xml version="1.0" encoding="utf-8"?>\n<response><osmp_txn_id>1234567</osmp_txn_id>'
        "<result>0</result><comment>OK</comment>"
        '<fields><field1 name="fio" type="disp">И***** И. И.</field1>'
        '<field2 name="balance" type="disp">0.00</field2></fields></response>\n'
    )
    assert (Payment.objects.count(), Transfer.objects.count()) == (0, 0)


def test_sberbank_is_answered_in_windows_1251(ivan: Account) -> None:
    builder.subscribe(ivan, "300,00", str(TODAY))
    said = terminal.check("sber", number(ivan))
    assert said.type == "text/xml; charset=windows-1251"
    assert said.body.decode("windows-1251") == (
        '<?xml version="1.0" encoding="windows-1251"?>\n<response><CODE>0</CODE><MESSAGE>OK</MESSAGE>'
        "<FIO>И***** И. И.</FIO><ADDRESS/><BALANCE>0.00</BALANCE><REC_SUM>210.00</REC_SUM><INFO/></response>\n"
    )  # 300 × 21 ÷ 30


@BOTH
def test_check_of_a_sum_tells_the_limits(payer: Account, channel: str) -> None:
    codes = [terminal.check(channel, number(payer), sum=one).code for one in ("0.99", "1", "15000.00", "100000.01")]
    assert codes == ([241, 0, 0, 242] if channel == "osmp" else [10, 0, 0, 11])


# --- pay --------------------------------------------------------------------------------------------------
@BOTH
def test_a_payment_is_credited_and_told(payer: Account, channel: str) -> None:
    said = pay(channel, payer)
    payment = Payment.objects.get()
    assert (said.code, said.our_id) == (0, payment.id)
    assert (payment.channel, payment.state, payment.external_id, payment.on) == (channel, "succeeded", "1234567", TODAY)
    assert (balance(payer), books.notices(payer), books.told(payer)) == (
        "500.00",
        ["payment_received"],
        ["succeeded"],
    )


def test_osmp_hears_the_payment_in_its_words(payer: Account) -> None:
    payment_id = pay("osmp", payer, id="77").our_id
    again = pay("osmp", payer, id="77")
    assert again.text == (
        '<?xml version="1.0" encoding="utf-8"?>\n<response><osmp_txn_id>77</osmp_txn_id>'
        f"<prv_txn>{payment_id}</prv_txn><sum>500.00</sum><result>0</result><comment>OK</comment></response>\n"
    )


def test_sberbank_hears_a_duplicate_with_the_first_ones_words(payer: Account) -> None:
    first = pay("sber", payer)
    with clock.frozen(clock.now() + timedelta(days=2)):
        again = pay("sber", payer)
    assert (first.code, again.code) == (0, 8)
    assert first["REG_DATE"] == "10.11.2026_12:00:00"
    for tag in ("EXT_ID", "REG_DATE", "AMOUNT"):
        assert again[tag] == first[tag] != ""
    assert (balance(payer), Payment.objects.count()) == ("500.00", 1)


@BOTH
def test_ten_equal_payments_credit_once_and_answer_the_same(payer: Account, channel: str) -> None:
    """lessons 44: the bank may repeat, the money comes once."""
    said = [pay(channel, payer) for _ in range(10)]
    assert len({one.our_id for one in said}) == 1
    assert (balance(payer), Transfer.objects.count(), books.notices(payer)) == ("500.00", 1, ["payment_received"])
    assert GatewayAsk.objects.filter(command="pay", payment_id=said[0].our_id).count() == 10


def test_two_payments_in_a_row_are_two(payer: Account) -> None:
    """lessons 38: each has its own id."""
    assert pay("osmp", payer, id="1").our_id != pay("osmp", payer, id="2").our_id
    assert pay("sber", payer, id="2").code == 0  # another channel's ids are its own
    assert balance(payer) == "1500.00"


@BOTH
@pytest.mark.parametrize("change", ["sum", "account"])
def test_the_same_id_with_another_sum_or_contract_is_refused_and_somebody_looks(
    payer: Account, channel: str, change: str
) -> None:
    pay(channel, payer)
    other = builder.account()
    said = pay(channel, payer, sum="500.01") if change == "sum" else pay(channel, other)
    assert said.code == 300
    assert (balance(payer), balance(other)) == ("500.00", "0.00")
    assert books.alarms() == [f"check_pay:other:{channel}_1234567"]
    assert pay(channel, payer).our_id == Payment.objects.get().id


@BOTH
def test_the_same_id_with_a_contract_that_nobody_has_is_refused_too(payer: Account, channel: str) -> None:
    pay(channel, payer)
    assert terminal.pay(channel, "999999").code == 300
    assert books.alarms() == [f"check_pay:other:{channel}_1234567"]


@BOTH
def test_a_suspended_subscriber_pays_and_is_resumed(payer: Account, channel: str) -> None:
    """lessons 31, 32: the payment itself resumes."""
    builder.subscribe(payer, "300,00", str(TODAY))
    assert (terminal.check(channel, number(payer)).code, pay(channel, payer).code) == (0, 0)
    assert balance(payer) == "290.00"  # 500 − 300 × 21 ÷ 30
    assert Subscription.objects.get().state == "active"
    assert books.notices(payer) == ["payment_received", "activated"]


@BOTH
def test_an_ended_contract_can_pay_a_closed_one_cannot(payer: Account, channel: str) -> None:
    Contract.objects.filter(account=payer).update(ended_on=TODAY)
    assert (terminal.check(channel, number(payer)).code, pay(channel, payer).code) == (0, 0)
    Contract.objects.filter(account=payer).update(closed_on=TODAY)
    closed = {"osmp": 79, "sber": 5}[channel]
    assert (terminal.check(channel, number(payer)).code, pay(channel, payer, id="8").code) == (closed, closed)
    assert balance(payer) == "500.00"


@BOTH
def test_a_repeat_is_answered_though_the_contract_was_closed_since(payer: Account, channel: str) -> None:
    first = pay(channel, payer)
    Contract.objects.filter(account=payer).update(closed_on=TODAY)
    assert pay(channel, payer).our_id == first.our_id


def test_a_contract_closed_between_the_look_and_the_money_takes_none(
    payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = check_pay._find

    def find_and_close(number: str, *, to_pay: bool) -> dict[str, Any] | None:
        found = find(number, to_pay=to_pay)
        Contract.objects.filter(account=payer).update(closed_on=TODAY)
        return found

    monkeypatch.setattr(check_pay, "_find", find_and_close)
    assert pay("osmp", payer).code == 79
    monkeypatch.undo()
    assert (balance(payer), Payment.objects.count(), GatewayAsk.objects.get().result) == ("0.00", 0, 79)


def test_a_service_suspended_between_the_look_and_the_money_is_resumed(
    payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look saw nothing that waits; the money finds the account as it is, and takes the longer way."""
    find = check_pay._find

    def find_and_connect(number: str, *, to_pay: bool) -> dict[str, Any] | None:
        found = find(number, to_pay=to_pay)
        builder.subscribe(payer, "300,00", str(TODAY))
        return found

    monkeypatch.setattr(check_pay, "_find", find_and_connect)
    assert pay("osmp", payer).code == 0
    assert (balance(payer), Subscription.objects.get().state) == ("290.00", "active")  # 500 − 300 × 21 ÷ 30
    assert books.notices(payer) == ["payment_received", "activated"]
    assert (Payment.objects.count(), Transfer.objects.filter(reason="payment").count()) == (1, 1)
    assert GatewayAsk.objects.get().payment_id == Payment.objects.get().id


def test_the_short_way_says_what_the_long_one_says(payer: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    pay("osmp", payer, id="1")
    monkeypatch.setattr(crediting, "receive_quietly", lambda *args, **words: False)
    pay("osmp", payer, id="2")
    short, long = Notice.objects.filter(contract=payer.contract).order_by("id")
    assert (short.kind, short.params) == (long.kind, {"amount_kop": 500_00, "balance_kop": 500_00})
    assert long.params == {"amount_kop": 500_00, "balance_kop": 1000_00}
    first, second = Event.objects.filter(topic=f"contract:{payer.contract_id}").order_by("id")
    assert (first.name, set(first.data)) == (second.name, set(second.data))
    asks = [(one.command, one.result, one.account, one.payment_id) for one in GatewayAsk.objects.order_by("id")]
    assert asks == [("pay", 0, number(payer), one.id) for one in Payment.objects.order_by("id")]
    shown = Payment.objects.order_by("id").values("state", "request", "note", "method_title", "card_id", "on")
    assert shown[0] == shown[1]


def test_money_without_its_payment_moves_nothing_and_somebody_looks(payer: Account) -> None:
    """A key of the ledger that stands for other money: neither way takes it for its own."""
    key, bonus_id = "payment:osmp:1234567", accounts.house_id("bonus")
    transfers.post(key=key, debit_id=bonus_id, credit_id=payer.id, amount_kop=100, on=TODAY, reason=Reason.BONUS)
    assert pay("osmp", payer).code == 300
    assert (balance(payer), Payment.objects.count(), books.alarms()) == ("1.00", 0, [f"ledger_key:{key}"])


# --- dates ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "on"),
    [
        ("20261110120000", date(2026, 11, 10)),
        ("20261109235959", date(2026, 11, 9)),
        ("20261020100000", date(2026, 10, 20)),
        ("20260901100000", TODAY),  # later than a month: the day we hear of it
        ("20261111000001", TODAY),  # its clock is ahead
        ("", TODAY),
    ],
)
def test_the_payers_moment_gives_the_operators_date(payer: Account, said: str, on: date) -> None:
    partitions.ensure(date(2026, 10, 1), TODAY)
    assert pay("osmp", payer, date=said).code == 0
    assert Payment.objects.get().on == Transfer.objects.get().on == on


def test_the_date_never_moves(payer: Account) -> None:
    pay("osmp", payer, date="20261109120000")
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert pay("osmp", payer, date="20261111120000").code == 0
    assert (Payment.objects.get().on, balance(payer)) == (date(2026, 11, 9), "500.00")


def test_nobody_pays_before_he_signed(payer: Account) -> None:
    signed = TODAY - timedelta(days=1)
    assert check_pay.operators_date(clock.at_noon(TODAY - timedelta(days=3)), signed_on=signed, today=TODAY) == TODAY


# --- what comes from the street ---------------------------------------------------------------------------
@BOTH
@pytest.mark.parametrize(
    ("typed", "osmp_code", "sber_code"),
    [
        ("999999", 5, 3),
        ("1' or '1'='1", 4, 4),
        ("100001; drop table payments_payment", 4, 4),
        ("", 4, 4),
        ("4111111111111111", 5, 3),
        ("Иванов", 5, 3),
    ],
)
def test_a_wrong_account_is_told_so(payer: Account, channel: str, typed: str, osmp_code: int, sber_code: int) -> None:
    expected = osmp_code if channel == "osmp" else sber_code
    assert [terminal.check(channel, typed).code, terminal.pay(channel, typed).code] == [expected, expected]
    assert Payment.objects.count() == 0
    assert "4111111111111111" not in "".join(f"{one.account} {one.asked}" for one in GatewayAsk.objects.all())


@BOTH
@pytest.mark.parametrize(
    ("typed", "osmp_code", "sber_code"),
    [
        ("0", 241, 10),
        ("-500.00", 241, 10),
        ("0.50", 241, 10),
        ("99999999999.00", 242, 11),
        ("500.0000000001", 300, 9),
        ("много", 300, 9),
        ("", 300, 9),
    ],
)
def test_a_wrong_sum_is_told_so(payer: Account, channel: str, typed: str, osmp_code: int, sber_code: int) -> None:
    assert pay(channel, payer, sum=typed).code == (osmp_code if channel == "osmp" else sber_code)
    assert (balance(payer), Payment.objects.count()) == ("0.00", 0)


@BOTH
def test_a_comma_is_a_dot(payer: Account, channel: str) -> None:
    assert pay(channel, payer, sum="500,5").code == 0
    assert balance(payer) == "500.50"


@pytest.mark.parametrize(
    ("channel", "query", "code"),
    [
        ("osmp", "", 300),
        ("osmp", "command=drop", 300),
        ("osmp", "command=pay&account={0}&sum=1", 300),
        ("osmp", "command=pay&account={0}&sum=1&txn_id=abc", 300),
        ("osmp", "command=pay&account={0}&sum=1&txn_id=1&txn_date=yesterday", 300),
        ("sber", "", 2),
        ("sber", "ACTION=cancel", 2),
        ("sber", "ACTION=payment&ACCOUNT={0}&AMOUNT=1&PAY_DATE=10.11.2026_12:00:00", 6),
        ("sber", "ACTION=payment&ACCOUNT={0}&AMOUNT=1&PAY_ID=1&PAY_DATE=2026-11-10", 12),
    ],
)
def test_garbage_has_its_code(payer: Account, channel: str, query: str, code: int) -> None:
    said = terminal.send(channel, query.format(number(payer)))
    assert (said.status, said.code, Payment.objects.count()) == (200, code, 0)


@BOTH
def test_the_same_in_a_form_and_in_windows_1251(ivan: Account, channel: str) -> None:
    Contract.objects.filter(account=ivan).update(number="Д-17")
    for method, encoding, id in (("post", "windows-1251", "1"), ("get", "windows-1251", "2"), ("post", "utf-8", "3")):
        date = terminal.DATES[channel]
        query = terminal.query(channel, "pay", encoding=encoding, account="Д-17", sum="1.00", id=id, date=date)
        assert terminal.send(channel, query, method=method).code == 0, (method, encoding)
    assert balance(ivan) == "3.00"


def test_keys_of_sberbank_come_in_either_case(payer: Account) -> None:
    query = f"action=payment&account={number(payer)}&amount=5.00&pay_id=9&pay_date=10.11.2026_12:00:00"
    assert terminal.send("sber", query).code == 0


def test_a_body_without_end_is_not_read(payer: Account) -> None:
    assert terminal.send("osmp", "a=" + "x" * 20_000, method="post").status == 413
    assert terminal.send("osmp", "&".join(f"a{n}=1" for n in range(100))).status == 413


@pytest.mark.parametrize("method", ["put", "delete"])
def test_other_methods_are_none(payer: Account, method: str) -> None:
    assert terminal.send("osmp", "command=check", method=method).status == 405


# --- our own trouble --------------------------------------------------------------------------------------
@BOTH
@pytest.mark.parametrize("error", [OperationalError("gone"), RuntimeError("a bug")])
def test_our_trouble_is_temporary_and_the_repeat_is_credited(
    payer: Account, channel: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(crediting, "receive", broken)
    monkeypatch.setattr(crediting, "receive_quietly", broken)
    assert (pay(channel, payer).status, pay(channel, payer).code) == (200, 1)
    monkeypatch.undo()
    assert (pay(channel, payer).code, balance(payer)) == (0, "500.00")


def test_a_log_that_cannot_be_written_stops_no_payment(payer: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    pay("osmp", payer)

    def broken(ask: GatewayAsk) -> None:
        raise OperationalError("full")

    monkeypatch.setattr(gateway_asks, "keep", broken)
    assert (pay("osmp", payer).code, terminal.check("osmp", number(payer)).code) == (0, 0)


def test_a_payment_takes_eight_statements_at_most(payer: Account, django_capture_on_commit_callbacks: Any) -> None:
    pay("osmp", payer, id="1")  # what a process learns once is learned
    builder.subscribe(payer, "300,00", str(TODAY))
    counts = []
    for id in ("2", "3"):
        with CaptureQueriesContext(connection) as asked, django_capture_on_commit_callbacks(execute=True):
            assert pay("osmp", payer, id=id).code == 0
        counts.append(len([one for one in asked if not re.match("SAVEPOINT|RELEASE|BEGIN|COMMIT", one["sql"])]))
    assert counts[1] == 4  # the look; all that is written; the streams are told; the wake
    assert Subscription.objects.get().state == "active"  # by the first of them, which takes more
