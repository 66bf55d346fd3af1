"""The demo's board has somebody at every stage."""

from django.test import Client

from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.identity.models import User
from abonent.onboarding import queries
from abonent.onboarding.models import Visit
from tests.world import World


def test_somebody_waits_at_every_stage_and_visits_stand_in_the_calendar(world: World) -> None:

    board = queries.board(clock.now())
    assert [(one.state, one.number) for one in board.columns] == [
        ("new", 3), ("called", 2), ("address", 2), ("visit", 3), ("connected", 1), ("signed", 1), ("paid", 0),
    ]  # fmt: skip
    assert {state: number for state, number in board.ended.items() if number} == {"refused": 1, "no_coverage": 1}
    assert Visit.objects.count() == 4
    assert AuditEntry.objects.filter(action="onboarding.agree_visit").count() == 4
    assert world.broken() == []


def test_glebs_first_top_up_takes_his_request_to_the_end(world: World) -> None:
    world.pay(world.gleb, "1000,00")
    browser = Client()
    browser.force_login(User.objects.get(username="manager"), "abonent.portal.sign_in.ContractNumberBackend")

    board = queries.board(clock.now())
    assert {one.state: one.number for one in board.columns}["signed"] == 0
    assert board.ended["online"] == 1
    assert "Орлов Глеб Андреевич" in browser.get("/staff/requests/stage/online/").content.decode()
