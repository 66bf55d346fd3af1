"""From the visitor's form to the technician's report, as the staff's browsers see it."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from abonent.addresses.models import Building
from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.flows import load_profile
from abonent.identity import users
from abonent.onboarding import requests
from abonent.onboarding.models import ConnectionRequest, Visit
from abonent.onboarding.tests.test_requests import wish

ON = date(2026, 11, 14)


@pytest.fixture(autouse=True)
def operator(db: None) -> Iterator[None]:
    with clock.frozen(clock.at_noon(ON)):
        load_profile.load(ON)
        yield


def asked(number: int = 1) -> ConnectionRequest:
    said = {"submit_token": f"form-{number}", "phone": f"+7916000{number:04}", "flat": str(number)}
    return requests.open_request(wish(**said), at=clock.now())


def post(browser: Client, request: ConnectionRequest, do: str, **said: Any) -> Any:
    request.refresh_from_db()
    given = {"do": do, "version": request.version, **said}
    return browser.post(f"/staff/requests/{request.pk}/", given)


def clear(browser: Client, request: ConnectionRequest) -> Building:
    """Called, and the address found."""
    building = Building.objects.filter(segment="apartment", connected="yes", flats__gt=100).order_by("pk")[0]
    assert post(browser, request, "call", outcome="reached").status_code == 302
    answer = post(browser, request, "address", building=building.pk, flat="5", entrance="1", offer="city-300")
    assert answer.status_code == 302
    return building


def test_a_request_goes_from_the_call_to_the_technicians_report(staff: StaffBrowser) -> None:
    manager, engineer, one = staff("manager"), staff("engineer"), asked()
    clear(manager, one)
    shown = manager.get(f"/staff/visits/?request={one.pk}&on=2026-11-16").content.decode()
    assert 'value="engineer|2026-11-16T12"' in shown
    one.refresh_from_db()
    slot = {"request": one.pk, "version": one.version, "slot": "engineer|2026-11-16T12", "tasks": "Кабель до квартиры"}
    assert manager.post("/staff/visits/", slot)["Location"] == f"/staff/requests/{one.pk}/"

    mine = engineer.get("/staff/visits/mine/?on=2026-11-16").content.decode()
    assert "12:00–14:00" in mine
    assert "Кабель до квартиры" in mine
    assert f"tel:{one.phone}" in mine
    visit = Visit.objects.get()
    address = f"/staff/visits/{visit.pk}/"
    device = {"do": "equipment", "kind": "ont", "mac": "A4-2B-B0-00-00-01", "serial": "SN123"}
    assert engineer.post(address, device).status_code == 302
    assert engineer.post(address, {"do": "photo", "photo": photo()}).status_code == 302
    assert engineer.post(address, {"do": "done", "report": "Кабель проложен"}).status_code == 302

    one.refresh_from_db()
    assert one.state == "connected"
    page = manager.get(f"/staff/requests/{one.pk}/").content.decode()
    assert "a4:2b:b0:00:00:01" in page
    assert "Кабель проложен" in page
    picture = manager.get(f"/staff/photos/{visit.photos.get().pk}/")
    assert (picture["Content-Type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    done = AuditEntry.objects.filter(subject=f"request:{one.pk}").exclude(action="backoffice.look").order_by("id")
    assert [(entry.actor, entry.action.split(".")[1]) for entry in done] == [
        ("manager", "call"), ("manager", "set_address"), ("manager", "agree_visit"), ("engineer", "add_equipment"),
        ("engineer", "add_photo"), ("engineer", "finish_visit"),
    ]  # fmt: skip


def photo(content: bytes | None = None) -> SimpleUploadedFile:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, "JPEG")
    return SimpleUploadedFile("photo.jpg", made.getvalue() if content is None else content, "image/jpeg")


def test_a_request_told_by_phone_is_called_already_and_held_by_who_took_the_call(staff: StaffBrowser) -> None:
    manager = staff("manager")
    said = {"full_name": " Птицына  Ольга ", "phone": "8 916 222-33-44", "address": "Неизвестная 5, кв. 7",
            "tariff": "city-300", "note": "Звонить вечером", "next_call_on": "2026-11-16", "token": "t1"}  # fmt: skip
    unsaid = manager.post("/staff/requests/new/", said)
    assert unsaid.status_code == 422
    assert "Ask whether we may keep his name and phone" in unsaid.content.decode()
    assert "Звонить вечером" in unsaid.content.decode()
    answers = [manager.post("/staff/requests/new/", {**said, "consent": "on"}) for _ in range(2)]
    one = ConnectionRequest.objects.get()
    assert {answer["Location"] for answer in answers} == {f"/staff/requests/{one.pk}/"}
    assert (one.full_name, one.phone, one.state, one.holder.username if one.holder else "") == (
        "Птицына Ольга", "+79162223344", "called", "manager",
    )  # fmt: skip
    assert (one.next_call_on, one.consent_text.split(":")[:3]) == (date(2026, 11, 16), ["phone", "privacy", "ru"])
    steps = [(step.kind, step.actor) for step in one.steps.order_by("id")]
    assert steps == [("moved", "manager"), ("call", "manager"), ("moved", "manager")]
    done = AuditEntry.objects.filter(subject=f"request:{one.pk}").order_by("id").values_list("action", flat=True)
    assert list(done) == ["onboarding.open_by_phone", "onboarding.call"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"full_name": "12345"}, "Write the name in letters."),
        ({"phone": "12345"}, "is not a phone of Russia"),
        ({"tariff": "no-such"}, "Choose a tariff that is on sale."),
        ({"next_call_on": "2026-11-13"}, "That day is over"),
        ({"next_call_on": "soon"}, "This is not a day."),
    ],
)
def test_a_mistake_in_a_request_by_phone_keeps_nothing(staff: StaffBrowser, said: dict[str, str], problem: str) -> None:
    whole = {"full_name": "Птицына Ольга", "phone": "8 916 222-33-44", "consent": "on", "token": "t1"}
    answer = staff("support").post("/staff/requests/new/", {**whole, **said})
    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert not ConnectionRequest.objects.exists()


def test_a_stale_form_changes_nothing_and_says_why(staff: StaffBrowser) -> None:
    one = asked()
    stale = {"do": "take", "holder": "support", "version": one.version}
    staff("support")
    post(staff("manager"), one, "take", holder="manager")
    answer = staff("support").post(f"/staff/requests/{one.pk}/", stale)
    assert answer.status_code == 422
    assert b"A colleague has changed the request meanwhile" in answer.content
    one.refresh_from_db()
    assert one.holder is not None
    assert one.holder.username == "manager"


@pytest.mark.parametrize(
    ("do", "said", "problem"),
    [
        ("call", {}, "Say how the call ended."),
        ("call", {"outcome": "reached", "next_call_on": "2026-11-13"}, "That day is over"),
        ("call", {"outcome": "reached", "next_call_on": "soon"}, "This is not a day"),
        ("address", {}, "Choose the building among those found."),
        ("address", {"building": "999999999"}, "Choose the building among those found."),
        ("address", {"building": "1", "offer": "no-such"}, "Choose a tariff that is on sale."),
        ("close", {}, "Say why the request is closed."),
        ("close", {"to": "refused", "reason": " "}, "Write the reason"),
        ("close", {"to": "duplicate", "duplicate_of": "abc"}, "Write the number of the other request"),
        ("take", {"holder": "cashier"}, "Choose a colleague who handles requests."),
    ],
)
def test_a_mistake_is_said_beside_its_form_and_what_was_typed_stays(
    staff: StaffBrowser, do: str, said: dict[str, str], problem: str
) -> None:
    one = asked()
    answer = post(staff("manager"), one, do, **said)
    assert answer.status_code == 422
    assert problem in answer.content.decode()
    one.refresh_from_db()
    assert (one.state, one.version) == ("new", 0)


def test_a_flat_that_the_building_lacks_is_refused(staff: StaffBrowser) -> None:
    manager, one = staff("manager"), asked()
    building = clear(manager, one)
    answer = post(manager, one, "address", building=building.pk, flat=str((building.flats or 0) + 1))
    assert f"The building has flats from 1 to {building.flats}." in answer.content.decode()


def test_two_managers_cannot_send_a_technician_to_two_places(staff: StaffBrowser) -> None:
    manager, first, second = staff("manager"), asked(1), asked(2)
    staff("engineer")
    for one in (first, second):
        clear(manager, one)
        one.refresh_from_db()
    answers = [
        manager.post("/staff/visits/", {"request": one.pk, "version": one.version, "slot": "engineer|2026-11-16T10"})
        for one in (first, second)
    ]
    assert [answer.status_code for answer in answers] == [302, 422]
    assert b"The technician has another visit then" in answers[1].content


def test_a_visit_is_moved_and_called_off_from_the_request(staff: StaffBrowser) -> None:
    manager, one = staff("manager"), asked()
    staff("engineer")
    clear(manager, one)
    one.refresh_from_db()
    manager.post("/staff/visits/", {"request": one.pk, "version": one.version, "slot": "engineer|2026-11-16T10"})
    visit = Visit.objects.get()
    manager.post("/staff/visits/", {"visit": visit.pk, "version": 0, "slot": "engineer|2026-11-17T18"})
    visit.refresh_from_db()
    assert clock.local(visit.period.lower).isoformat() == "2026-11-17T18:00:00+03:00"
    said = {"visit": visit.pk, "visit_version": visit.version}
    assert post(manager, one, "call_off", why="", **said).status_code == 422
    assert post(manager, one, "call_off", why="Заболел", **said).status_code == 302
    one.refresh_from_db()
    assert one.state == "address"


def test_a_visit_is_its_own_technicians(staff: StaffBrowser) -> None:
    manager, one = staff("manager"), asked()
    users.create_staff("ivan", role="engineer", password="demo-staff")
    clear(manager, one)
    one.refresh_from_db()
    manager.post("/staff/visits/", {"request": one.pk, "version": one.version, "slot": "ivan|2026-11-16T10"})
    visit = Visit.objects.get()
    assert staff("engineer").get(f"/staff/visits/{visit.pk}/").status_code == 404
    assert staff("engineer").post(f"/staff/visits/{visit.pk}/", {"do": "done"}).status_code == 404
    assert manager.get(f"/staff/visits/{visit.pk}/").status_code == 403
    assert staff("engineer").get(f"/staff/requests/{one.pk}/").status_code == 403
    assert staff("engineer").get("/staff/visits/?on=2026-11-16").status_code == 200


@pytest.mark.parametrize(
    ("sent", "problem"),
    [(b"MZ not a picture", "This is not a photo"), (b"", "The photo is empty"), (None, "Choose a photo first")],
)
def test_what_is_no_photo_has_a_clear_answer(staff: StaffBrowser, sent: bytes | None, problem: str) -> None:
    manager, engineer, one = staff("manager"), staff("engineer"), asked()
    clear(manager, one)
    one.refresh_from_db()
    manager.post("/staff/visits/", {"request": one.pk, "version": one.version, "slot": "engineer|2026-11-16T10"})
    said = {"do": "photo"} if sent is None else {"do": "photo", "photo": photo(sent)}
    answer = engineer.post(f"/staff/visits/{Visit.objects.get().pk}/", said)
    assert answer.status_code == 422
    assert problem in answer.content.decode()


def test_the_board_asks_the_same_number_of_questions_however_many_wait(staff: StaffBrowser) -> None:
    manager = staff("manager")
    for number in range(1, 13):
        asked(number)
    with CaptureQueriesContext(connection) as seen:
        page = manager.get("/staff/requests/").content.decode()
    assert page.count('class="request-card"') == 8
    assert "All 12" in page
    assert len(seen) == 5  # the session, the user, the role, the counts, the cards
    with CaptureQueriesContext(connection) as seen:
        assert manager.get("/staff/requests/stage/new/").content.decode().count("<tr><td>") == 12
    assert len(seen) == 4


def test_the_board_of_ones_own_shows_what_one_holds(staff: StaffBrowser) -> None:
    manager, first, second = staff("manager"), asked(1), asked(2)
    post(manager, first, "take", holder="manager")
    page = manager.get("/staff/requests/?mine=1").content.decode()
    assert f"№ {first.pk}<" in page
    assert f"№ {second.pk}<" not in page


def test_the_visitors_page_follows_the_request(staff: StaffBrowser) -> None:
    one = asked()
    clear(staff("manager"), one)
    browser = Client()
    browser.cookies["language"] = "en"
    page = browser.get(f"/connect/request/{one.token}/").content.decode()
    assert page.count("way-done") == 3
    assert 'aria-current="step" class="way-done"' in page
