"""What is done to debtors, each in the transaction of who calls: billing, documents and the notices meet.

Whom a choice means is asked again at each one's turn, under his account's lock: who has paid meanwhile is let be.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from abonent.billing import debts, endings, queries, returns, suspending
from abonent.billing.documents import demands
from abonent.billing.models_debts import DebtStage
from abonent.conversations import inbox
from abonent.conversations.models import Folder
from abonent.core import audit, batches, clock, db, money
from abonent.core.models import Batch
from abonent.core.models_batches import BatchRowState
from abonent.flows import end_contract
from abonent.ledger.models import Account
from abonent.notifications import outbox
from abonent.subscribers.models import Contract

FACTS = ("name", "contract", "sum")
LETTERS_A_FILE = 500
MOST_SUBJECT_CHARS, MOST_TEXT_CHARS = 120, 2000


class UnableToAct(Exception):
    """What cannot be done, or is not needed any more.   said: a code: "paid", "held", "done"…"""

    def __init__(self, said: str, *, refused: bool = False) -> None:
        super().__init__(said)
        self.said, self.state = said, BatchRowState.REFUSED if refused else BatchRowState.SKIPPED


class Doing(NamedTuple):
    """One debtor's turn; his account is locked."""

    batch: Batch
    debtor: debts.Debtor
    on: date


def found(act: str, choice: debts.Choice, *, on: date, most_kop: int | None) -> list[batches.Found]:
    """Whom the act would mean, and who is left out and why.   most_kop: what the role moves at once; None: any sum."""
    return [
        batches.Found(one.account_id, one.owed_kop, _why_not(act, one, most_kop))
        for one in debts.found(choice, on=on, most=batches.MOST_ROWS)
    ]


def do(batch: Batch, act: str, row: batches.Row, *, most_kop: int | None) -> None:
    """One debtor's turn, in the caller's transaction.   Raises UnableToAct: then the caller rolls it back."""
    on = clock.today()
    db.lock(Account, [row.subject_id])
    debtor = debts.of(row.subject_id, on=on)
    if debtor is None:
        raise UnableToAct("paid")
    why_not = _why_not(act, debtor, most_kop)
    if why_not:
        raise UnableToAct(why_not)
    try:
        _DO[act](Doing(batch, debtor, on))
    except debts.UnableToStep:
        raise UnableToAct("done") from None


def finish(batch: Batch, act: str) -> None:
    """Once nothing of it waits: the letters as files to be printed. Outside a transaction, safe to repeat."""
    if act != DebtStage.LETTER:
        return
    letters = debts.letters(batch.pk)
    for number, first in enumerate(range(0, len(letters), LETTERS_A_FILE), 1):
        part = letters[first : first + LETTERS_A_FILE]
        batches.keep_file(batch.pk, number, rows=len(part), content=demands.pdf(part, "ru"))


def hold(*, account_id: int, until: date | None, why: str, on: date, actor: str, address: str | None = None) -> None:
    """A promise to pay by a day is kept, or called off (None).   Raises debts.UnableToHold."""
    with db.atomic():
        debts.hold(account_id, until=until, why=why, by=actor, on=on)
        audit.record(
            actor=actor, action="billing.hold_debt" if until else "billing.release_debt",
            subject=f"account:{account_id}", new={"until": until.isoformat()} if until else {}, why=why,
            address=address,
        )  # fmt: skip


def _why_not(act: str, one: debts.Debtor, most_kop: int | None) -> str:
    """A code; "": it is his turn."""
    if act == "mail":
        return ""
    if one.place == "ended":
        return "ended"
    if one.place == "held":
        return "held"
    if one.place == act:
        over = most_kop is not None and act in ("suspension", "contract_end") and one.owed_kop > most_kop
        return "limit" if over else ""
    stages = list(DebtStage.values)
    if one.place != "waiting" and stages.index(one.place) < stages.index(act):
        return "earlier"
    return "done" if stages.index(one.turn) > stages.index(act) else "not_yet"


def _notice(case: Doing) -> None:
    _step(case, DebtStage.NOTICE)
    pay_until = case.on + timedelta(days=debts.days_of("suspension") - debts.days_of("notice"))
    _tell(
        case, f"debt_notice:{case.debtor.debt_id}", "debt_notice",
        {"owed_kop": case.debtor.owed_kop, "since_on": case.debtor.began_on, "pay_until": pay_until},
    )  # fmt: skip


def _suspension(case: Doing) -> None:
    _step(case, DebtStage.SUSPENSION)
    try:
        suspending.suspend(case.debtor.account_id, on=case.on, reason="debt")
    except returns.UnableToReturn:
        raise UnableToAct("senseless", refused=True) from None
    seen = queries.overview(case.debtor.contract_id, case.on)
    assert seen is not None
    missing_kop = queries.service_state(seen, case.on).missing_kop
    _tell(
        case, f"suspended:debt:{case.debtor.debt_id}", "suspended", {"missing_kop": missing_kop, "on": case.on}
    )  # fmt: skip


def _letter(case: Doing) -> None:
    data = demands.data_of(case.debtor, on=case.on)
    step = _step(case, DebtStage.LETTER, data)
    _tell(
        case, f"debt_letter:{step}", "debt_letter",
        {"owed_kop": case.debtor.owed_kop, "pay_until": data["pay_until"], "number": step},
    )  # fmt: skip


def _contract_end(case: Doing) -> None:
    _step(case, DebtStage.CONTRACT_END)
    seen = queries.overview(case.debtor.contract_id, case.on)
    assert seen is not None
    try:
        end_contract.plan_within(
            account_id=case.debtor.account_id, ends_on=endings.earliest(seen, queries.settled(seen, case.on)),
            on=case.on, actor=case.batch.made_by, why=case.batch.why, address=case.batch.address,
        )  # fmt: skip
    except endings.UnableToEnd as refused:
        raise UnableToAct(str(refused.why), refused=True) from None


def _mail(case: Doing) -> None:
    contract = Contract.objects.select_related("customer").get(id=case.debtor.contract_id)
    customer = contract.customer
    facts = {
        "contract": contract.number,
        "sum": money.show(case.debtor.owed_kop),
        "name": customer.given_name or customer.full_name,
    }
    said = {name: fill(case.batch.params[name], facts) for name in ("subject", "text")}
    key = f"batch:{case.batch.pk}:{contract.pk}"
    inbox.put([inbox.Letter(key, contract.pk, Folder.MONEY, said["subject"], said["text"])], clock.now())


def fill(text: str, facts: dict[str, str]) -> str:
    """The name last: what stands in it is nobody's fact."""
    for name in ("contract", "sum", "name"):
        text = text.replace(f"{{{name}}}", facts[name])
    return text


def _step(case: Doing, stage: DebtStage, data: dict[str, Any] | None = None) -> int:
    made = debts.take_step(
        case.debtor, stage, on=case.on, by=case.batch.made_by, batch_id=case.batch.pk, data=data
    )  # fmt: skip
    audit.record(
        actor=case.batch.made_by, action=f"billing.debt_{stage}", subject=f"account:{case.debtor.account_id}",
        new={"owed_kop": case.debtor.owed_kop, "batch": case.batch.pk}, why=case.batch.why, address=case.batch.address,
    )  # fmt: skip
    return made.pk


def _tell(case: Doing, key: str, kind: str, params: dict[str, Any]) -> None:
    outbox.queue(key=key, contract_id=case.debtor.contract_id, kind=kind, params=params)


_DO: dict[str, Callable[[Doing], None]] = {
    "notice": _notice,
    "suspension": _suspension,
    "letter": _letter,
    "contract_end": _contract_end,
    "mail": _mail,
}
