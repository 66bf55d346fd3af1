"""What notices say of the door: codes, one-time passwords, and what was changed in how one signs in."""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from abonent.notifications.text_shape import Kind, Text


def _password_changed(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("The password was changed"),
        _("The password of contract %(number)s was changed. If it was not you, call %(phone)s.") % _facts(number),
    )


def _one_time_password(params: dict[str, Any], number: str, today: date) -> Text:
    facts = _facts(number) | {"secret": params["secret"], "minutes": params["minutes"]}
    return Text(
        _("One-time password"),
        _(
            "One-time password of contract %(number)s: %(secret)s. It works once, for %(minutes)s minutes. "
            "We never ask for it. If you did not want it, do nothing."
        )
        % facts,
    )


def _contact_code(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("Confirmation code"),
        _("%(secret)s is the code for contract %(number)s. Tell it to nobody. If you did not ask for it, do nothing.")
        % (_facts(number) | {"secret": params["secret"]}),
    )


def _contact_added(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("A contact was added"),
        _("%(contact)s was added to contract %(number)s. If it was not you, call %(phone)s.")
        % (_facts(number) | {"contact": params["contact"]}),
    )


def _contact_removed(params: dict[str, Any], number: str, today: date) -> Text:
    return Text(
        _("A contact was removed"),
        _("%(contact)s was removed from contract %(number)s. If it was not you, call %(phone)s.")
        % (_facts(number) | {"contact": params["contact"]}),
    )


def _security_changed(params: dict[str, Any], number: str, today: date) -> Text:
    said = {
        "totp_on": _("Sign-in to contract %(number)s now asks for a code of your app."),
        "totp_off": _("Sign-in to contract %(number)s asks for a code of the app no more."),
        "passkey_added": _("A passkey was added to contract %(number)s."),
        "passkey_removed": _("A passkey of contract %(number)s was removed."),
        "codes_renewed": _("New recovery codes were made for contract %(number)s; the old ones are good no more."),
        "password_issued": _("Our staff issued a new password for contract %(number)s."),
    }
    facts = _facts(number)
    what, else_call = said[params["what"]] % facts, _("If it was not you, call %(phone)s.") % facts
    return Text(_("Sign-in was changed"), f"{what} {else_call}")


def _facts(number: str) -> dict[str, Any]:
    return {"number": number, "phone": settings.PROFILE.contacts.support_phone}


KINDS: dict[str, Kind] = {
    "password_changed": Kind(frozenset(), _password_changed, sms_first=True, at_any_hour=True),
    "one_time_password": Kind(
        frozenset({"minutes"}), _one_time_password, sms_first=True, at_any_hour=True, secret=True
    ),
    "contact_code": Kind(frozenset(), _contact_code, at_any_hour=True, secret=True),
    "contact_added": Kind(frozenset({"contact"}), _contact_added, sms_first=True, at_any_hour=True),
    "contact_removed": Kind(frozenset({"contact"}), _contact_removed, sms_first=True, at_any_hour=True),
    "security_changed": Kind(frozenset({"what"}), _security_changed, sms_first=True, at_any_hour=True),
}
