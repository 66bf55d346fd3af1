"""Is it still he? The password or a passkey once more, before what a stolen session must not do."""

from django.contrib.sessions.backends.base import SessionBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from abonent.core import clock
from abonent.identity import limits, passkeys, signed_in
from abonent.identity.models import User

PASSWORD, PASSKEY = "confirm_password", "confirm_passkey"  # fields of the form that asks
PASSWORD_MOST_CHARS = 256  # hashing takes time by length too
MOST_KEPT_CHARS = 20_000  # of the form that waits meanwhile


class NotHe(Exception):
    """Its text says what was wrong."""


def check(user: User, session: SessionBase, *, password: str, passkey: str, phone: str) -> None:
    """From now on he is not asked for ten minutes.   phone: whom to call.   Raises NotHe."""
    if passkey:
        try:
            passkeys.check(passkey, user=user)
        except passkeys.UnableToUsePasskey:
            raise NotHe(_("The passkey did not fit. Try once more, or type the password.")) from None
    else:
        _check_password(user, password[:PASSWORD_MOST_CHARS], phone)
    signed_in.confirm(session)


def _check_password(user: User, typed: str, phone: str) -> None:
    if not typed:
        raise NotHe(_("Type the password you sign in with now."))
    try:
        taken = limits.take(limits.of_change(user.pk), clock.now())
    except limits.TooManyTries as full:
        wait = ngettext("Wait %(minutes)s minute", "Wait %(minutes)s minutes", full.minutes) % {"minutes": full.minutes}
        said = {"wait": wait, "phone": phone}
        raise NotHe(_("Too many wrong tries. %(wait)s, or call %(phone)s: we will help you in.") % said) from None
    if not user.check_password(typed):
        raise NotHe(_("That is not the password you sign in with now."))
    limits.give_back(taken)


def kept(fields: list[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    """What the form that waits was sent with; nothing of one too large to be carried on."""
    skipped = {"csrfmiddlewaretoken", PASSWORD, PASSKEY}
    found = [(name, value) for name, values in fields if name not in skipped for value in values]
    return found if sum(len(value) for _name, value in found) <= MOST_KEPT_CHARS else []
