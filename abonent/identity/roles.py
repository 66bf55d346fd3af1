"""Roles of the staff and who has which. The only module that writes Role after the migrations, and gives one."""

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from abonent.core import audit, db
from abonent.identity import permissions
from abonent.identity.models import Role, User

CODE = re.compile(r"[a-z][a-z0-9-]{1,39}")
MOST_NAME_CHARS = 80


class UnableToChangeRole(Exception):
    """Nothing is written."""


class BadCode(UnableToChangeRole):
    """A code is 2 to 40 of a-z, 0-9 and dash, and begins with a letter."""


class NoName(UnableToChangeRole):
    """Both languages want a name."""


class ChangedMeanwhile(UnableToChangeRole):
    """A colleague has changed the role since it was looked at."""


class LastKeeper(UnableToChangeRole):
    """Nobody would be left who may manage the staff."""


class Given(NamedTuple):
    """What a role is to be."""

    name_ru: str
    name_en: str
    permissions: frozenset[str]
    most_kop: int | None  # None: no limit


def facts(role: Role) -> dict[str, Any]:
    """As it stands in the log, and as a form says what it has looked at."""
    return {
        "name_ru": role.name_ru,
        "name_en": role.name_en,
        "permissions": sorted(role.permissions),
        "most_kop": role.most_kop,
    }


def keep(
    code: str, given: Given, *, seen: dict[str, Any] | None, actor: str, why: str, address: str | None = None
) -> Role:
    """A new role, or another content of a known one.   seen: `facts` that were looked at; None: a new one.

    Raises BadCode, NoName, ChangedMeanwhile (or known already), LastKeeper.
    """
    if not CODE.fullmatch(code):
        raise BadCode
    if not given.name_ru.strip() or not given.name_en.strip():
        raise NoName
    assert given.permissions <= set(permissions.DESCRIPTIONS), given.permissions
    with db.atomic():
        hold()
        role = Role.objects.filter(code=code).first()
        old = facts(role) if role is not None else None
        if old != seen:
            raise ChangedMeanwhile
        role = role or Role(code=code)
        role.name_ru, role.name_en = given.name_ru.strip()[:MOST_NAME_CHARS], given.name_en.strip()[:MOST_NAME_CHARS]
        role.permissions, role.most_kop = sorted(given.permissions), given.most_kop
        new = facts(role)
        if new == old:
            return role
        role.save()
        require_keeper()
        audit.record(
            actor=actor, action="identity.change_role", subject=f"role:{code}", old=old, new=new, why=why,
            address=address,
        )  # fmt: skip
    return role


def give(user_id: int, code: str, *, actor: str, why: str, address: str | None = None) -> None:
    """One of the staff has that role from now on.   Raises LastKeeper; User.DoesNotExist, Role.DoesNotExist."""
    with db.atomic():
        hold()
        user = User.objects.select_related("role").get(pk=user_id, is_staff=True)
        role = Role.objects.get(code=code)
        if user.role_id == role.pk:
            return
        old = user.role.code if user.role else ""
        user.role = role
        user.save(update_fields=["role"])
        require_keeper()
        audit.record(
            actor=actor, action="identity.give_role", subject=f"user:{user.pk}", old={"role": old},
            new={"role": code, "name": user.username}, why=why, address=address,
        )  # fmt: skip


def staff_by_role() -> dict[int, list[User]]:
    """By the role's id; of who may sign in."""
    found: dict[int, list[User]] = {}
    for one in User.objects.filter(is_staff=True, is_active=True, role__isnull=False).order_by("username"):
        assert one.role_id is not None
        found.setdefault(one.role_id, []).append(one)
    return found


def hold() -> None:
    """One change of roles after another: two at once could both leave the other as the last keeper."""
    db.run("select pg_advisory_xact_lock(hashtextextended('identity.roles', 0))")


def require_keeper() -> None:
    keepers: Collection[User] = User.objects.filter(
        is_staff=True, is_active=True, role__permissions__contains=[permissions.MANAGE_STAFF]
    )[:1]
    if not keepers:
        raise LastKeeper
