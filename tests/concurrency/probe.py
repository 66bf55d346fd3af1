"""Jobs whose traces a test reads in the events table; a real worker runs them."""

import threading

from abonent.core import events, jobs

TOPIC = "probe"


@jobs.job(queue="probe", lock="note:{text}", queueing_lock="note:{text}", retry=3)
def note(text: str) -> None:
    events.publish(TOPIC, text, {})


@jobs.job(queue="probe", lock="hang:{text}", queueing_lock="hang:{text}", retry=3)
def hang(text: str) -> None:
    """The first run never ends; a later one does."""
    events.publish(TOPIC, f"{text} begins", {})
    if len(seen(f"{text} begins")) == 1:
        threading.Event().wait()
    events.publish(TOPIC, f"{text} ends", {})


@jobs.job(queue="probe", retry=3)
def doze(text: str, seconds: int) -> None:
    events.publish(TOPIC, f"{text} begins", {})
    threading.Event().wait(seconds)
    events.publish(TOPIC, f"{text} ends", {})


@jobs.job(queue="probe", queueing_lock="stumble", retry=3)
def stumble() -> None:
    """Fails while another of its kind waits: its repeat has no place to stand."""
    stumble_again.defer_in(2)
    raise ValueError


@jobs.job(queue="probe", queueing_lock="stumble", retry=3)
def stumble_again() -> None:
    events.publish(TOPIC, "stood up", {})


def beat() -> None:
    events.publish(TOPIC, "beat", {})


def seen(name: str) -> list[int]:
    from abonent.core.models import Event

    return list(Event.objects.filter(topic=TOPIC, name=name).order_by("id").values_list("id", flat=True))
