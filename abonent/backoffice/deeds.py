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
    "billing.cancel_end": _("Called the end of the contract off"),
    "billing.cancel_pause": _("Called a pause off"),
    "billing.change_tariff": _("Changed the tariff"),
    "billing.end_pause": _("Ended a pause"),
    "billing.give_deferral": _("A deferred payment by itself"),
    "billing.grant_deferral": _("Granted a deferred payment"),
    "billing.plan_end": _("Planned the end of the contract"),
    "billing.plan_pause": _("Planned a pause"),
    "documents.make_due": _("Asked for the documents of the month"),
    "flows.begin_export": _("Asked for an export of everything"),
    "flows.confirm_bundle": _("Confirmed an import"),
    "flows.download_errors": _("Downloaded the mistakes of an import"),
    "flows.download_export": _("Downloaded an export of everything"),
    "flows.drop_bundle": _("Deleted the files of an import or an export"),
    "flows.map_bundle": _("Chose the columns of an import"),
    "flows.move_in": _("Took a provider over"),
    "flows.move_out": _("Exported everything"),
    "flows.receive_bundle": _("Sent a bundle to be imported"),
    "identity.change_password": _("Changed the password"),
    "identity.change_role": _("Changed a role"),
    "identity.give_role": _("Gave one of the staff another role"),
    "identity.issue_password": _("Issued a new password"),
    "identity.sign_in": _("Signed in"),
    "network.register_device": _("Registered a device"),
    "network.remove_device": _("Took a device off"),
    "payments.correction": _("Took a payment back"),
    "payments.take_cash": _("Took cash"),
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
