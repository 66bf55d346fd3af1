"""The demo's clock page and its doors."""

from datetime import date

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from abonent.core import clock
from abonent.demo import clock_move

TODAY = date(2026, 11, 14)


@pytest.fixture
def moved(db: None, monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Where the clock was asked to go; it stands still meanwhile."""
    asked: list[date] = []

    def move(day: date) -> list[str]:
        asked.append(day)
        return [f"lived up to {day}"]

    monkeypatch.setattr(clock_move, "move", move)
    return asked


@pytest.mark.parametrize(
    ("sent", "to"),
    [
        ({"step": "day"}, date(2026, 11, 15)),
        ({"step": "month"}, date(2026, 12, 14)),
        ({"to": "2027-02-01"}, date(2027, 2, 1)),
        ({"to": "2027-11-15"}, date(2027, 11, 15)),
    ],
)
def test_the_clock_moves_and_tells_what_it_ran(moved: list[date], sent: dict[str, str], to: date) -> None:
    visitor = Client()
    with clock.frozen(clock.at_noon(TODAY)):
        response = visitor.post("/sandbox/clock/", sent)
        assert (response.status_code, response["Location"]) == (303, "/sandbox/clock/")
        assert moved == [to]
        assert f"lived up to {to}" in visitor.get("/sandbox/clock/").content.decode()
        assert "lived up to" not in visitor.get("/sandbox/clock/").content.decode()


def test_from_the_31st_a_month_on_is_the_months_last_day(moved: list[date]) -> None:
    with clock.frozen(clock.at_noon(date(2027, 1, 31))):
        Client().post("/sandbox/clock/", {"step": "month"})
    assert moved == [date(2027, 2, 28)]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("2026-11-14", "Часы идут только вперёд"),
        ("2020-01-01", "Часы идут только вперёд"),
        ("2027-11-16", "не больше года"),
        ("tomorrow", "Выберите дату"),
        ("", "Выберите дату"),
    ],
)
def test_a_wrong_date_moves_nothing(moved: list[date], to: str, said: str) -> None:
    with clock.frozen(clock.at_noon(TODAY)):
        response = Client().post("/sandbox/clock/", {"to": to})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert moved == []


def test_the_doors_lead_to_the_process_beside_us(db: None, settings: Settings) -> None:
    settings.SANDBOX_URL = "http://localhost:8001"
    assert Client().get("/sandbox/bank/")["Location"] == "http://localhost:8001/bank/"
    assert Client().get("/sandbox/elsewhere/").status_code == 404
