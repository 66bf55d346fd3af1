"""The directories of tariffs and add-ons: a version announced and taken back, one made, described and closed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.catalog.models import Offer, OfferVersion
from abonent.core.models import AuditEntry
from abonent.flows import load_profile
from abonent.notifications.models import Notice
from tests.stories.sign_in_people import ON, present

VERSION = "/staff/tariffs/city-300/version/"


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    """Three contracts on «City 300», 650,00 a month."""
    with present():
        yield


def page(browser: Client, address: str) -> str:
    return browser.get(address).content.decode().replace("\xa0", " ")


def sent(browser: Client, address: str, do: str, **said: Any) -> str:
    given = {
        "price": "700,00", "down": "300", "up": "300", "included_gb": "500", "when_used_up": "slow", "slow": "10",
        "channels": "", "for": "all", "from": "2026-12-01", "why": "costs", "after": "1", "do": do,
    }  # fmt: skip
    return str(browser.post(address, given | said, follow=True).content.decode()).replace("\xa0", " ")


def seal(shown: str) -> str:
    found = re.search(r'name="seal" value="([^"]+)"', shown)
    assert found is not None, shown
    return found[1]


def test_a_price_is_announced_as_it_was_looked_at_and_taken_back(staff: StaffBrowser) -> None:
    admin = staff("admin")
    assert staff("manager").get("/staff/tariffs/").status_code == 403
    with CaptureQueriesContext(
        connection,
    ) as asked:
        listed = page(admin, "/staff/tariffs/")
    assert len(asked) <= 8
    assert "650,00 ₽ a month" in listed
    near = sent(admin, VERSION, "look", **{"from": "2026-11-20"})
    assert "21 November is the nearest day" in near
    looked = sent(admin, VERSION, "look")
    assert ("Subscribers touched</dt><dd>3<" in looked, "+150,00 ₽" in looked) == (True, True)
    assert "с 1 декабря «Город 300» стоит 700,00 ₽ в месяц вместо 650,00 ₽ в месяц" in looked
    assert "from 1 December «City 300» costs 700,00 ₽ a month instead of 650,00 ₽ a month" in looked
    other = sent(admin, VERSION, "agree", seal=seal(looked), price="750,00")
    assert ("or you have changed something" in other, "+300,00 ₽" in other) == (True, True)
    assert not OfferVersion.objects.filter(number=2).exists()
    for _click in range(2):
        assert "The version is announced" in sent(admin, VERSION, "agree", seal=seal(looked))
    assert "from 1 December 700,00 ₽ a month" in page(admin, "/staff/tariffs/")
    assert "A version is announced already" in page(admin, VERSION)
    # The profile's file says nothing about it from now on.
    load_profile.load(ON)
    assert OfferVersion.objects.filter(offer__code="city-300").count() == 2
    back = "/staff/tariffs/city-300/version/2/withdraw/"
    assert "Write why" in admin.post(back, {"why": ""}, follow=True).content.decode()
    for said in ("The version is taken back.", "in force already, or was taken back"):
        assert said in admin.post(back, {"why": "a slip"}, follow=True).content.decode()
    assert "taken back" in page(admin, "/staff/tariffs/city-300/")
    actions = AuditEntry.objects.filter(subject="offer:city-300").order_by("id").values_list("action", "actor", "why")
    assert list(actions) == [
        ("catalog.announce_version", "admin", "costs"),
        ("catalog.withdraw_version", "admin", "a slip"),
    ]
    assert not Notice.objects.filter(kind="tariff_price", state="sent").exists()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"price": "much"}, "Write the price as 550,00."),
        ({"price": "650,00"}, "These are the terms in force now"),
        ({"down": ""}, "An internet tariff has both speeds"),
        ({"slow": ""}, "wants a speed"),
        ({"down": "1.5"}, "Write speeds in whole Mbit/s."),
        ({"why": " "}, "Write why"),
        ({"from": "soon"}, "Choose the day"),
        ({"from": "2026-11-09", "for": "new"}, "today or later"),
        ({"after": "7"}, "A colleague has changed it meanwhile"),
    ],
)
def test_what_will_not_do_is_said_beside_what_was_typed(
    staff: StaffBrowser, said: dict[str, str], problem: str
) -> None:
    admin = staff("admin")
    looked = sent(admin, VERSION, "look", **said)
    if problem not in looked:
        looked = sent(admin, VERSION, "agree", **said, seal=seal(looked))
    assert problem in looked
    assert not OfferVersion.objects.filter(number=2).exists()


def test_an_addon_is_made_changed_and_closed(staff: StaffBrowser) -> None:
    admin = staff("admin")
    given = {
        "code": "cloud-50", "kind": "internet", "charging": "month", "price": "90,00", "name_ru": "Облако 50 ГБ",
        "name_en": "Cloud 50 GB", "segment": ["apartment", "private"], "requires": ["internet"],
        "excludes": ["static-ip"], "why": "asked for",
    }  # fmt: skip
    assert "There is no offer" in admin.post("/staff/addons/new/", given | {"excludes": ["none"]}).content.decode()
    assert "one segment at least" in admin.post("/staff/addons/new/", given | {"segment": []}).content.decode()
    assert "It is on sale." in admin.post("/staff/addons/new/", given, follow=True).content.decode()
    assert "Another offer has this code" in admin.post("/staff/addons/new/", given).content.decode()
    load_profile.load(ON)
    made = Offer.objects.get(code="cloud-50")
    assert (made.on_sale, made.requires, made.excludes) == (True, ["internet"], ["static-ip"])
    one = "/staff/addons/cloud-50/"
    found = re.search(r'name="seen" value="([^"]+)"', page(admin, one))
    assert found is not None
    closed = admin.post(one, {"do": "close", "why": "nobody wants it", "seen": found[1]}, follow=True)
    assert "Closed to new subscribers" in closed.content.decode()
    stale = admin.post(one, {"do": "open", "why": "again", "seen": found[1]})
    assert (stale.status_code, "A colleague has changed it" in stale.content.decode()) == (422, True)
    entry = AuditEntry.objects.get(action="catalog.describe_offer")
    assert (entry.old, entry.new) == ({"on_sale": True}, {"on_sale": False})
