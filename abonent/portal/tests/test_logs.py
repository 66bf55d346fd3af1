"""Nothing personal in logs: whatever people type and do, the lines name routes, numbers of ours and kinds of errors."""

import logging

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from abonent.core.log import JsonFormatter
from abonent.portal import connect
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.test_connect import ticket
from abonent.subscribers.models import Contact, Customer
from tests.world import World

SECRET_NAME, SECRET_PHONE, SECRET_STREET = "Пересветова Аграфена", "8 916 777-66-55", "Незабудковая"
TYPED = (SECRET_NAME, "Пересветова", "9167776655", "777-66-55", SECRET_STREET, "demo-anna", "wrong-password-of-anna")


def test_what_people_type_and_what_we_keep_of_them_is_in_no_line(
    world: World,
    browser: Browser,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    monkeypatch.setattr(connect, "HAND_SECONDS", 0)
    caplog.set_level(logging.DEBUG)
    stranger = Client(raise_request_exception=False)
    asked = {
        "ticket": ticket(stranger), "street": SECRET_STREET, "house": "5", "no_korpus": "on", "flat": "15",
        "full_name": SECRET_NAME, "phone": SECRET_PHONE, "consent": "on",
    }  # fmt: skip
    page = stranger.post("/connect/", asked)["Location"]
    stranger.get(page)
    stranger.get("/connect/", {"q": f"{SECRET_STREET} 5"})
    stranger.post("/login/", {"login": "100001", "password": "wrong-password-of-anna"})
    stranger.post("/login/", {"login": "100001", "password": world.anna.password})
    anna = browser(world.anna)
    anna.post("/cabinet/privacy/", {"do": "correction", "text": f"{SECRET_NAME}, {SECRET_PHONE}"})
    for form in ("json", "pdf"):
        anna.post(f"/cabinet/privacy/data.{form}")
    anna.get(f"/cabinet/history/?month={SECRET_NAME}")
    world.run_jobs()  # what is to be sent is sent to the console
    kept = Customer.objects.get(contracts__number="100001")
    personal = [*TYPED, kept.full_name, page.strip("/").rpartition("/")[2]]
    personal += list(Contact.objects.filter(customer=kept).values_list("value", flat=True))
    ours = [one for one in caplog.records if one.name.startswith(("abonent", "django.request", "django.server"))]
    lines = "\n".join(JsonFormatter().format(one) for one in ours)
    assert "/cabinet/privacy/" in lines  # the log was on
    assert [one for one in personal if one in lines] == []
