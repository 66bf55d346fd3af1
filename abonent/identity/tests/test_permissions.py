"""Roles are data; what they may do is named once."""

import pytest

from abonent.identity import permissions
from abonent.identity.models import Role

PERMISSIONS = {value for name, value in vars(permissions).items() if name.isupper() and isinstance(value, str)}


def test_every_permission_is_described_once() -> None:
    assert set(permissions.DESCRIPTIONS) == PERMISSIONS
    assert len({str(text) for text in permissions.DESCRIPTIONS.values()}) == len(PERMISSIONS)


def test_the_built_in_roles_come_with_the_database(db: None) -> None:
    roles = {role.code: role for role in Role.objects.all()}
    assert set(roles) == {"manager", "support", "cashier", "engineer", "accountant", "admin"}
    for role in roles.values():
        assert set(role.permissions) <= PERMISSIONS
        assert all((role.name_ru, role.name_en))
    assert set(roles["admin"].permissions) == PERMISSIONS


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("cashier", permissions.TAKE_CASH, True),
        ("cashier", permissions.REFUND, False),
        ("cashier", permissions.EDIT_SUBSCRIBERS, False),
        ("support", permissions.ISSUE_PASSWORDS, True),
        ("support", permissions.REFUND, False),
        ("engineer", permissions.MANAGE_NETWORK, True),
        ("engineer", permissions.VIEW_MONEY, False),
        ("manager", permissions.APPROVE_TARIFF_CHANGES, True),
        ("manager", permissions.TAKE_CASH, False),
        ("accountant", permissions.CONTINUE_CHARGE_RUNS, True),
        ("accountant", permissions.MANAGE_STAFF, False),
        ("admin", permissions.MANAGE_STAFF, True),
    ],
)
def test_what_a_role_may(db: None, role: str, permission: str, allowed: bool) -> None:
    assert permissions.may(Role.objects.get(code=role).permissions, permission) is allowed


def test_an_unknown_permission_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="moon"):
        permissions.may(["moon"], "moon")
