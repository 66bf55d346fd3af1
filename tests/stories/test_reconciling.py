"""Each night their books and ours are compared: what is missing is credited, what differs is on the staff's list."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from abonent.billing.tests import builder
from abonent.core import clock, db, marks, partitions
from abonent.core.models import AuditEntry
from abonent.flows import crediting, reconciling, reconciling_bank, refunding, topup
from abonent.ledger.models import Account
from abonent.payments import differences, payments
from abonent.payments.gateways import yookassa
from abonent.payments.models import Channel, Payment
from abonent.payments.models_desk import Difference, DifferenceKind, Refund
from sandbox import testing
from tests import bank as books
from tests.bank import Bank, alarms, balance, start


@pytest.fixture
def now(db: None) -> Any:
    """The bank's clock is the machine's: the operator's too here, so that both mean one day."""
    with clock.frozen(datetime.now(UTC)):
        partitions.ensure_ahead(clock.today())
        yield clock.today()


@pytest.fixture
def payer(now: Any) -> Any:
    yield builder.account()
    assert books.broken() == []


def paid(payer: Account, bank: Bank) -> Payment:
    payment = start(payer)
    bank.succeed(payment.external_id)
    topup.settle(payment.id)
    return books.again(payment)


def look() -> reconciling_bank.Outcome:
    return reconciling.yookassa_day(clock.today())


def kinds() -> list[str]:
    return [one.kind for one in differences.open_ones()]


def test_a_day_on_which_all_agree(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    ask(payment, 100_00)
    outcome = look()
    assert (outcome.theirs, outcome.theirs_kop, outcome.ours, outcome.ours_kop) == (1, 500_00, 1, 500_00)
    assert (outcome.credited, outcome.differ, alarms()) == (0, [], [])


def ask(payment: Payment, amount_kop: int) -> Refund:
    return refunding.ask(
        payment_id=payment.id, amount_kop=amount_kop, submit_token=books.fresh_token(), actor="accountant",
        why="asked", on=clock.today(),
    )  # fmt: skip


def test_what_they_have_and_we_have_not_is_credited_by_the_same_verb(bank: Bank, payer: Account) -> None:
    """The message was lost, the payer never came back, even our row is lost: the night finds it."""
    external_id = bank.create_directly(books.body_for(payer))["id"]
    bank.succeed(external_id)
    outcome = look()
    assert (outcome.credited, outcome.differ, balance(payer)) == (1, [], "500.00")
    assert look().credited == 0
    assert (balance(payer), books.notices(payer)) == ("500.00", ["payment_received"])


def test_what_hangs_open_is_asked_about_and_closed(bank: Bank, payer: Account) -> None:
    paid_one, dead = start(payer), start(payer)
    bank.succeed(paid_one.external_id)
    bank.cancel(dead.external_id, "expired_on_confirmation")
    look()
    assert [books.again(one).state for one in (paid_one, dead)] == ["succeeded", "canceled"]
    assert balance(payer) == "500.00"


def test_a_payment_of_nobody_is_on_the_list_and_raises_an_alarm_once(bank: Bank, payer: Account) -> None:
    external_id = bank.create_directly(books.body_for(payer, metadata={}))["id"]
    bank.succeed(external_id)
    for _ in range(2):
        assert look().credited == 0
    (found,) = differences.open_ones()
    assert (found.kind, found.external_id, found.theirs_kop, found.ours_kop) == (
        "missing_here", external_id, 50_000, None,
    )  # fmt: skip
    assert f"difference:yookassa:payment:{external_id}:missing_here" in alarms()
    reconciling.close(difference_id=found.pk, actor="accountant", why="a test of the bank's")
    look()
    assert differences.open_ones() == []  # staff have said what it is
    assert AuditEntry.objects.get(action="payments.close_difference").actor == "accountant"
    with pytest.raises(differences.UnableToClose):
        reconciling.close(difference_id=found.pk, actor="accountant", why="again")


def credited_by_hand(payer: Account, external_id: str) -> Payment:
    """As a hole in the code would: a card's payment that the bank has never heard of."""
    with db.atomic():
        made = payments.open_received(
            channel=Channel.YOOKASSA, account_id=payer.id, amount_kop=50_000, external_id=external_id,
            on=clock.today(), at=clock.now(),
        )  # fmt: skip
        crediting.credit(payments.lock(made.pk), on=clock.today(), at=clock.now())
    return books.again(made)


def test_what_we_have_and_they_have_not_is_on_the_list(bank: Bank, payer: Account) -> None:
    credited_by_hand(payer, "00000000-0000-0000-0000-000000000000")
    outcome = look()
    assert (outcome.theirs, kinds()) == (0, ["missing_there"])
    assert "the bank says not_found" in differences.open_ones()[0].what


def test_another_sum_at_the_bank_is_on_the_list_until_they_agree(bank: Bank, payer: Account) -> None:
    external_id = bank.create_directly(books.body_for(payer, amount="499.99"))["id"]
    bank.succeed(external_id)
    credited_by_hand(payer, external_id)
    look()
    (found,) = differences.open_ones()
    assert (found.kind, found.ours_kop, found.theirs_kop) == ("sum", 50_000, 49_999)


def test_a_difference_closes_when_a_later_look_agrees(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    with db.atomic():
        differences.keep(
            differences.Found("yookassa", "payment", str(payment.external_id),
                              DifferenceKind.STATE, clock.today(), 1, 1, "was wrong"),
            at=clock.now(),
        )  # fmt: skip
    look()
    found = Difference.objects.get()
    assert (found.closed_by, found.why) == ("system:reconcile", "they agree now")


def test_a_refund_made_past_us_is_found_at_night(bank: Bank, payer: Account) -> None:
    payment = paid(payer, bank)
    answer = httpx.post(
        f"{bank.sandbox.api_url}/refunds",
        json={"payment_id": payment.external_id, "amount": {"value": "120.00", "currency": "RUB"}},
        auth=(testing.SHOP_ID, testing.SECRET),
        headers={"Idempotence-Key": books.fresh_token()},
        trust_env=False,
    )
    outcome = look()
    assert (outcome.credited, outcome.differ, balance(payer)) == (1, [], "380.00")
    assert alarms() == [f"refund:past_us:{answer.json()['id']}"]


def test_many_pages_are_read_to_the_end(bank: Bank, payer: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yookassa, "LIST_PAGE", 2)
    for _ in range(5):
        paid(payer, bank)
    assert (look().theirs, look().differ) == (5, [])


def test_a_bank_that_does_not_answer_leaves_the_night_to_be_done_again(bank: Bank, payer: Account) -> None:
    paid(payer, bank)
    tomorrow = clock.today() + timedelta(days=1)
    bank.control("", {"status_500": 1})
    with pytest.raises(yookassa.BankUnknown):
        reconciling.nightly(tomorrow)
    assert not marks.is_done(reconciling.MARK, clock.today())
    (outcome,) = reconciling.nightly(tomorrow)
    assert (outcome.on, outcome.differ) == (clock.today(), [])
    assert reconciling.nightly(tomorrow) == []


def test_nights_that_were_missed_are_done_after_one_another(bank: Bank, payer: Account) -> None:
    paid(payer, bank)
    today = clock.today()
    marks.set_done(reconciling.MARK, today - timedelta(days=4))
    assert [one.on for one in reconciling.nightly(today)] == [today - timedelta(days=n) for n in (3, 2, 1)]


def test_where_no_card_ever_paid_no_bank_is_asked(payer: Account) -> None:
    assert reconciling.nightly(clock.today()) == []


# --- agents' registries -----------------------------------------------------------------------------------
def registry(text: str, channel: Channel = Channel.OSMP, **words: Any) -> reconciling_bank.Outcome:
    return reconciling.registry(channel, text.encode(), actor="accountant", **{"on": clock.today(), **words})


def number(account: Account) -> str:
    assert account.contract is not None
    return account.contract.number


def told(payer: Account, txn_id: str, amount_kop: int) -> None:
    with db.atomic():
        made = payments.open_received(
            channel=Channel.OSMP, account_id=payer.id, amount_kop=amount_kop, external_id=txn_id,
            on=clock.today(), at=clock.now(),
        )  # fmt: skip
        crediting.credit(payments.lock(made.pk), on=clock.today(), at=clock.now())


def test_a_registry_that_agrees(payer: Account) -> None:
    told(payer, "101", 100_00)
    said = registry(f"txn_id;account;sum\n101;{number(payer)};100.00\n")
    assert (said.theirs, said.ours, said.credited, said.differ) == (1, 1, 0, [])


def test_a_line_of_a_registry_that_we_have_not_is_credited_once(payer: Account) -> None:
    for credited in (1, 0):
        assert registry(f"102;{number(payer)};250,50\n").credited == credited
    assert (balance(payer), Payment.objects.get().external_id) == ("250.50", "102")
    assert AuditEntry.objects.filter(action="payments.credit_registry").count() == 1


def test_a_dry_run_of_a_registry_credits_nothing(payer: Account) -> None:
    said = registry(f"102;{number(payer)};250,50\n", dry_run=True)
    assert ([one.kind for one in said.differ], balance(payer), Difference.objects.count()) == (
        ["missing_here"], "0.00", 0,
    )  # fmt: skip


def test_each_way_a_registry_may_differ(payer: Account) -> None:
    other = builder.account()
    for txn_id in ("101", "102", "103"):
        told(payer, txn_id, 100_00)
    registry(f"101;{number(payer)};99.99\n102;{number(other)};100.00\n104;999999;1.00\n")
    assert sorted(kinds()) == ["account", "missing_here", "missing_there", "sum"]
    registry(
        f"101;{number(payer)};100.00\n102;{number(payer)};100.00\n103;{number(payer)};100.00\n104;{number(other)};1"
    )
    assert (kinds(), balance(other)) == ([], "1.00")  # they sent a mended one


@pytest.mark.parametrize(
    "text",
    [
        "101;100001;1.00\n101;100001;2.00\n",
        "101;100001;0\n",
        "101;100001;x\n",
        "';drop table;100001;1\n",
        "101;;1\n",
        "101;100001;1.00;31.02.2026\n",
    ],
)
def test_a_registry_that_makes_no_sense_is_refused_whole(now: Any, text: str) -> None:
    with pytest.raises(reconciling.UnableToReconcile):
        registry(text)
    assert Payment.objects.count() == 0


def test_a_file_left_by_the_agent_is_taken_at_night_and_put_aside(
    payer: Account, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path
    folder = tmp_path / "registries" / "osmp"
    folder.mkdir(parents=True)
    yesterday = clock.today() - timedelta(days=1)
    (folder / f"osmp-{yesterday}.csv").write_text(f"105;{number(payer)};10.00\n")
    (folder / "broken.csv").write_text("what is this\n")
    (outcome,) = reconciling.nightly(clock.today())
    assert (outcome.on, outcome.credited, balance(payer)) == (yesterday, 1, "10.00")
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv")) == [
        f"done/osmp-{yesterday}.csv", "refused/broken.csv",
    ]  # fmt: skip
    assert alarms() == [f"registry:osmp:broken.csv:{clock.today()}"]
