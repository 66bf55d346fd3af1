"""One notice to all the browsers of a person, as web pushes. Threads call it: it asks no database."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from abonent.notifications import push_devices, subjects, texts
from abonent.notifications.channels import message, webpush

MAIL = "/mail/"

log = logging.getLogger(__name__)

_lock = threading.Lock()
_gone: set[int] = set()


class NoDeviceLeft(Exception):
    """None of his browsers takes pushes any more."""


def push(notice: Mapping[str, Any], devices: Sequence[webpush.Device]) -> None:
    """To each device; one that takes it is enough.

    Raises NoDeviceLeft, message.UnableToSend or UnableToEverSend.
    """
    with texts.spoken(notice["language"]):
        offer = notice["kind"] == texts.MAILING_OFFER
        body = str(subjects.OFFERS_PUSH if offer else subjects.of_kind(notice["kind"]).push)
    key = notice["key"].removesuffix("/push")
    said = webpush.payload(title=settings.PROFILE.brand, body=body, url=MAIL, tag=webpush.topic_of(key))
    urgent = texts.KINDS[notice["kind"]].at_any_hour
    taken, refusals = 0, []
    for device in devices:
        try:
            webpush.send(device, said, key=key, urgent=urgent)
            taken += 1
        except webpush.Gone:
            with _lock:
                _gone.add(device.id)
        except message.UnableToSend as error:
            refusals.append(error)
    if taken:
        return
    if not refusals:
        raise NoDeviceLeft
    raise next((one for one in refusals if not isinstance(one, message.UnableToEverSend)), refusals[0])


def try_on(devices: Sequence[webpush.Device], *, key: str) -> int:
    """A notice about notices, at its reader's wish; give how many devices took it."""
    body = _("This is how notices look.")
    said = webpush.payload(title=settings.PROFILE.brand, body=body, url=MAIL, tag=webpush.topic_of(key))
    taken = 0
    for device in devices:
        try:
            webpush.send(device, said, key=key, urgent=True)
            taken += 1
        except webpush.Gone:
            push_devices.forget([device.id])
        except message.UnableToSend as error:
            log.info("a trial push: %s", error)
    return taken


def taken_gone() -> set[int]:
    """The devices found gone since the last call."""
    with _lock:
        found = set(_gone)
        _gone.clear()
    return found
