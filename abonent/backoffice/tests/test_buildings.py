"""The directory of buildings: found, changed with its reason, seen on the site at once, taken in as a list."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abonent.addresses.models import Building
from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core.models import AuditEntry
from abonent.flows import load_profile
from tests.stories.sign_in_people import ON, present

IMPORT = "/staff/buildings/import/"


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        yield


def hidden(shown: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', shown)
    assert found is not None, shown
    return found[1]


def page(browser: Client, address: str) -> str:
    return browser.get(address).content.decode().replace("\xa0", " ")


def sent(browser: Client, address: str, **said: Any) -> str:
    return str(browser.post(address, said, follow=True).content.decode()).replace("\xa0", " ")


def test_a_building_is_planned_and_the_site_says_by_when(staff: StaffBrowser) -> None:
    engineer = staff("engineer")
    assert staff("cashier").get("/staff/buildings/").status_code == 403
    with CaptureQueriesContext(connection) as asked:
        assert "/staff/buildings/" in page(engineer, "/staff/buildings/")
    assert len(asked) <= 8
    one = Building.objects.filter(connected="yes", street__gt="").order_by("id")[0]
    typed = f"{one.settlement}, {one.street} {one.house}"
    assert str(one) in page(engineer, f"/staff/buildings/?q={typed}")
    address = f"/staff/buildings/{one.pk}/"
    given = {
        "segment": one.segment, "connected": "planned", "planned_on": "2027-03-01", "technology": "gpon",
        "entrances": "2", "floors": "9", "flats": "72", "why": "rebuilt",
        "seen": hidden(page(engineer, address), "seen"),
    }  # fmt: skip
    assert "from 1 to 100" in sent(engineer, address, **given | {"floors": "900"})
    assert "Kept: the site" in sent(engineer, address, **given)
    assert "A colleague has changed it meanwhile" in sent(engineer, address, **given | {"flats": "1"})
    load_profile.load(ON)  # a start of the program changes nothing of it
    visitor = Client()
    visitor.cookies["language"] = "en"
    assert "We come by 1 March 2027." in page(visitor, f"/connect/?q={one.settlement}, {one}")
    entry = AuditEntry.objects.get(action="addresses.change_building")
    assert (entry.actor, entry.why, entry.old["connected"], entry.new["connected"]) == (
        "engineer", "rebuilt", "yes", "planned",
    )  # fmt: skip
    new = given | {"settlement": "Новый посёлок", "house": "7", "street": "", "connected": "yes"}
    assert "Kept: the site" in sent(engineer, "/staff/buildings/new/", **new)
    assert "There is such a building already" in sent(engineer, "/staff/buildings/new/", **new)
    assert "is connected" in page(visitor, "/connect/?q=новый посёлок 7")


def test_a_list_is_tried_shown_and_taken_in(staff: StaffBrowser) -> None:
    admin = staff("admin")
    one = Building.objects.filter(connected="yes", korpus="", stroenie="", liter="").order_by("id")[0]

    def file(*lines: str) -> SimpleUploadedFile:
        """As a spreadsheet of Windows writes it."""
        text = "\r\n".join(["settlement;street;house;segment;connected;flats", *lines])
        return SimpleUploadedFile("houses.csv", text.encode("cp1251"))

    known = f"{one.settlement};{one.street};{one.house};{one.segment};no;"
    before = Building.objects.count()
    assert "allowed" in sent(admin, IMPORT, file=file("Мга;Лесная;1;castle;yes;"))
    tried = sent(admin, IMPORT, file=file(known, "Мга;Лесная;1;private;yes;"))
    assert ("New buildings</dt><dd>1<" in tried, "Changed</dt><dd>1<" in tried) == (True, True)
    assert "<del>yes</del> → no" in tried
    assert Building.objects.count() == before
    yes = {"kept": hidden(tried, "kept"), "seal": hidden(tried, "seal")}
    assert "Write why" in sent(admin, IMPORT, **yes, why="")
    assert "1 new, 1 changed" in sent(admin, IMPORT, **yes, why="spring")
    assert "A colleague has changed it" in sent(admin, IMPORT, **yes, why="again")
    assert (Building.objects.count(), Building.objects.get(pk=one.pk).connected) == (before + 1, "no")
    load_profile.load(ON)
    assert Building.objects.get(pk=one.pk).connected == "no"
    entry = AuditEntry.objects.get(action="addresses.import_buildings")
    assert (entry.new["new"], entry.new["changed"], entry.why) == (1, 1, "spring")
    assert "too long ago" in sent(admin, IMPORT, kept="0" * 64, seal="", why="x")
