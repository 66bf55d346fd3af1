"""Lines of the audit log in words: who, what, when, why, from which values to which."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from abonent.core import clock
from abonent.core.models import AuditEntry

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

# What is not here is shown by its code: better than a wrong word.
WORDS: dict[str, StrPromise] = {
    "backoffice.look": _("Looked at"),
    "backoffice.look_as_owner": _("Looked at a page as its owner"),
    "backoffice.open_as_owner": _("Opened the account as its owner sees it"),
    "backoffice.print": _("Printed a paper"),
    "backoffice.print_letter": _("Printed the letter with the password"),
    "billing.approve_change": _("Approved a change of tariff"),
    "billing.ask_payout": _("What is left was asked back"),
    "billing.cancel_change": _("A change of tariff was taken back"),
    "billing.cancel_end": _("Called the end of the contract off"),
    "billing.cancel_pause": _("Called a pause off"),
    "billing.change_tariff": _("Changed the tariff"),
    "billing.debt_contract_end": _("Ended the contract of a debtor"),
    "billing.debt_letter": _("Gave a debtor a letter"),
    "billing.debt_notice": _("Sent a debtor a notice"),
    "billing.debt_suspension": _("Suspended a debtor"),
    "billing.end_pause": _("Ended a pause"),
    "billing.give_deferral": _("A deferred payment by itself"),
    "billing.expire_change": _("A wish for another tariff expired"),
    "billing.grant_deferral": _("Granted a deferred payment"),
    "billing.move_left": _("Moved what was left to another contract"),
    "billing.pay_out": _("Paid out what was left"),
    "billing.hold_debt": _("Wrote a promise to pay down"),
    "billing.plan_end": _("Planned the end of the contract"),
    "billing.plan_pause": _("Planned a pause"),
    "billing.refuse_change": _("Refused a change of tariff"),
    "billing.withdraw_payout": _("What was asked back is not asked back any more"),
    "billing.write_off": _("Wrote off what was left or owed"),
    "documents.make_due": _("Asked for the documents of the month"),
    "documents.send_again": _("Sent the documents of a month again"),
    "flows.begin_export": _("Asked for an export of everything"),
    "flows.confirm_bundle": _("Confirmed an import"),
    "flows.download_errors": _("Downloaded the mistakes of an import"),
    "flows.download_export": _("Downloaded an export of everything"),
    "flows.drop_bundle": _("Deleted the files of an import or an export"),
    "flows.map_bundle": _("Chose the columns of an import"),
    "flows.move_in": _("Took a provider over"),
    "flows.move_out": _("Exported everything"),
    "flows.receive_bundle": _("Sent a bundle to be imported"),
    "billing.release_debt": _("Took a promise to pay off"),
    "core.go_on_batch": _("Let an act on many go on"),
    "core.start_batch": _("Began an act on many"),
    "core.stop_batch": _("Stopped an act on many"),
    "identity.change_password": _("Changed the password"),
    "identity.change_role": _("Changed a role"),
    "identity.give_role": _("Gave one of the staff another role"),
    "identity.issue_password": _("Issued a new password"),
    "identity.sign_in": _("Signed in"),
    "network.register_device": _("Registered a device"),
    "network.remove_device": _("Took a device off"),
    "payments.add_payer": _("Noted who pays for another's contract"),
    "payments.ask_second_yes": _("Asked for a second yes"),
    "payments.close_shift": _("Closed the shift"),
    "payments.correction": _("Took a payment back"),
    "payments.declined_second_yes": _("Declined what a colleague had asked for"),
    "payments.done_second_yes": _("Said the second yes"),
    "payments.expired_second_yes": _("Nobody said the second yes in time"),
    "payments.open_shift": _("Opened a shift"),
    "payments.refund": _("Refunded a payment"),
    "payments.stale_second_yes": _("A second yes came too late"),
    "payments.remove_payer": _("Took off who paid for another's contract"),
    "payments.take_cash": _("Took cash"),
    "payments.withdrawn_second_yes": _("Took back what was asked for a second yes"),
    "subscribers.close_account": _("Closed the account"),
    "subscribers.add_contact": _("Added a contact"),
    "subscribers.remove_contact": _("Removed a contact"),
    "subscribers.sign_contract": _("Signed the contract"),
}


class Deed(NamedTuple):
    """One line."""

    id: int
    at: datetime  # in the operator's zone
    actor: str
    what: str
    subject: str
    changed: list[tuple[str, str, str]]  # name, before, after
    why: str
    address: str


def of(entry: AuditEntry) -> Deed:
    names = list(dict.fromkeys([*entry.old, *entry.new]))
    changed = [(name, _said(entry.old.get(name)), _said(entry.new.get(name))) for name in names]
    what = str(WORDS.get(entry.action, entry.action))
    return Deed(
        entry.pk, clock.local(entry.at), entry.actor, what, entry.subject, changed, entry.why, entry.address or ""
    )


def _said(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
