"""Users of subscribers and of staff, their names and passwords."""

import re

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.db import IntegrityError, transaction

from abonent.core.models import AuditEntry
from abonent.identity import queries, users
from abonent.identity.models import Role, SignInName, User


@pytest.fixture
def anna(db: None) -> User:
    return users.create_subscriber("100001", hashed=hashers.make_password("demo-anna"), must_change=False)


def test_every_number_of_a_person_leads_to_the_same_user(anna: User) -> None:
    users.add_number(anna, "100008")
    assert queries.subscriber_by_number("100001") == queries.subscriber_by_number("100008") == anna
    assert queries.subscriber_by_number("100009") is None


def test_a_number_signs_in_one_person(anna: User) -> None:
    with pytest.raises(users.NameTaken, match="100001"):
        users.create_subscriber("100001", hashed="", must_change=False)
    boris = users.create_subscriber("100002", hashed="", must_change=False)
    with pytest.raises(users.NameTaken, match="100001"):
        users.add_number(boris, "100001")
    assert SignInName.objects.get(name="100001").user == anna


def test_a_closed_sign_in_leads_nowhere(anna: User) -> None:
    User.objects.update(is_active=False)
    assert queries.subscriber_by_number("100001") is None


def test_staff_are_found_by_name_and_not_among_subscribers(anna: User) -> None:
    support = users.create_staff(" Support ", role="support", password="demo-staff")
    assert support.username == "support"
    found = queries.staff_by_name("support")
    assert found == support
    assert found is not None
    assert found.role == Role.objects.get(code="support")
    assert queries.subscriber_by_number("support") is None
    assert queries.staff_by_name("100001") is None
    assert support.check_password("demo-staff")


@pytest.mark.parametrize("name", ["100500", "٣٤", "а", "x", "a b", "имя", "name@host", "-dash", ""])
def test_what_cannot_be_a_staff_name(db: None, name: str) -> None:
    with pytest.raises(users.NameNotAllowed):
        users.create_staff(name, role="support", password="demo-staff")


def test_a_name_of_digits_is_refused_with_what_to_do(db: None) -> None:
    with pytest.raises(users.NameNotAllowed, match="add a letter"):
        users.create_staff("100500", role="support", password="demo-staff")


def test_the_database_refuses_a_staff_name_of_digits_whoever_writes_it(db: None) -> None:
    with pytest.raises(IntegrityError, match="identity_staff_name_not_digits"), transaction.atomic():
        User.objects.create(username="100500", is_staff=True)


def test_a_staff_name_is_taken_once_and_its_role_exists(db: None) -> None:
    users.create_staff("support", role="support", password="demo-staff")
    with pytest.raises(users.NameTaken, match="support"):
        users.create_staff("SUPPORT", role="cashier", password="demo-staff")
    with pytest.raises(users.RoleNotFound, match="accountant, admin, cashier, engineer, manager, support"):
        users.create_staff("other", role="boss", password="demo-staff")


def test_an_issued_password_can_be_read_out_and_never_comes_twice() -> None:
    issued = {users.issue_password().plain for _ in range(50)}
    assert len(issued) == 50
    assert all(
        re.fullmatch(r"([bdfgklmnprstvz][aeiou]){3}(-([bdfgklmnprstvz][aeiou]){3}){2}-\d\d", one) for one in issued
    )


def test_a_new_password_issued_by_staff_works_and_is_in_the_log_without_itself(anna: User) -> None:
    plain = users.issue_new_password(anna, "support", "passport shown", address="192.0.2.7")
    anna.refresh_from_db()
    assert anna.check_password(plain)
    assert not anna.check_password("demo-anna")
    assert anna.password_must_change is settings.PROFILE.password_must_change
    entry = AuditEntry.objects.get(action="identity.issue_password")
    assert (entry.actor, entry.subject, entry.why) == ("support", f"user:{anna.pk}", "passport shown")
    assert plain not in str(entry.__dict__)


def test_a_changed_password_ends_the_sessions_begun_with_the_old_one(anna: User) -> None:
    before = anna.get_session_auth_hash()
    users.set_password(anna, hashers.make_password("another-long-one"))
    assert anna.get_session_auth_hash() != before
