"""A notice on a phone's screen: by a real push service in a process of its own, closed and opened as the RFCs say."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import transaction

from abonent.core import clock
from abonent.core import db as database
from abonent.notifications import choices, delivery, outbox, push_devices
from abonent.notifications.channels import message, push_crypto, webpush
from abonent.notifications.models import Channel, Notice, PushDevice
from abonent.notifications.tests import people
from sandbox import testing


def subscribed(running: testing.Running, key: str) -> dict[str, Any]:
    """As a browser subscribes, with the provider's public key."""
    answer = httpx.post(f"{running.base_url}/push/phones", json={"key": key}, trust_env=False)
    made: dict[str, Any] = answer.json()
    return made


def test_from_the_outbox_to_the_phone(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = people.contract("Anna", phone="+79161234567")
    with testing.start(tmp_path) as running:
        settings.SANDBOX_URL = running.base_url
        own_key = settings.VAPID_PRIVATE_KEY
        key = push_crypto.public_key(own_key)

        def device(made: dict[str, Any]) -> webpush.Device:
            kept = push_devices.add(
                anna.customer_id, endpoint=made["endpoint"], public_key=made["keys"]["p256dh"],
                auth_secret=made["keys"]["auth"], browser="b", name="", actor="100001", at=clock.now(), address=None,
            )  # fmt: skip
            return webpush.Device(kept.pk, kept.endpoint, kept.public_key, kept.auth_secret)

        def come() -> list[dict[str, Any]]:
            return running._read("/push/messages.json")

        first, second = device(subscribed(running, key)), device(subscribed(running, key))
        choices.choose(anna.customer_id, {"payments": {Channel.PUSH}}, actor="100001", at=clock.now())
        for name in ("1", "2"):
            with transaction.atomic():
                outbox.queue(
                    key=f"payment_received:{name}", contract_id=anna.pk, kind="payment_received",
                    params={"amount_kop": 50000, "balance_kop": 50000},
                )  # fmt: skip
        delivery.deliver()
        assert len(come()) == 4
        said = [json.loads(one["text"]) for one in come()]
        assert {one["tag"] for one in said} == {webpush.topic_of(f"payment_received:{name}") for name in "12"}
        assert {(one["title"], one["body"], one["url"]) for one in said} == {
            ("SkyNet", "Новость о ваших платежах. Откройте «Почту», чтобы прочитать.", "/mail/")
        }
        assert b"SkyNet" not in bytes.fromhex(come()[0]["octets"])  # on the wire it is closed
        # Killed before it was noted: the push service keeps the repeat in the place of the first.
        database.run("update notifications_notice set state = 'queued', next_try_at = now() - interval '1 second'")
        delivery.deliver()
        assert len(come()) == 4

        # Closed for another phone it says nothing; signed by another, or for another service, it is refused.
        webpush.send(first._replace(endpoint=second.endpoint), b"{}", key="other")
        assert come()[0]["text"] == ""
        settings.VAPID_PRIVATE_KEY = push_crypto.new_private_key()
        with pytest.raises(message.UnableToEverSend, match="403"):
            webpush.send(first, b"{}", key="stranger")
        settings.VAPID_PRIVATE_KEY = own_key
        monkeypatch.setattr(webpush, "_authorization", lambda *_: "vapid t=a.b.c, k=d")
        with pytest.raises(message.UnableToEverSend, match="403"):
            webpush.send(first, b"{}", key="nonsense")
        monkeypatch.undo()

        running.control("push", {"gone": first.endpoint})
        running.control("push", {"status": 503})
        with pytest.raises(message.UnableToSend, match="503"):
            webpush.send(second, b"{}", key="later")
        running.control("push", {"status": 0})
        with transaction.atomic():
            outbox.queue(
                key="payment_received:3", contract_id=anna.pk, kind="payment_received",
                params={"amount_kop": 1, "balance_kop": 1},
            )  # fmt: skip
        delivery.deliver()
        assert [one.pk for one in PushDevice.objects.all()] == [second.id]  # the other is gone, and forgotten
        assert Notice.objects.get(key="payment_received:3").state == "sent"
        assert httpx.get(f"{running.base_url}/push/", trust_env=False).text.count("<li>") >= 4
