"""What happened to one's own account and who looked at it, out of the audit log, in a person's words."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.core import audit, clock
from abonent.core.models import AuditEntry
from abonent.portal import scope
from abonent.ui import formats

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

# (icon, words)
ACTIONS: dict[str, tuple[str, StrPromise]] = {
    "identity.sign_in": ("log-in", gettext_lazy("Signed in")),
    "identity.send_one_time_password": ("message-square", gettext_lazy("A one-time password was sent by SMS")),
    "identity.use_one_time_password": ("key-round", gettext_lazy("The one-time password was used")),
    "identity.change_password": ("key-round", gettext_lazy("The password was changed")),
    "identity.issue_password": ("key-round", gettext_lazy("Our staff issued a new password")),
    "identity.totp_on": ("smartphone", gettext_lazy("Codes of an app were switched on")),
    "identity.totp_off": ("smartphone", gettext_lazy("Codes of an app were switched off")),
    "identity.codes_renewed": ("shield", gettext_lazy("New recovery codes were made")),
    "identity.passkey_added": ("shield-check", gettext_lazy("A passkey was added")),
    "identity.passkey_removed": ("shield", gettext_lazy("A passkey was removed")),
    "identity.end_session": ("log-out", gettext_lazy("A session was ended")),
    "identity.end_app": ("log-out", gettext_lazy("An app was signed out")),
    "identity.end_other_sessions": ("log-out", gettext_lazy("All other sessions were ended")),
    "subscribers.add_contact": ("contact", gettext_lazy("A contact was added")),
    "subscribers.remove_contact": ("contact", gettext_lazy("A contact was removed")),
    "backoffice.look": ("eye", gettext_lazy("One of our staff opened your account")),
    "backoffice.open_as_owner": ("eye", gettext_lazy("One of our staff opened your account as you see it")),
    "subscribers.sign_contract": ("file-text", gettext_lazy("The contract was signed")),
}
SHORT, LONG = 8, 200
CAME_FROM = re.compile(r"(talk|request):(\d+)")  # of backoffice.because


class Line(NamedTuple):
    at: datetime
    when: str  # "14 November, 14:02"
    icon: str
    what: StrPromise
    facts: list[str]


def of(own: scope.OwnRequest, most: int) -> list[Line]:
    """The newest first: of himself, his contracts and his contacts."""
    subjects = [f"user:{own.user.pk}", f"customer:{own.contract.customer_id}"]
    subjects += [f"contract:{one.id}" for one in own.contracts]
    return [_line(one, own) for one in audit.of_subjects(subjects, list(ACTIONS), most)]


def _because(why: str) -> str:
    """What it was about, in a person's words."""
    came = CAME_FROM.fullmatch(why)
    if came is None:
        return why
    said = {"number": came[2]}
    return _("conversation No. %(number)s") % said if came[1] == "talk" else _("request No. %(number)s") % said


def when(at: datetime) -> str:
    local = clock.local(at)
    return _("%(day)s, %(time)s") % {"day": formats.day(local.date()), "time": f"{local:%H:%M}"}


def when_really(at: datetime) -> str:
    """Of what lives on real time (sessions, passkeys): moved as the demo's clock is."""
    return when(at + (clock.now() - timezone.now()))


def _line(entry: AuditEntry, own: scope.OwnRequest) -> Line:
    icon, what = ACTIONS[entry.action]
    facts = [str(entry.new[name]) for name in ("to", "contact", "name", "browser") if entry.new.get(name)]
    by_staff = entry.actor != own.user.username and not entry.actor.startswith("system:")
    if by_staff and entry.why:
        facts.append(_because(entry.why))
    if entry.address and not by_staff:
        facts.append(entry.address)
    return Line(entry.at, when(entry.at), icon, what, facts)
