"""The second factor: codes of an app (TOTP) and recovery codes, kept by allauth; each code opens once.

The only module that writes Authenticator rows of these two kinds. Subscribers and staff have the same.
"""

from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.http import HttpRequest

from abonent.core import db, sealing
from abonent.identity.models import User

_SEALED_FOR = "second_factor"
_PENDING = "second_factor_secret"  # in the session, sealed: shown, not switched on yet


class UnableToSwitchOn(Exception):
    """The code is not the app's, or the app is on already."""


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """What of allauth's second factors is ours: sealed secrets, the operator's name in the app, no letters from it."""

    def encrypt(self, text: str) -> str:
        return sealing.seal(_SEALED_FOR, text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(_SEALED_FOR, encrypted_text)

    def get_totp_issuer(self) -> str:
        return str(settings.PROFILE.brand)

    def _get_site_name(self) -> str:
        return str(settings.PROFILE.brand)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Our own notices tell of it."""


class Stage(AuthenticateStage):  # type: ignore[misc]  # allauth has no types
    """Asks for a second factor after the right password, where there is one.

    A subscriber's passkey is another way in, not a second factor of the password; of the staff, who must have a second
    factor, it is one.
    """

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        if user is None or not (is_on(user.pk) or (user.is_staff and has_passkey(user.pk))):
            return False
        return bool(super()._should_handle(request))


class State(NamedTuple):
    is_on: bool
    codes_left: int  # recovery codes that were not used


def is_on(user_id: int) -> bool:
    return bool(Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).exists())


def has_passkey(user_id: int) -> bool:
    return bool(Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.WEBAUTHN).exists())


def is_missing(user: User) -> bool:
    """One of the staff who must have a second factor and has none: he sets it up before anything else."""
    if not user.is_staff or settings.PROFILE.staff_two_factor != "required":
        return False
    return not (is_on(user.pk) or has_passkey(user.pk))


def may_lose(user: User, *, app: bool) -> bool:
    """Whether codes of the app, or else one passkey, may go: where a second factor is required, one always stays."""
    if not user.is_staff or settings.PROFILE.staff_two_factor != "required":
        return True
    kept = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN).count()
    return bool(kept) if app else is_on(user.pk) or kept > 1


def state(user_id: int) -> State:
    kept = Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.RECOVERY_CODES).first()
    return State(is_on(user_id), len(RecoveryCodes(kept).get_unused_codes()) if kept else 0)


def pending_secret(request: HttpRequest) -> str:
    """The secret to be shown to the app; the same until it is switched on."""
    if _PENDING not in request.session:
        request.session[_PENDING] = sealing.seal(_SEALED_FOR, totp.generate_totp_secret())
    return sealing.unseal(_SEALED_FOR, request.session[_PENDING])


def address_of(secret: str, label: str) -> str:
    """otpauth://…, which the QR code holds.   label: how the app calls it, the contract's number."""
    issuer = str(settings.PROFILE.brand)
    asked = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{issuer}:{label}')}?{asked}"


def forget_pending(request: HttpRequest) -> None:
    request.session.pop(_PENDING, None)


def switch_on(user: User, secret: str, code: str) -> list[str]:
    """The app's first code was typed: from now on it is asked for. Gives the recovery codes, to be shown once.

    Raises UnableToSwitchOn.
    """
    db.require_transaction()
    db.lock(User, [user.pk])  # two forms at once
    counter = _counter(secret, "".join(code.split()))
    if counter is None or is_on(user.pk):
        raise UnableToSwitchOn
    made = totp.TOTP.activate(user, secret).instance
    made.data["last_counter"] = counter
    made.save(update_fields=["data"])
    return renew_codes(user)


def switch_off(user: User) -> bool:
    """And its recovery codes with it. Gives whether it was on."""
    db.require_transaction()
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=kinds).delete()[0])


def renew_codes(user: User) -> list[str]:
    """New recovery codes; the old ones are good no more."""
    db.require_transaction()
    db.lock(User, [user.pk])
    Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    return codes


def use(user_id: int, typed: str) -> Authenticator | None:
    """Take a code of the app or a recovery code, once. None: it is neither, or was used."""
    db.require_transaction()
    digits = "".join(one for one in typed if not one.isspace() and one != "-")
    if not (digits.isascii() and digits.isdigit()):
        return None
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    kept = Authenticator.objects.filter(user_id=user_id, type__in=kinds).select_for_update(no_key=True).order_by("id")
    for one in kept:
        if one.type == Authenticator.Type.TOTP and _use_of_app(one, digits):
            return one
        if one.type == Authenticator.Type.RECOVERY_CODES and RecoveryCodes(one).validate_code(digits):
            return one
    return None


def _use_of_app(one: Authenticator, digits: str) -> bool:
    counter = _counter(sealing.unseal(_SEALED_FOR, one.data["secret"]), digits)
    if counter is None or counter <= one.data.get("last_counter", 0):
        return False  # the one who looked over a shoulder comes too late
    one.data["last_counter"] = counter
    one.save(update_fields=["data"])
    return True


def _counter(secret: str, digits: str) -> int | None:
    """Of which half minute it is the code: this one, or the one before or after."""
    found = None
    for counter in totp.yield_hotp_counters_from_time():
        if compare_user_code(actual=digits, expected=totp.format_hotp_value(totp.hotp_value(secret, counter))):
            found = counter
    return found
