"""A card's number in free text is masked; what only looks like one is left as it was typed."""

import json
import logging

import pytest

from abonent.core import alarms, audit, log, masking
from abonent.core.models import Alarm


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("4242424242424242", "•••• 4242"),
        ("моя карта 4242 4242 4242 4242, спишите", "моя карта •••• 4242, спишите"),
        ("2202-4743-0132-2987", "•••• 2987"),
        ("4242\u00a04242\u00a04242\u00a04242", "•••• 4242"),
        ("карта4242424242424242!", "карта•••• 4242!"),
        ("- 4242424242424242", "- •••• 4242"),
        ("3782 822463 10005", "•••• 0005"),  # 15 digits
        ("4222222222222", "•••• 2222"),  # 13
        ("6304 1234 5678 9012 347", "•••• 2347"),  # 19
        ("8 916 123-45-67 4242 4242 4242 4242 12/29", "8 916 123-45-67 •••• 4242 12/29"),
        ("5555555555554444 и 4242424242424242", "•••• 4444 и •••• 4242"),
        ("5555555555554444 4242424242424242", "•••• 4444 •••• 4242"),
        ('{"sum": "4242 4242 4242 4242"}', '{"sum": "•••• 4242"}'),
    ],
)
def test_a_cards_number_is_masked(typed: str, kept: str) -> None:
    assert masking.text(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "4242 4242 4242 4243",  # a slip: no card has it
        "424242424242",  # 12 digits
        "40702810055000001742",  # an account at a bank, 20 digits
        "+7 916 000-00-01",
        "22e12f66-000f-5000-8000-18db351245c7",
        "payment 00000000-0000-5000-8000-00000010000a",
        "a4242424242424242",
        "2026-11-22 10:15:30",
        "contract 100001, 1 250,00",
    ],
)
def test_what_is_no_card_stays(typed: str) -> None:
    assert masking.text(typed) == typed


def test_every_text_of_a_value_is_looked_at() -> None:
    assert masking.values({"a": ["4242424242424242", 7], "b": 4242424242424242, "c": 1_000_000_000_000, "d": None}) == {
        "a": ["•••• 4242", 7],
        "b": "•••• 4242",
        "c": 1_000_000_000_000,
        "d": None,
    }


def test_the_log_of_actions_and_the_alarms_hold_no_card(db: None) -> None:
    entry = audit.record(
        actor="support",
        action="payments.refund",
        subject="payment:1",
        new={"note": "card 4242 4242 4242 4242"},
        why="asked to 4242424242424242",
    )
    entry.refresh_from_db()
    assert (entry.new, entry.why) == ({"note": "card •••• 4242"}, "asked to •••• 4242")
    alarms.raise_alarm(key="a:1", what="purpose: 4242424242424242")
    assert Alarm.objects.get().what == "purpose: •••• 4242"


def test_the_log_holds_no_card() -> None:
    record = logging.LogRecord("any", logging.INFO, "", 1, "said %s", ("4242 4242 4242 4242",), None)
    record.fields = {"more": "4242-4242-4242-4242"}
    line = json.loads(log.JsonFormatter().format(record))
    assert (line["said"], line["more"]) == ("said •••• 4242", "•••• 4242")
