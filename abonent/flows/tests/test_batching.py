"""An act on many debtors: looked at, confirmed as it was shown, done once each, stopped, gone on, its results kept."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from abonent.billing import debts
from abonent.billing.models import DebtStep, Ending
from abonent.billing.models_debts import DebtStage
from abonent.billing.tests import builder, owing
from abonent.conversations.models import Message
from abonent.core import batches, clock, jobs, partitions
from abonent.core.models import AuditEntry, Batch, BatchFile
from abonent.flows import batching, debt_acts, verify
from abonent.identity import users
from abonent.identity.models import Role, User
from abonent.ledger.models import Account
from abonent.notifications.models import Notice

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 15)


@pytest.fixture(autouse=True)
def mid_november(db: None) -> Iterator[None]:
    partitions.ensure(date(2026, 8, 1), date(2026, 12, 31))
    with clock.frozen(clock.at_noon(TODAY)):
        yield


@pytest.fixture
def accountant(db: None) -> User:
    return users.create_staff("accountant", role="accountant", password="demo-staff")


def look() -> None:
    debts.look(clock.today())


def draw(kind: str, by: User, **params: str) -> Batch:
    return batching.draw(f"debtors.{kind}", chosen=debts.Choice()._asdict(), params=params, why="autumn", by=by)


def confirm(batch: Batch) -> None:
    batching.confirm(batch.pk, by=batch.made_by, address=None)


def became(batch: Batch) -> dict[int, tuple[str, str]]:
    return {one.subject_id: (one.state, one.said) for one in batch.rows.order_by("id")}


def told(account: Account) -> list[str]:
    assert account.contract_id is not None
    return list(Notice.objects.filter(contract_id=account.contract_id).order_by("id").values_list("kind", flat=True))


def take(account: Account, stage: DebtStage, on: str) -> None:
    debtor = debts.of(account.pk, on=builder.day(on))
    assert debtor is not None
    debts.take_step(debtor, stage, on=builder.day(on), by="test", batch_id=None)


def test_a_notice_to_many_goes_to_whom_it_was_shown_and_to_nobody_else(accountant: User) -> None:
    first, second, paid = (owing.debtor("200,00", "2026-10-03") for _ in range(3))
    small = owing.debtor("9,00", "2026-10-03")
    held = owing.debtor("200,00", "2026-10-03")
    look()
    debt_acts.hold(
        account_id=held.pk, until=TODAY + timedelta(days=3), why="promised", on=TODAY, actor="accountant"
    )  # fmt: skip
    batch = draw("notice", accountant)
    assert (batch.planned, batch.planned_kop) == (3, 600_00)
    assert became(batch) == {
        first.pk: ("planned", ""), second.pk: ("planned", ""), paid.pk: ("planned", ""),
        small.pk: ("left_out", "not_yet"), held.pk: ("left_out", "held"),
    }  # fmt: skip
    late = owing.debtor("800,00", "2026-10-03")  # after the look: not among the rows, whatever it owes
    look()
    confirm(batch)
    with pytest.raises(batches.UnableToConfirm):  # the second click
        confirm(batch)
    builder.pay(paid, "200,00", "2026-11-15")
    assert not DebtStep.objects.exists()
    jobs.run_due()
    batch.refresh_from_db()
    assert batch.state == "done"
    assert became(batch)[paid.pk] == ("skipped", "paid")
    assert [told(one) for one in (first, second, paid, small, held, late)] == [
        ["debt_notice"], ["debt_notice"], [], [], [], []
    ]  # fmt: skip
    params = Notice.objects.get(contract__account=first).params
    assert params == {"owed_kop": 200_00, "since_on": "2026-10-03", "pay_until": "2026-11-22"}
    assert batches.progress(batch) == (3, 2, 1, 0)
    batching.work(batch.pk)  # again: nothing is left
    assert told(first) == ["debt_notice"]
    again = draw("notice", accountant)
    assert became(again)[first.pk] == ("left_out", "done")
    log = AuditEntry.objects.filter(action__in=("core.start_batch", "billing.debt_notice")).order_by("id")
    assert [(one.action, one.why) for one in log] == [
        ("core.start_batch", "autumn"), ("billing.debt_notice", "autumn"), ("billing.debt_notice", "autumn"),
    ]  # fmt: skip
    assert not [one for one in verify.problems() if "debt" in one]


def test_a_preview_that_would_do_more_now_is_refused_with_the_new_one(accountant: User) -> None:
    account = owing.debtor("200,00", "2026-10-03")
    look()
    batch = draw("notice", accountant)
    owing.owe(account, "50,00", "2026-11-15")
    with pytest.raises(batches.StalePreview):
        confirm(batch)
    batch.refresh_from_db()
    admin = users.create_staff("admin", role="admin", password="demo-staff")
    assert (batch.state, batch.planned_kop, [one.sum_kop for one in batch.rows.all()]) == ("preview", 250_00, [250_00])
    with pytest.raises(batches.UnableToConfirm):  # nobody confirms what another has looked at
        batching.confirm(batch.pk, by=admin.username, address=None)
    with clock.frozen(clock.at_noon(TODAY) + timedelta(minutes=31)), pytest.raises(batches.StalePreview):
        confirm(batch)
    jobs.run_due()
    assert (DebtStep.objects.count(), told(account)) == (0, [])


def test_letters_of_a_batch_are_one_file_and_say_what_was_owed_then(accountant: User) -> None:
    accounts = [builder.account() for _ in range(2)]  # nothing works there: as suspended as can be
    for number, one in enumerate(accounts, 3):
        owing.owe(one, f"{number}00,00", "2026-09-03")
    look()
    for one in accounts:
        take(one, DebtStage.NOTICE, "2026-09-06")
    batch = draw("letter", accountant)
    confirm(batch)
    jobs.run_due()
    file = BatchFile.objects.get()
    assert (file.batch_id, file.number, file.rows) == (batch.pk, 1, 2)
    assert bytes(file.content).startswith(b"%PDF")
    steps = list(DebtStep.objects.filter(stage="letter").order_by("id"))
    assert [one.data["owed_kop"] for one in steps] == [300_00, 400_00]
    assert (steps[0].data["pay_until"], steps[0].data["ends_on"]) == ("2026-11-25", "2027-05-19")
    assert told(accounts[0]) == ["debt_letter"]


def test_a_suspension_gives_unused_days_back_and_a_role_has_its_limit(accountant: User) -> None:
    account = builder.account()
    tariff = builder.active(account, "600,00", "2026-11-01")
    owing.owe(account, "500,00", "2026-11-01")
    rich = owing.debtor("5000,00", "2026-11-01")
    look()
    for one in (account, rich):
        take(one, DebtStage.NOTICE, "2026-11-04")
    Role.objects.filter(code="accountant").update(most_kop=1000_00)
    batch = draw("suspension", accountant)
    assert became(batch) == {account.pk: ("planned", ""), rich.pk: ("left_out", "limit")}
    confirm(batch)
    jobs.run_due()
    assert builder.state(tariff).state == "suspended"
    assert builder.balance(account) == "-180.00"  # 600,00 of 30 days: 14 used, 320,00 come back
    assert told(account) == ["suspended"]
    assert builder.in_order() == []


def test_a_contract_ends_by_the_usual_verb_and_what_it_refuses_is_kept(accountant: User) -> None:
    ends, planned = (owing.debtor("500,00", "2026-10-01") for _ in range(2))
    look()
    for one in (ends, planned):
        for stage, on in (
            (DebtStage.NOTICE, "2026-10-04"), (DebtStage.SUSPENSION, "2026-10-11"), (DebtStage.LETTER, "2026-10-31"),
        ):  # fmt: skip
            take(one, stage, on)
    batch = draw("contract_end", accountant)
    assert set(became(batch).values()) == {("left_out", "not_yet")}
    with clock.frozen(clock.at_noon(date(2027, 5, 5))):
        batch = draw("contract_end", accountant)
        assert (batch.planned, batch.planned_kop) == (2, 1000_00)
        confirm(batch)
        jobs.run_due(limit=50)
    assert became(batch) == {ends.pk: ("done", ""), planned.pk: ("done", "")}
    assert [(one.account_id, str(one.ends_on), one.asked_by) for one in Ending.objects.order_by("account_id")] == [
        (ends.pk, "2027-05-06", "accountant"), (planned.pk, "2027-05-06", "accountant"),
    ]  # fmt: skip


def test_a_letter_in_mail_and_a_batch_that_is_stopped_and_goes_on(
    accountant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        owing.debtor(f"{number}00,00", "2026-10-03")
    look()
    with pytest.raises(batching.UnableToBegin, match="text"):
        draw("mail", accountant, subject="A word")
    batch = draw("mail", accountant, subject="On {contract}", text="{name}: {sum}")
    confirm(batch)
    monkeypatch.setattr(batching, "RUN_SECONDS", -1)  # a row a run of the job
    batching.work(batch.pk)
    batching.stop(batch.pk, by="admin", address=None)
    batching.work(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.stopped_by, batches.progress(batch).done) == ("stopped", "admin", 1)
    batching.go_on(batch.pk, by="accountant", address=None)
    jobs.run_due()
    batch.refresh_from_db()
    assert (batch.state, batches.progress(batch)) == ("done", (3, 3, 0, 0))
    texts = Message.objects.order_by("id").values_list("text", flat=True)
    assert [text.partition(": ")[2] for text in texts] == ["100,00\u00a0₽", "200,00\u00a0₽", "300,00\u00a0₽"]
