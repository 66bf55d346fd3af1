"""How one signs in is changed by its owner: the change, its entry in the log and the notice, together or not at all."""

from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase

from abonent.core import audit, db
from abonent.identity import app_tokens, devices, passkeys, second_factor, signed_in
from abonent.identity.models import User
from abonent.notifications import outbox


def switch_app_on(user: User, *, secret: str, code: str, contract_id: int | None, address: str | None) -> list[str]:
    """The app that was shown `secret` says `code`. Gives the recovery codes, shown once.

    contract_id: by whose contacts he is told; None of staff.   Raises second_factor.UnableToSwitchOn.
    """
    with db.atomic():
        codes = second_factor.switch_on(user, secret, code)
        _tell(user, "totp_on", contract_id, address)
    return codes


def switch_app_off(user: User, *, contract_id: int | None, address: str | None) -> None:
    with db.atomic():
        if second_factor.switch_off(user):
            _tell(user, "totp_off", contract_id, address)


def renew_codes(user: User, *, contract_id: int | None, address: str | None) -> list[str]:
    """Gives them, shown once; none where the app is off."""
    with db.atomic():
        if not second_factor.is_on(user.pk):
            return []
        codes = second_factor.renew_codes(user)
        _tell(user, "codes_renewed", contract_id, address)
    return codes


def add_passkey(
    user: User, *, name: str, answer: str, contract_id: int | None, address: str | None
) -> passkeys.Passkey:
    """Raises passkeys.UnableToUsePasskey or TooMany."""
    with db.atomic():
        made = passkeys.add(user, name, answer)
        _tell(user, "passkey_added", contract_id, address, name=made.name)
    return made


def remove_passkey(user: User, *, passkey_id: int, contract_id: int | None, address: str | None) -> None:
    """Raises Authenticator.DoesNotExist."""
    with db.atomic():
        name = passkeys.remove(user.pk, passkey_id)
        _tell(user, "passkey_removed", contract_id, address, name=name)


def end_session(user: User, *, signed_in_id: int, address: str | None) -> None:
    """Raises UserSession.DoesNotExist."""
    with db.atomic():
        signed_in.end(user.pk, signed_in_id)
        _record(user, "identity.end_session", address)


def end_other_sessions(user: User, *, session: SessionBase, device: str, address: str | None) -> int:
    """device: the token of this browser's cookie, "" for none. Gives how many ended."""
    with db.atomic():
        ended = signed_in.end_others(user.pk, session, devices.hash_of(device) if device else None)
        _record(user, "identity.end_other_sessions", address, count=ended)
    return ended


def sign_app_in(user: User, key: str, *, device_name: str, address: str | None, at: datetime) -> app_tokens.Issued:
    """An app gets its token.   key: of the app's request: the same one gives the same token."""
    with db.atomic():
        issued = app_tokens.issue(user, key, device_name=device_name, address=address, at=at)
        if issued.token.created_at == at:
            _record(user, "identity.sign_in", address, browser=issued.token.device_name)
    return issued


def end_app(user: User, *, token_id: int, address: str | None, at: datetime) -> None:
    """Raises AppToken.DoesNotExist."""
    with db.atomic():
        ended = app_tokens.end(user.pk, token_id, at)
        if ended.ended_at == at:
            _record(user, "identity.end_app", address, name=ended.device_name)


def _tell(user: User, what: str, contract_id: int | None, address: str | None, **new: object) -> None:
    entry_id = _record(user, f"identity.{what}", address, **new)
    if contract_id is not None:
        key = f"security_changed:{entry_id}"
        outbox.queue(key=key, contract_id=contract_id, kind="security_changed", params={"what": what})


def _record(user: User, action: str, address: str | None, **new: object) -> int:
    entry = audit.record(actor=user.username, action=action, subject=f"user:{user.pk}", new=new, address=address)
    return entry.pk
