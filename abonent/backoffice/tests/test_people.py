"""The staff, their departments and their prepared answers, as the administrator keeps them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.identity.models import Role, User
from abonent.support import answers, desks
from tests.stories.sign_in_people import present

PEOPLE = "/staff/people/"


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        yield


def page(browser: Client, address: str) -> str:
    return browser.get(address).content.decode().replace("\xa0", " ")


def sent(browser: Client, address: str, **said: Any) -> str:
    return str(browser.post(address, said, follow=True).content.decode()).replace("\xa0", " ")


def seen(browser: Client, address: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', page(browser, address))
    assert found is not None
    return found[1]


def signed_in(name: str, password: str) -> Client:
    browser = Client()
    browser.cookies["language"] = "en"
    browser.post("/staff/login/", {"login": name, "password": password})
    return browser


def test_one_is_invited_chooses_a_password_is_helped_and_blocked(staff: StaffBrowser) -> None:
    admin = staff("admin")
    assert staff("manager").get(PEOPLE).status_code == 403
    assert "Somebody has this name" in sent(admin, PEOPLE, do="invite", name="support", role="cashier", why="x")
    assert "not all digits" in sent(admin, PEOPLE, do="invite", name="123", role="cashier", why="x")
    shown = sent(admin, PEOPLE, do="invite", name="irina", role="cashier", why="hired")
    found = re.search(r"<code>([a-z0-9-]+)</code>", shown)
    assert found is not None
    irina = signed_in("irina", found[1])
    assert irina.get("/staff/").headers["Location"] == "/staff/password/"
    assert "is not the password you have now" in sent(irina, "/staff/password/", old="no", new="tundra-kettle-71")
    assert "Your password" in sent(irina, "/staff/password/", old=found[1], new="1234")  # too plain: it stays here
    irina.post("/staff/password/", {"old": found[1], "new": "tundra-kettle-71"})
    assert irina.get("/staff/cash/").status_code == 200
    user = User.objects.get(username="irina")
    Authenticator.objects.create(user=user, type="totp", data={})
    assert "His second factor is reset" in sent(admin, PEOPLE, do="second_factor", user=user.pk, why="lost phone")
    assert not Authenticator.objects.filter(user=user).exists()
    assert irina.get("/staff/cash/").status_code == 302
    irina = signed_in("irina", "tundra-kettle-71")
    assert irina.get("/staff/cash/").status_code == 200
    assert "Blocked" in sent(admin, PEOPLE, do="block", user=user.pk, why="left")
    assert irina.get("/staff/cash/").status_code == 302
    assert signed_in("irina", "tundra-kettle-71").get("/staff/cash/").status_code == 302
    assert "He may sign in again" in sent(admin, PEOPLE, do="let_in", user=user.pk, why="back")
    found = re.search(r"<code>([a-z0-9-]+)</code>", sent(admin, PEOPLE, do="password", user=user.pk, why="forgot"))
    assert found is not None
    assert signed_in("irina", found[1]).get("/staff/").headers["Location"] == "/staff/password/"
    told = AuditEntry.objects.filter(subject=f"user:{user.pk}").exclude(action="identity.sign_in").order_by("id")
    assert list(told.values_list("action", "actor", "why")) == [
        ("identity.create_staff", "admin", "hired"),
        ("identity.change_password", "irina", ""),
        ("identity.reset_second_factor", "admin", "lost phone"),
        ("identity.block_staff", "admin", "left"),
        ("identity.let_in_staff", "admin", "back"),
        ("identity.issue_staff_password", "admin", "forgot"),
    ]


def test_nobody_rises_through_a_colleague(staff: StaffBrowser) -> None:
    admin = staff("admin")
    me = User.objects.get(username="admin")
    Role.objects.create(code="keeper", name_ru="К", name_en="K", permissions=["staff.manage"])
    Role.objects.create(
        code="chief", name_ru="Ш", name_en="C", permissions=sorted(me.role.permissions if me.role else [])
    )
    keeper = staff("keeper")
    higher = "Nobody gives what he may not do himself"
    for do in ("password", "second_factor", "block"):
        assert higher in sent(keeper, PEOPLE, do=do, user=me.pk, why="x")
    assert higher in sent(keeper, PEOPLE, do="invite", name="mine", role="admin", why="x")
    assert "Nobody does this to himself" in sent(admin, PEOPLE, do="block", user=me.pk, why="x")
    assert "Choose one of the staff" in sent(admin, PEOPLE, do="block", user=10**12, why="x")
    # The last who may keep the staff cannot be blocked, nor lowered by the others' leave.
    assert "Blocked" in sent(admin, PEOPLE, do="block", user=User.objects.get(username="keeper").pk, why="x")
    chief = staff("chief")
    assert "Blocked" in sent(chief, PEOPLE, do="block", user=me.pk, why="x")
    assert "Nobody does this to himself" in sent(
        chief, PEOPLE, do="block", user=User.objects.get(username="chief").pk, why="x"
    )
    assert AuditEntry.objects.filter(action="identity.block_staff").count() == 2


def test_a_department_answers_other_topics_at_other_hours(staff: StaffBrowser) -> None:
    admin = staff("admin")
    one = "/staff/departments/business/"
    given = {
        "topic": ["technical"], "chat_minutes": "20", "letter_hours": "8", "phone": "8 (812) 000-00-00",
        "hours_ru": "сб 10:00–12:00", "hours_en": "Sat 10:00–12:00", "from_sat": "10:00", "to_sat": "12:00",
        "why": "a shift on Saturday", "seen": seen(admin, one),
    }  # fmt: skip
    assert "opens before it closes" in sent(admin, one, **given | {"to_sat": "09:00"})
    assert "11 digits" in sent(admin, one, **given | {"phone": "12"})
    assert "1 to 1440 minutes" in sent(admin, one, **given | {"chat_minutes": "0"})
    assert "Kept" in sent(admin, one, **given)
    assert "A colleague has changed it" in sent(admin, one, **given | {"letter_hours": "9"})
    kept = desks.department("business")
    assert (kept.topics, kept.chat_minutes, [each.days for each in kept.open]) == (("technical",), 20, [("sat",)])
    assert desks.promised(kept, clock.at_noon(clock.today()), chat=True).live is False  # a Tuesday
    assert "Sat 10:00–12:00" in page(admin, "/contacts/")
    private = "/staff/departments/private/"
    left = given | {"topic": ["general"], "seen": seen(admin, private)}
    assert "Nobody else answers «Connection topic»" in sent(admin, private, **left)
    entry = AuditEntry.objects.get(action="support.change_department")
    assert (entry.old["chat_minutes"], entry.new["chat_minutes"]) == (15, 20)


def test_an_answer_is_looked_at_kept_for_its_department_and_removed(staff: StaffBrowser) -> None:
    admin = staff("admin")
    new = "/staff/answers/new/"
    given = {
        "key": "saturday", "department": "business", "topic": "technical", "title_ru": "Суббота",
        "title_en": "Saturday",
        "text_ru": "{name}, ответим в субботу.", "text_en": "{name}, we answer on Saturday.", "why": "a shift",
    }  # fmt: skip
    assert "There is no {wallet} here." in sent(admin, new, **given | {"text_en": "{wallet}"}, do="look")
    looked = sent(admin, new, **given, do="look")
    assert ("Анна, ответим в субботу." in looked, "Anna, we answer on Saturday." in looked) == (True, True)
    kept = given | {"do": "keep", "seen": seen(admin, new)}
    assert "Kept: the desk has it." in sent(admin, new, **kept)
    assert "is no other answer" in sent(admin, new, **kept)
    facts = {"name": "Boris"}
    [ready] = [one for one in answers.ready("technical", "en", facts, "business") if one.title == "Saturday"]
    assert ready.text == "Boris, we answer on Saturday."
    assert "Saturday" not in [one.title for one in answers.ready("technical", "en", facts, "private")]
    one = "/staff/answers/saturday/"
    changed = given | {"text_en": "On Saturday.", "do": "keep", "seen": seen(admin, one)}
    assert "Kept" in sent(admin, one, **changed)
    assert "A colleague has changed it" in sent(admin, one, **changed)
    assert "Removed." in sent(admin, one, **given, do="remove")
    actions = AuditEntry.objects.filter(subject="answer:saturday").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["support.change_answer", "support.change_answer", "support.remove_answer"]
