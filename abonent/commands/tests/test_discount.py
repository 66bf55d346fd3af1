"""`abonent discount`: the staff give, list and end what comes off a price."""

import argparse

import pytest

from abonent.billing.models import Discount
from abonent.commands import discount
from abonent.core.models import AuditEntry
from tests.world import World

pytestmark = pytest.mark.committing
BY = ("--by", "manager", "--why", "a promise")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    discount.add_arguments(parser)
    return discount.run(parser.parse_args(words))


def test_a_discount_is_given_listed_and_ended(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("give", "100001", "--service", "city-300", "--percent", "12,5", "--from", "2026-12-01", *BY) == 0
    assert "12.50 % off city-300 from 2026-12-01 until it is ended" in capsys.readouterr().out
    given = Discount.objects.get()
    assert (given.percent_hundredths, given.state, given.created_by) == (1250, "planned", "manager")
    entry = AuditEntry.objects.get(action="billing.give_discount")
    assert (entry.actor, entry.why, entry.new["value"]) == ("manager", "a promise", 1250)
    assert run("list", "100001") == 0
    assert "city-300" in capsys.readouterr().out
    assert run("end", "100001", str(given.pk), "--by", "manager") == 0
    given.refresh_from_db()
    assert (given.state, given.ended_by) == ("void", "manager")
    assert world.broken() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("give", "999999", "--percent", "10", *BY), "no contract"),
        (("give", "100001", "--percent", "10", *BY), "--service"),
        (("give", "100003", "--percent", "101", *BY), "100 at most"),
        (("give", "100003", "--percent", "ten", *BY), "no number"),
        (("give", "100003", "--sum", "100,00", "--from", "2026-11-01", *BY), "is over"),
        (("give", "100003", "--sum", "100,00", "--by", "nobody", "--why", "x"), "none of the staff"),
        (("end", "100003", "1", "--by", "manager"), "no discount 1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(
    world: World, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert run(*words) == 1
    assert said in " ".join(capsys.readouterr().err.split())
    assert Discount.objects.count() == 0
    assert world.broken() == []
