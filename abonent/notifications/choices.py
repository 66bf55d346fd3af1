"""What a person wants to hear of and how, and when not. The only module that writes NoticeChoice and OwnHours."""

from collections.abc import Mapping
from datetime import datetime, time

from abonent.core import audit, db
from abonent.notifications import subjects
from abonent.notifications.models import Channel
from abonent.notifications.models_reach import NoticeChoice, OwnHours
from abonent.notifications.ways import CHOSEN
from abonent.subscribers.models import Customer

Wishes = Mapping[str, set[Channel]]  # by the subject's name


class UnableToSwitchOff(Exception):
    """The law or the contract needs it: one channel must stay. Its argument is the subject's name."""


def of_customer(customer_id: int) -> dict[str, set[Channel]]:
    """What he has chosen; a subject he has not touched is absent."""
    found: dict[str, set[Channel]] = {}
    for name, channel, is_wanted in NoticeChoice.objects.filter(customer_id=customer_id).values_list(
        "subject", "channel", "is_wanted"
    ):
        found.setdefault(name, set())
        if is_wanted:
            found[name].add(Channel(channel))
    return found


def choose(customer_id: int, wishes: Wishes, *, actor: str, at: datetime, address: str | None = None) -> None:
    """Keep what he wants; a subject not named stays as it was.   Raises UnableToSwitchOff; nothing is written."""
    for name, channels in wishes.items():
        if subjects.BY_NAME[name].why_required and not channels & {Channel.SMS, Channel.EMAIL}:
            raise UnableToSwitchOff(name)
    with db.atomic():
        db.lock(Customer, [customer_id])
        old = of_customer(customer_id)
        new = {name: {one for one in channels if one in CHOSEN} for name, channels in wishes.items()}
        for name, channels in new.items():
            for channel in CHOSEN:
                NoticeChoice.objects.update_or_create(
                    customer_id=customer_id, subject=name, channel=channel,
                    defaults={"is_wanted": channel in channels},
                )  # fmt: skip
        audit.record(
            actor=actor, action="notifications.choose", subject=f"customer:{customer_id}", old=_shown(old),
            new=_shown(new), address=address,
        )  # fmt: skip


def as_usual(customer_id: int, *, actor: str, address: str | None = None) -> None:
    """Forget all that he has chosen, his hours too."""
    with db.atomic():
        db.lock(Customer, [customer_id])
        old = of_customer(customer_id)
        NoticeChoice.objects.filter(customer_id=customer_id).delete()
        OwnHours.objects.filter(customer_id=customer_id).delete()
        audit.record(
            actor=actor, action="notifications.choose", subject=f"customer:{customer_id}", old=_shown(old), new={},
            address=address,
        )  # fmt: skip


def hours_of(customer_id: int) -> tuple[time, time] | None:
    """His own quiet hours; None: the operator's."""
    found = OwnHours.objects.filter(customer_id=customer_id).first()
    return None if found is None else (found.quiet_from, found.quiet_to)


def set_hours(customer_id: int, hours: tuple[time, time] | None, *, actor: str, address: str | None = None) -> None:
    """hours: (from, to); the same twice: at any hour. None: the operator's again."""
    with db.atomic():
        db.lock(Customer, [customer_id])
        old = hours_of(customer_id)
        if hours is None:
            OwnHours.objects.filter(customer_id=customer_id).delete()
        else:
            OwnHours.objects.update_or_create(
                customer_id=customer_id, defaults={"quiet_from": hours[0], "quiet_to": hours[1]}
            )
        audit.record(
            actor=actor, action="notifications.set_hours", subject=f"customer:{customer_id}",
            old={"hours": [one.isoformat("minutes") for one in old or ()]},
            new={"hours": [one.isoformat("minutes") for one in hours or ()]}, address=address,
        )  # fmt: skip


def _shown(wishes: Wishes) -> dict[str, object]:
    return {name: sorted(one.value for one in channels) for name, channels in sorted(wishes.items())}
