"""What staff do to a contract that has ended: pay out, write off, close its account; look, then one verb."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.acting import Case, Field, Line, Look, Refused
from abonent.billing import endings
from abonent.core import money
from abonent.flows import cash_desk, close_account, four_eyes
from abonent.payments import cash_shifts
from abonent.payments.models_warrants import WarrantVerb
from abonent.ui import formats

NO_EQUIPMENT, HANDED_IN = "none", "handed"


def pay_out_look(case: Case) -> Look:
    amount_kop = _left_kop(case)
    if cash_shifts.current(case.request.actor) is None:
        raise Refused(_("Cash comes out of a drawer: open your shift at the cash desk first."))
    return Look(
        [
            Line(_("Is left on the account"), money.show(case.seen.balance_kop)),
            Line(_("Goes back"), _("%(sum)s in cash, by an expense order") % {"sum": money.show(amount_kop)}),
            Line(_("Balance after"), money.show(case.seen.balance_kop - amount_kop)),
        ]
    )


def pay_out_do(case: Case) -> str:
    try:
        made = cash_desk.pay_left_out(account_id=case.seen.account_id, on=case.today, **case.by)
    except cash_shifts.NoneOpen:
        raise Refused(_("Cash comes out of a drawer: open your shift at the cash desk first.")) from None
    except endings.UnableToEnd:
        raise Refused(_("Nothing is left that could be paid out.")) from None
    said = {"sum": money.show(made.amount_kop), "number": made.number}
    return _("%(sum)s is paid out by expense order No. %(number)s.") % said


def pay_out_gives(case: Case) -> four_eyes.Wanted:
    return four_eyes.Wanted(WarrantVerb.PAY_OUT, case.seen.account_id, _left_kop(case))


def write_off_look(case: Case) -> Look:
    balance_kop = case.seen.balance_kop
    _require_ended(case)
    if not balance_kop:
        raise Refused(_("The account is at zero: nothing is to be written off."))
    if endings.asked_payout(case.seen.account_id) is not None:
        raise Refused(_("Its owner has asked for the money that is left: pay it out."))
    what = _("The debt that is given up") if balance_kop < 0 else _("What is left and taken as ours")
    return Look(
        [Line(what, money.show(abs(balance_kop))), Line(_("Balance after"), money.show(0))],
        warning=_("Money that is written off does not come back."),
    )


def write_off_do(case: Case) -> str:
    try:
        was_kop = close_account.write_off(account_id=case.seen.account_id, on=case.today, **case.by)
    except endings.UnableToEnd:
        raise Refused(_("It cannot be written off any more: look at the account.")) from None
    return _("%(sum)s is written off.") % {"sum": money.show(abs(was_kop))}


def write_off_gives(case: Case) -> four_eyes.Wanted:
    return four_eyes.Wanted(WarrantVerb.WRITE_OFF, case.seen.account_id, abs(case.seen.balance_kop))


def close_fields(case: Case) -> list[Field]:
    steps = close_account.checklist(account_id=case.seen.account_id)
    lent = ", ".join(one[formats.language()] for one in steps.equipment)
    handed = _("Handed in: %(names)s") % {"names": lent} if lent else _("Handed in, all of it")
    choices = [("", _("Look first")), (HANDED_IN, handed), (NO_EQUIPMENT, _("There was none of ours"))]
    return [Field("equipment", gettext_lazy("Our equipment"), "choice", choices)]


def close_look(case: Case) -> Look:
    steps = close_account.checklist(account_id=case.seen.account_id)
    if steps.ended_on is None:
        raise Refused(_("The contract goes on: it ends first."))
    if steps.balance_kop < 0:
        raise Refused(_("%(sum)s is owed: it is paid or written off first.") % {"sum": money.show(-steps.balance_kop)})
    if steps.balance_kop > 0:
        said = {"sum": money.show(steps.balance_kop)}
        raise Refused(_("%(sum)s is left: it is paid out, moved or written off first.") % said)
    if case.typed.get("equipment") not in (HANDED_IN, NO_EQUIPMENT):
        raise Refused(_("Say whether our equipment is handed in."), "equipment")
    handed = _("handed in") if case.typed["equipment"] == HANDED_IN else _("there was none of ours")
    return Look(
        [
            Line(_("Ended"), formats.day(steps.ended_on)),
            Line(_("Balance"), money.show(steps.balance_kop)),
            Line(_("Our equipment"), handed),
        ],
        warning=_("Nobody signs in by this contract's number any more."),
    )


def close_do(case: Case) -> str:
    try:
        close_account.close(contract_id=case.contract.id, on=case.today, **case.by)
    except close_account.UnableToClose:
        raise Refused(_("It cannot be closed now: look at the account.")) from None
    return _("The account is closed.")


def _require_ended(case: Case) -> None:
    if case.contract.ended_on is None:
        raise Refused(_("The contract goes on: it ends first."))


def _left_kop(case: Case) -> int:
    """What is paid out: what its owner asked for, else all that is left.   Raises Refused."""
    _require_ended(case)
    asked = endings.asked_payout(case.seen.account_id)
    left_kop = asked.amount_kop if asked is not None else case.seen.balance_kop
    if not 0 < left_kop <= case.seen.balance_kop:
        raise Refused(_("Nothing is left that could be paid out."))
    return left_kop
