"""Their books and ours, each night: by id and sum, for every channel that keeps books of its own.

What they have and we have not is credited by the same verb as ever; what still differs is an alarm and a line of the
staff's list, until a later look or a person closes it. What hangs open is asked about, and so closed.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings

from abonent.core import alarms, audit, clock, db, marks, partitions
from abonent.flows import crediting, import_statement, reconciling_bank
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import bank_entries, differences, payments, registries
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_desk import DifferenceKind
from abonent.subscribers import contracts

MARK = "reconciled:yookassa"
DAYS_AT_MOST = 31  # of nights that were missed
AGENTS = (Channel.OSMP, Channel.SBER)
WAITS_AT_MOST = timedelta(days=3)  # a document of the bank's in the staff's queue


class UnableToReconcile(Exception):
    """Nothing was compared; the message says why."""


def nightly(today: date) -> list[reconciling_bank.Outcome]:
    """Every date before `today` that is not compared yet. The schedule calls it.   Raises yookassa.BankUnknown."""
    import_statement.credit_new()
    _tell_waiting(today)
    found = [outcome for channel in AGENTS for outcome in _dropped(channel, today)]
    last = today - timedelta(days=1)
    if not reconciling_bank.has_cards():
        return found
    dates = [last - timedelta(days=n) for n in range(DAYS_AT_MOST)]
    missed = [on for on in dates if not marks.is_done(MARK, on)]
    if len(missed) == DAYS_AT_MOST:
        missed = missed[:1]  # the first night of all: what was before has been compared elsewhere
    for on in sorted(missed):
        found.append(yookassa_day(on))
        marks.set_done(MARK, on)
    return found


def yookassa_day(on: date) -> reconciling_bank.Outcome:
    """The bank's cards of one of the operator's dates.   Raises yookassa.BankUnknown: ask again later."""
    start, end = (_midnight(on), _midnight(on + timedelta(days=1)))
    outcome = reconciling_bank.Outcome(str(Channel.YOOKASSA), on)
    reconciling_bank.close_open(before=end)
    reconciling_bank.payments_of(outcome, start, end)
    reconciling_bank.refunds_of(outcome, start, end)
    _conclude(outcome)
    return outcome


def registry(
    channel: Channel, content: bytes, *, on: date | None, actor: str, dry_run: bool = False
) -> reconciling_bank.Outcome:
    """An agent's registry of a day against our books; what is missing here is credited.

    on: the day it is of, where the file does not say.   Raises UnableToReconcile.
    """
    if channel not in AGENTS:
        raise UnableToReconcile(f"{channel} has no registries: {', '.join(AGENTS)} have")
    try:
        rows = registries.read(content)
    except registries.UnableToRead as error:
        raise UnableToReconcile(str(error)) from error
    dates = {row.on for row in rows if row.on is not None}
    day = on or (dates.pop() if len(dates) == 1 else None)
    if day is None:
        raise UnableToReconcile("the registry does not say one day that it is of: give it")
    if day > clock.today():
        raise UnableToReconcile(f"the registry is of {day}, which has not been yet")
    outcome = reconciling_bank.Outcome(
        str(channel), day, theirs=len(rows), theirs_kop=sum(row.amount_kop for row in rows)
    )
    known = {one.external_id: one for one in _known(channel, [row.external_id for row in rows])}
    for row in rows:
        ours = known.get(row.external_id)
        if (ours is None or ours.state != PaymentState.SUCCEEDED) and not dry_run:
            ours = _credit(channel, row, day, actor) or ours
            outcome.credited += ours is not None and ours.state == PaymentState.SUCCEEDED
        _compare(outcome, row, ours)
    named = {row.external_id for row in rows}
    for one in _ours(outcome):
        if one.external_id not in named:
            outcome.differs(one.external_id or "", DifferenceKind.MISSING_THERE, one.amount_kop, None,
                   f"payment {one.pk} of {one.amount_kop} kopecks is not in their registry")  # fmt: skip
    if not dry_run:
        _conclude(outcome)
    return outcome


def close(*, difference_id: int, actor: str, why: str, address: str | None = None) -> None:
    """Staff have looked.   Raises differences.UnableToClose."""
    with db.atomic():
        found = differences.close(difference_id, actor=actor, why=why, at=clock.now())
        audit.record(
            actor=actor,
            action="payments.close_difference",
            subject=f"difference:{found.pk}",
            new={"channel": found.channel, "external_id": found.external_id, "kind": found.kind},
            why=why,
            address=address,
        )


def _compare(outcome: reconciling_bank.Outcome, row: registries.Row, ours: Payment | None) -> None:
    if ours is None or ours.state != PaymentState.SUCCEEDED:
        what = f"{row.amount_kop} kopecks for contract {row.number}, which could not be credited"
        outcome.differs(row.external_id, DifferenceKind.MISSING_HERE, None, row.amount_kop, what)
        return
    number = Account.objects.values_list("contract__number", flat=True).get(id=ours.account_id)
    if ours.amount_kop != row.amount_kop:
        what = f"they say {row.amount_kop} kopecks, payment {ours.pk} is of {ours.amount_kop}"
        outcome.differs(row.external_id, DifferenceKind.SUM, ours.amount_kop, row.amount_kop, what)
    elif number != contracts.tidy_number(row.number):
        what = f"they say contract {row.number}, payment {ours.pk} is of {number}"
        outcome.differs(row.external_id, DifferenceKind.ACCOUNT, ours.amount_kop, row.amount_kop, what)
    else:
        outcome.agreed.append(row.external_id)


def _credit(channel: Channel, row: registries.Row, on: date, actor: str) -> Payment | None:
    """By the one door, under the agent's own id: told by the agent later, it is a repeat. None: no such contract."""
    found = Account.objects.filter(contract__number=contracts.tidy_number(row.number), contract__closed_on__isnull=True)
    account_id = found.values_list("id", flat=True).first()
    if account_id is None:
        return None
    at, paid_on = clock.now(), row.on or on
    partitions.ensure(paid_on, paid_on)
    with transfers.alarm_on_refusal(), db.atomic():
        opened = payments.open_received(
            channel=channel, account_id=account_id, amount_kop=row.amount_kop, external_id=row.external_id,
            on=paid_on, at=at,
        )  # fmt: skip
        payment = payments.lock(opened.pk)
        same = (payment.account_id, payment.amount_kop) == (account_id, row.amount_kop)
        if payment.state not in payments.CREDITABLE or not same:
            return payment
        crediting.credit(payment, on=paid_on, at=at)
        audit.record(
            actor=actor,
            action="payments.credit_registry",
            subject=f"payment:{payment.pk}",
            new={"channel": str(channel), "external_id": row.external_id, "amount_kop": row.amount_kop},
        )
        return payment


def _conclude(outcome: reconciling_bank.Outcome) -> None:
    """Sums of ours as they stand now, the staff's list, and what is off it again."""
    ours = _ours(outcome)
    outcome.ours, outcome.ours_kop = len(ours), sum(one.amount_kop for one in ours)
    at = clock.now()
    with db.atomic():
        for found in outcome.differ:
            differences.keep(found, at=at)
        for about in ("payment", "refund"):
            differ_still = {one.external_id for one in outcome.differ if one.about == about}
            agreed = [one for one in outcome.agreed if one not in differ_still]
            differences.agree(outcome.channel, about, agreed, at=at)


def _ours(outcome: reconciling_bank.Outcome) -> list[Payment]:
    found = Payment.objects.filter(channel=outcome.channel, state=PaymentState.SUCCEEDED, on=outcome.on)
    return list(found.order_by("id"))


def _known(channel: Channel, external_ids: Iterable[str]) -> list[Payment]:
    return list(Payment.objects.filter(channel=channel, external_id__in=list(external_ids)))


def _tell_waiting(today: date) -> None:
    late = [one for one in bank_entries.queue() if one.received_on <= today - WAITS_AT_MOST]
    with db.atomic():
        for one in late:
            what = f"document {one.pk} of {one.amount_kop} kopecks came on {one.received_on} and waits for a decision"
            alarms.raise_alarm(key=f"bank_entry:waits:{one.pk}", what=what)


def _dropped(channel: Channel, today: date) -> list[reconciling_bank.Outcome]:
    """Files that the agent's transfer has left in `registries/<channel>/`: done ones move to `done`, others aside."""
    folder = settings.HOME.joinpath("registries", str(channel))
    found = []
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else ():
        try:
            found.append(registry(channel, path.read_bytes(), on=_day_of(path.stem), actor="system:reconcile"))
            aside = folder.joinpath("done")
        except UnableToReconcile as error:
            with db.atomic():
                alarms.raise_alarm(key=f"registry:{channel}:{path.name}:{today}", what=f"{path.name}: {error}")
            aside = folder.joinpath("refused")
        aside.mkdir(exist_ok=True)
        path.replace(aside.joinpath(path.name))
    return found


def _day_of(name: str) -> date | None:
    """ "osmp-2026-11-10" → that day."""
    for end in range(len(name), 9, -1):
        try:
            return date.fromisoformat(name[end - 10 : end])
        except ValueError:
            continue
    return None


def _midnight(on: date) -> datetime:
    """The beginning of an operator's date, by the bank's clock: the demo's may run ahead of it."""
    ahead = max(timedelta(0), clock.now() - datetime.now(UTC)) if settings.SANDBOX else timedelta(0)
    return datetime.combine(on, time(), tzinfo=clock.zone()).astimezone(UTC) - ahead
