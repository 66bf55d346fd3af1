"""Every address, knocked at by a stranger, its owner, another subscriber and each of the staff: docs/ACCESS.md."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from abonent.api.checkpay import access as check_pay
from abonent.core import db
from abonent.identity import users
from abonent.identity.models import User
from abonent.urls import urlpatterns
from tests.stories import access
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing


@pytest.fixture
def doors(world: World) -> Iterator[list[access.Door]]:
    known = User.objects.filter(username__in=access.ROLES).values_list("username", flat=True)
    for role in set(access.ROLES) - set(known):
        with db.atomic():
            users.create_staff(role, role=role, password="demo-staff")
    check_pay.forget()
    yield [access.door(pattern, world) for pattern in dict.fromkeys(map(access.address_of, urlpatterns))]
    check_pay.forget()


def browser(user: User | None = None) -> Client:
    made = Client()
    if user is not None:
        made.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    return made


def user_of(who: Subscriber) -> User:
    return User.objects.get(sign_in_names__name=who.contract)


def test_each_meets_what_the_table_says_nothing_more_and_nothing_less(world: World, doors: list[access.Door]) -> None:
    table = access.read()
    staff = {role: User.objects.get(username=role) for role in access.ROLES}
    wrong, missing = [], []
    for door in doors:
        visitors = {"stranger": None, "owner": user_of(door.owner), "another": user_of(world.boris), **staff}
        met = {name: access.knock(browser(user), door) for name, user in visitors.items()}
        row = table.get(door.pattern)
        if row is None:
            missing.append(access.row_of(door, met))
            continue
        for name, user in visitors.items():
            said = row.of_role(name) if name in staff else getattr(row, name)
            wanted = access.expected(said, door)
            if met[name] != wanted:
                wrong.append(f"{name} at {door.path}: {met[name]}, and the table says {wanted}")
            if said != "opens" and access.outcome(browser(user).post(door.path)) == "opens":
                wrong.append(f"{name} at {door.path}: a form sent there is taken")
    assert not missing, "such is met where docs/ACCESS.md has no row:\n" + "\n".join(missing)
    assert not wrong, "\n".join(wrong)


def test_a_role_that_lost_its_permissions_opens_nothing_but_what_all_staff_do(
    world: World, doors: list[access.Door]
) -> None:
    admin = User.objects.get(username="admin")
    assert admin.role is not None
    admin.role.permissions = []
    admin.role.save()
    table = access.read()
    for door in doors:
        if door.pattern.startswith("staff/") and table[door.pattern].others == "refused":
            assert access.knock(browser(admin), door) == "refused", door.path
