"""Events: kept with the transaction, named so that they fit a line, forgotten after an hour."""

import pytest
from django.db import transaction

from abonent.core import db as database
from abonent.core import events
from abonent.core.models import Event


def test_an_event_is_kept_with_its_data(db: None) -> None:
    events.publish("contract:17", "payment", {"who": "Анна", "state": "succeeded"})
    event = Event.objects.get()
    assert (event.topic, event.name, event.data) == ("contract:17", "payment", {"who": "Анна", "state": "succeeded"})


def test_a_rolled_back_event_is_not_kept(db: None) -> None:
    def tell() -> None:
        with transaction.atomic():
            events.publish("contract:17", "payment", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tell()
    assert Event.objects.count() == 0


@pytest.mark.parametrize("name", ["", "two\nlines", "data: x", "Платёж"])
def test_a_name_that_would_break_the_stream_is_a_bug(db: None, name: str) -> None:
    with pytest.raises(AssertionError):
        events.publish("contract:17", name, {})


def test_what_a_page_has_already_seen_is_the_newest_of_its_topics(db: None) -> None:
    assert events.last_id(["contract:17"]) == 0
    events.publish("contract:17", "payment", {})
    mine = Event.objects.get().pk
    events.publish("contract:18", "payment", {})
    assert events.last_id(["contract:17"]) == mine
    assert events.last_id(["contract:17", "contract:18"]) > mine
    assert events.last_id([]) == 0


def test_events_are_forgotten_after_an_hour(db: None) -> None:
    for age in ("59 minutes", "61 minutes"):
        events.publish("contract:17", "payment", {"age": age})
        database.run("update core_event set created_at = now() - %s::interval where data->>'age' = %s", [age, age])
    assert events.sweep() == 1
    assert [event.data["age"] for event in Event.objects.all()] == ["59 minutes"]
