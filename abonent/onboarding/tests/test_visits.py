"""A technician's time is booked once; what he left there is known by its label."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from abonent.core import clock
from abonent.identity import users
from abonent.identity.models import User
from abonent.onboarding import calendar, photos, requests, visits, windows
from abonent.onboarding.models import ConnectionRequest, Visit
from abonent.onboarding.tests.test_requests import contract_id, house, wish

AT = datetime(2026, 11, 14, 9, tzinfo=UTC)
MONDAY = date(2026, 11, 16)


@pytest.fixture(autouse=True)
def technicians(db: None) -> list[User]:
    return [users.create_staff(name, role="engineer", password="demo-staff") for name in ("ivan", "petr")]


def asked(flat: str = "5") -> ConnectionRequest:
    made = requests.open_request(wish(flat=flat, submit_token=f"form-{flat}"), at=AT)
    building = ConnectionRequest.objects.exclude(building=None).first()
    made.building = building.building if building else house()
    made.state = "address"
    made.save()
    return made


def window(number: int = 0, on: date = MONDAY) -> windows.Window:
    return windows.of_day(on, clock.zone())[number]


def agree(request: ConnectionRequest, name: str = "ivan", number: int = 0, on: date = MONDAY) -> Visit:
    return visits.agree(
        request.pk, technician_id=User.objects.get(username=name).pk, window=window(number, on), tasks="Кабель",
        note="", actor="manager", at=AT, version=None,
    )  # fmt: skip


def why(refused: pytest.ExceptionInfo[visits.UnableToVisit]) -> str:
    return refused.value.why.name


def test_a_window_stands_in_the_operators_time() -> None:
    first = window()
    assert (first.start.astimezone(UTC).hour, first.key) == (7, "2026-11-16T10")
    assert windows.read("2026-11-16T10", clock.zone()) == first
    for wrong in ("", "2026-11-16T11", "2026-02-30T10", "2026-11-16T10:00", "x" * 99):
        with pytest.raises(windows.UnableToReadWindow):
            windows.read(wrong, clock.zone())


def test_a_technician_comes_to_one_place_at_a_time(technicians: list[User]) -> None:
    first, second = asked(), asked("6")
    agree(first)
    with pytest.raises(visits.UnableToVisit) as refused:
        agree(second)
    assert why(refused) == "BOOKED"
    second.refresh_from_db()
    assert second.state == "address"
    agree(second, "petr")


def test_the_database_itself_refuses_two_visits_that_overlap(technicians: list[User]) -> None:
    made = agree(asked())
    late = DateTimeTZRange(window().end - timedelta(minutes=1), window().end + timedelta(hours=1))
    second = asked("6")
    with pytest.raises(IntegrityError, match="no_double_booking"), transaction.atomic():
        Visit.objects.create(
            request=second, technician=technicians[0], period=late, created_by="by hand", created_at=AT
        )
    with pytest.raises(IntegrityError, match="onboarding_one_planned_visit"), transaction.atomic():
        Visit.objects.create(
            request=made.request,
            technician=technicians[1],
            period=DateTimeTZRange(window(3).start, window(3).end),
            created_by="by hand",
            created_at=AT,
        )


def test_a_visit_called_off_frees_the_time_and_the_request_waits_again() -> None:
    first = asked()
    made = agree(first)
    visits.cancel(made.pk, why="Заболел", note="", actor="manager", at=AT, version=0)
    first.refresh_from_db()
    assert first.state == "address"
    agree(asked("6"))
    with pytest.raises(visits.UnableToVisit) as refused:
        visits.finish(made.pk, report="", note="", actor="ivan", at=AT)
    assert why(refused) == "NOT_PLANNED"


def test_a_visit_is_moved_to_a_free_time_only_and_by_who_has_seen_it() -> None:
    first, second = agree(asked()), agree(asked("6"), number=1)
    ivan = first.technician_id
    said = {"technician_id": ivan, "note": "", "actor": "manager", "at": AT}
    with pytest.raises(visits.UnableToVisit) as refused:
        visits.reschedule(second.pk, window=window(0), version=0, **said)  # type: ignore[arg-type]
    assert why(refused) == "BOOKED"
    visits.reschedule(second.pk, window=window(2), version=0, **said)  # type: ignore[arg-type]
    with pytest.raises(visits.UnableToVisit) as refused:
        visits.reschedule(second.pk, window=window(3), version=0, **said)  # type: ignore[arg-type]
    assert why(refused) == "CHANGED"
    second.refresh_from_db()
    assert second.period.lower == window(2).start


def test_nobody_comes_in_a_window_that_is_over() -> None:
    with pytest.raises(visits.UnableToVisit) as refused:
        agree(asked(), on=date(2026, 11, 13))
    assert why(refused) == "PAST"


def test_a_report_twice_is_one() -> None:
    first = asked()
    made = agree(first)
    for _ in range(2):
        visits.finish(made.pk, report="Готово", note="", actor="ivan", at=AT)
    first.refresh_from_db()
    assert (first.state, first.steps.filter(kind="visit").count()) == ("connected", 2)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("A4:2B:B0:00:00:01", "a4:2b:b0:00:00:01"),
        ("a42b.b000.0001", "a4:2b:b0:00:00:01"),
        ("A4-2B-B0-00-00-01 ", "a4:2b:b0:00:00:01"),
        ("a42bb0000001", "a4:2b:b0:00:00:01"),
        ("", ""),
        ("А4:2B:B0:00:00:01", None),  # a Cyrillic letter
        ("a4:2b:b0:00:00", None),
        ("a4:2b:b0:00:00:0g", None),
        ("ff:ff:ff:ff:ff:ff", None),
        ("01:00:5e:00:00:01", None),
        ("00:00:00:00:00:00", None),
    ],
)
def test_a_mac_is_read_as_people_write_it(typed: str, read: str | None) -> None:
    if read is None:
        with pytest.raises(visits.UnableToVisit):
            visits.read_mac(typed)
    else:
        assert visits.read_mac(typed) == read


def test_a_device_stands_in_one_place() -> None:
    first, second = agree(asked()), agree(asked("6"), number=1)
    visits.add_equipment(first.pk, kind="ont", mac="A4-2B-B0-00-00-01", serial="SN 1234", at=AT)
    for visit, said in ((first, "KNOWN_HERE"), (second, "KNOWN_ELSEWHERE")):
        with pytest.raises(visits.UnableToVisit) as refused:
            visits.add_equipment(visit.pk, kind="ont", mac="a42b.b000.0001", serial="", at=AT)
        assert why(refused) == said
    for mac, serial, said in (("", "", "EMPTY"), ("zz", "", "BAD_MAC"), ("", "?", "BAD_SERIAL")):
        with pytest.raises(visits.UnableToVisit) as refused:
            visits.add_equipment(second.pk, kind="ont", mac=mac, serial=serial, at=AT)
        assert why(refused) == said


def test_what_was_left_there_stands_on_the_line_of_the_contract() -> None:
    from abonent.subscribers import lines

    first = asked()
    made = agree(first)
    visits.add_equipment(made.pk, kind="router", mac="a42bb0000001", serial="", at=AT)
    line = lines.add(contract_id=contract_id(), segment="apartment")
    assert visits.give_line(first.pk, line.pk) == 1
    assert [one.mac for one in calendar.equipment_of_line(line.pk)] == ["a4:2b:b0:00:00:01"]
    assert [one.mac for one in calendar.equipment_of_request(first.pk)] == ["a4:2b:b0:00:00:01"]


def test_the_same_picture_twice_is_one_and_there_are_eight_at_most() -> None:
    made = agree(asked())
    for number in (0, *range(visits.MOST_PHOTOS)):
        visits.add_photo(made.pk, photos.Photo(b"jpeg %d" % number, 1, 1), actor="ivan", at=AT)
    with pytest.raises(visits.UnableToVisit) as refused:
        visits.add_photo(made.pk, photos.Photo(b"jpeg 9", 1, 1), actor="ivan", at=AT)
    assert (made.photos.count(), why(refused)) == (8, "TOO_MANY")


def test_the_calendar_counts_what_is_free(technicians: list[User]) -> None:
    agree(asked())
    ids = [one.pk for one in technicians]
    taken = calendar.between(window().start, window(4).end)
    assert [bool(slot.visits) for slot in calendar.slots(taken, ids[0], MONDAY, clock.zone())] == [True] + [False] * 4
    days = calendar.week(taken, ids, MONDAY, clock.zone(), AT)
    assert [(day.on.day, day.free) for day in days] == [
        (16, 9), (17, 10), (18, 10), (19, 10), (20, 10), (21, 10), (22, 10),
    ]  # fmt: skip
