"""The staff as the administrator keeps them: invited, blocked, let in again, helped with what they have lost.

Nobody acts on who may more than he may himself: else he would come into the other's account. Each act stands
in the log.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import hashers, password_validation
from django.db.models import Max

from abonent.core import audit, db
from abonent.identity import readable, roles, users
from abonent.identity.models import Role, User


class UnableToKeep(Exception):
    """Nothing is written; the class says why."""


class MayMore(UnableToKeep):
    """He, or the role, may more than who asks."""


class Himself(UnableToKeep):
    """Nobody does this to himself."""


class NotThere(UnableToKeep):
    """There is nobody of that number among the staff."""


class WrongPassword(UnableToKeep):
    """The password typed is not the one he has."""


class Person(NamedTuple):
    user: User
    last_seen_at: datetime | None
    has_second_factor: bool


class Asker(NamedTuple):
    """Who acts, and for the log."""

    user_id: int
    name: str
    granted: Collection[str]
    why: str
    address: str | None


def people() -> list[Person]:
    """All, those who may sign in first. Three queries."""
    found = list(User.objects.filter(is_staff=True).select_related("role").order_by("-is_active", "username"))
    ids = [one.pk for one in found]
    seen = dict(
        UserSession.objects.filter(user_id__in=ids).order_by().values_list("user_id").annotate(at=Max("last_seen_at"))
    )
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    protected = set(Authenticator.objects.filter(user_id__in=ids, type__in=kinds).values_list("user_id", flat=True))
    return [Person(one, seen.get(one.pk), one.pk in protected) for one in found]


def invite(name: str, role: str, by: Asker) -> tuple[User, str]:
    """One more of the staff, with a password that is shown once and changed at the first sign-in.

    Raises MayMore, users.UnableToCreateUser.
    """
    found = users.find_role(role)
    _require_within(found, by)
    password = readable.phrase(2)
    with db.atomic():
        user = users.create_staff(name, role=role, password=password)
        user.password_must_change = True
        user.save(update_fields=["password_must_change"])
        _record("create_staff", user, by, new={"name": user.username, "role": role})
    return user, password


def block(user_id: int, by: Asker) -> None:
    """He signs in no more, and is out at once.   Raises Himself, MayMore, NotThere, roles.LastKeeper."""
    with db.atomic():
        user = _locked(user_id, by)
        if not user.is_active:
            return
        user.is_active = False
        user.save(update_fields=["is_active"])
        roles.require_keeper()
        _end_sessions(user)
        _record("block_staff", user, by, old={"active": True}, new={"active": False, "name": user.username})


def let_in(user_id: int, by: Asker) -> None:
    """He signs in again, with the password he had.   Raises Himself, MayMore, NotThere."""
    with db.atomic():
        user = _locked(user_id, by)
        if user.is_active:
            return
        user.is_active = True
        user.save(update_fields=["is_active"])
        _record("let_in_staff", user, by, old={"active": False}, new={"active": True, "name": user.username})


def reset_second_factor(user_id: int, by: Asker) -> int:
    """Codes of his app and his passkeys are no more; he is out, and sets another up. Gives how many there were.

    Raises Himself, MayMore, NotThere.
    """
    with db.atomic():
        user = _locked(user_id, by)
        gone = [str(one) for one in Authenticator.objects.filter(user=user).values_list("type", flat=True)]
        Authenticator.objects.filter(user=user).delete()
        _end_sessions(user)
        _record("reset_second_factor", user, by, old={"kinds": sorted(gone)}, new={"name": user.username})
    return len(gone)


def issue_password(user_id: int, by: Asker) -> str:
    """A new password, shown once and changed at the first sign-in; he is out.   Raises Himself, MayMore, NotThere."""
    password = readable.phrase(2)
    with db.atomic():
        user = _locked(user_id, by)
        users.set_password(user, hashers.make_password(password), must_change=True)
        _end_sessions(user)
        _record("issue_staff_password", user, by, new={"name": user.username})
    return password


def choose_password(user_id: int, *, old: str, new: str, address: str | None) -> User:
    """His own.   Raises WrongPassword; ValidationError says what the new one lacks."""
    with db.atomic():
        user = db.lock(User, [user_id])[user_id]
        if not users.is_password(user, old):
            raise WrongPassword
        password_validation.validate_password(new, user)
        users.set_password(user, hashers.make_password(new))
        audit.record(
            actor=user.username, action="identity.change_password", subject=f"user:{user.pk}", address=address
        )  # fmt: skip
    return user


def _locked(user_id: int, by: Asker) -> User:
    roles.hold()
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_staff=True).first()
    if user is None:
        raise NotThere
    if user.pk == by.user_id:
        raise Himself
    if user.role is not None:
        _require_within(user.role, by)
    return user


def _require_within(role: Role, by: Asker) -> None:
    if set(role.permissions) - set(by.granted):
        raise MayMore


def _end_sessions(user: User) -> None:
    for one in UserSession.objects.filter(user=user):
        one.end()


def _record(
    action: str, user: User, by: Asker, *, old: dict[str, Any] | None = None, new: dict[str, Any] | None = None
) -> None:
    audit.record(
        actor=by.name, action=f"identity.{action}", subject=f"user:{user.pk}", old=old, new=new, why=by.why,
        address=by.address,
    )  # fmt: skip
