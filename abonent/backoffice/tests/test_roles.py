"""Roles as the administrator edits them, and the log of who did what."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core.models import AuditEntry
from abonent.identity.models import Role, User
from tests.stories.sign_in_people import present


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        yield


def seen(admin: Client, code: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', admin.get(f"/staff/roles/{code}/").content.decode())
    assert found is not None
    return found[1]


def save(admin: Client, page: str, **said: Any) -> Any:
    given = {"name_ru": "Стажёр", "name_en": "Trainee", "permission": ["subscribers.view"], "limit": "", "why": "hired"}
    return admin.post(f"/staff/roles/{page}/", {**given, "seen": seen(admin, page), **said})


def test_a_role_of_ones_own_opens_what_it_may_and_no_more(staff: StaffBrowser) -> None:
    admin, desk = staff("admin"), staff("support")
    assert save(admin, "new", code="trainee", limit="1 000,00").status_code == 302
    role = Role.objects.get(code="trainee")
    assert (role.permissions, role.most_kop) == (["subscribers.view"], 1000_00)
    user = User.objects.get(username="support")
    given = {"user": user.pk, "role": "trainee", "why": "first month"}
    assert admin.post("/staff/roles/", given).status_code == 302
    assert desk.get("/staff/search/").status_code == 200
    assert desk.get("/staff/requests/").status_code == 403
    page = admin.get("/staff/log/?action=identity.give_role").content.decode()
    assert "<del>support</del> → trainee" in page
    assert "first month" in page
    assert save(admin, "trainee", permission=["subscribers.view", "requests.handle"]).status_code == 302
    assert desk.get("/staff/requests/").status_code == 200
    changed = AuditEntry.objects.filter(action="identity.change_role").order_by("-id")[0]
    assert changed.old["permissions"] == ["subscribers.view"]
    assert changed.new["permissions"] == ["requests.handle", "subscribers.view"]
    assert staff("manager").get("/staff/roles/").status_code == 403
    assert staff("manager").get("/staff/log/").status_code == 403


@pytest.mark.parametrize(
    ("page", "said", "problem"),
    [
        ("new", {"code": "No!"}, "A code is 2 to 40"),
        ("new", {"code": "cashier"}, "there is one with this code"),
        ("cashier", {"name_en": " "}, "Write the name in both languages."),
        ("cashier", {"why": ""}, "Write why"),
        ("cashier", {"limit": "much"}, "Write the sum as"),
        ("cashier", {"permission": ["all"]}, "Choose among the permissions below."),
        ("cashier", {"seen": "forged"}, "A colleague has changed the role meanwhile"),
        ("admin", {"permission": ["subscribers.view"]}, "Nobody would be left who may manage the staff."),
    ],
)
def test_what_will_not_do_is_said_and_changes_nothing(
    staff: StaffBrowser, page: str, said: dict[str, Any], problem: str
) -> None:
    before = list(Role.objects.order_by("id").values())
    answer = save(staff("admin"), page, **said)
    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert list(Role.objects.order_by("id").values()) == before


def test_nobody_gives_what_he_may_not_do_himself_and_a_stale_form_changes_nothing(staff: StaffBrowser) -> None:
    admin = staff("admin")
    stale = seen(admin, "cashier")
    assert save(admin, "cashier", name_ru="Кассир", name_en="Cashier").status_code == 302
    assert save(admin, "cashier", seen=stale).status_code == 422
    role = Role.objects.get(code="admin")
    role.permissions = [one for one in role.permissions if one != "money.refund"]
    role.save()
    answer = save(admin, "cashier", permission=["money.refund"])
    assert "Nobody gives what he may not do himself" in answer.content.decode()
    accountant = {"user": User.objects.get(username="support").pk, "role": "accountant", "why": "x"}
    assert admin.post("/staff/roles/", accountant).status_code == 422


def test_the_log_is_read_page_by_page(staff: StaffBrowser) -> None:
    admin = staff("admin")
    for _ in range(51):
        admin.get("/staff/contracts/100001/")
    first = admin.get("/staff/log/?actor=admin").content.decode()
    assert first.count("<tr><td") == 50
    older = re.search(r'href="(\?actor=admin&amp;before=\d+)"', first)
    assert older is not None
    second = admin.get(f"/staff/log/{older[1].replace('&amp;', '&')}").content.decode()
    assert second.count("<tr><td") == 1
    assert "Nothing found" in admin.get("/staff/log/?actor=nobody").content.decode()
