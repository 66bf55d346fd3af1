"""Every address, knocked at by a stranger, its owner, another subscriber and each of the staff: docs/ACCESS.md."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client

from abonent.api.checkpay import access as check_pay
from abonent.core import clock, db
from abonent.identity import app_tokens, sessions, users
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


class Visitor:
    """Signs in once, and comes to each door with a browser of its own that knows of no other door."""

    def __init__(self, user: User | None = None) -> None:
        self._user = user
        self._key: str | None = None

    def at(self, door: access.Door) -> Client:
        """A subscriber comes to the API with his app's token; staff have none."""
        if self._user is None or self._user.is_staff or not door.pattern.startswith(access.API):
            return self.browser()
        with db.atomic():
            issued = app_tokens.issue(self._user, "the-walk", device_name="walk", address=None, at=clock.now())
        return Client(headers={"Authorization": f"Bearer {issued.plain}"})

    def browser(self) -> Client:
        made = Client()
        if self._user is None:
            return made
        if self._key is not None and SESSION_KEY in sessions.SessionStore(self._key):
            made.cookies[settings.SESSION_COOKIE_NAME] = self._key
        else:  # the first door, and after a door that signs out
            made.force_login(self._user, settings.AUTHENTICATION_BACKENDS[0])
            self._key = made.cookies[settings.SESSION_COOKIE_NAME].value
        return made


def user_of(who: Subscriber) -> User:
    return User.objects.get(sign_in_names__name=who.contract)


def test_each_meets_what_the_table_says_nothing_more_and_nothing_less(world: World, doors: list[access.Door]) -> None:
    table = access.read()
    staff = {role: Visitor(User.objects.get(username=role)) for role in access.ROLES}
    owners = {door.owner.contract: Visitor(user_of(door.owner)) for door in doors}
    stranger, another = Visitor(), Visitor(user_of(world.boris))
    wrong, missing = [], []
    for door in doors:
        visitors = {"stranger": stranger, "owner": owners[door.owner.contract], "another": another, **staff}
        met = {name: access.knock(visitor.at(door), door) for name, visitor in visitors.items()}
        row = table.get(door.pattern)
        if row is None:
            missing.append(access.row_of(door, met))
            continue
        for name, visitor in visitors.items():
            said = row.of_role(name) if name in staff else getattr(row, name)
            wanted = access.expected(said, door)
            if met[name] != wanted:
                wrong.append(f"{name} at {door.path}: {met[name]}, and the table says {wanted}")
            if said != "opens" and access.outcome(access.send(visitor.at(door), door)) == "opens":
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
    visitor = Visitor(admin)
    for door in doors:
        if door.pattern.startswith("staff/") and table[door.pattern].others == "refused":
            assert access.knock(visitor.browser(), door) == "refused", door.path
