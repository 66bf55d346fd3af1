"""The browsers that take pushes: added, known, forgotten. The only module that writes PushDevice."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from abonent.core import audit, db
from abonent.notifications.channels import push_crypto, webpush
from abonent.notifications.models_reach import ENDPOINT_MOST_CHARS, PushDevice
from abonent.subscribers.models import Customer

MOST = 10  # of one person: the oldest gives way


class UnableToAdd(Exception):
    """What came is no push subscription of a browser, or its push service is none that we call."""


def add(
    customer_id: int, *, endpoint: str, public_key: str, auth_secret: str, browser: str, name: str, actor: str,
    at: datetime, address: str | None,
) -> PushDevice:  # fmt: skip
    """Known from now on; the same endpoint again is the same device, whoever had it before.

    browser: what the sign-in knows this browser by (its cookie).   Raises UnableToAdd.
    """
    if len(endpoint) > ENDPOINT_MOST_CHARS or not webpush.may_be_reached(endpoint):
        raise UnableToAdd("the address of its push service")
    try:
        push_crypto.read_keys(public_key, auth_secret)
    except push_crypto.UnableToClose as error:
        raise UnableToAdd("its keys") from error
    with db.atomic():
        db.lock(Customer, [customer_id])
        made, _is_new = PushDevice.objects.update_or_create(
            endpoint=endpoint,
            defaults={
                "customer_id": customer_id, "public_key": public_key, "auth_secret": auth_secret, "added_at": at,
                "browser_hash": hash_of(browser), "name": name[:80],
            },
        )  # fmt: skip
        kept = PushDevice.objects.filter(customer_id=customer_id).order_by("-added_at", "-id").values_list("id")[:MOST]
        PushDevice.objects.filter(customer_id=customer_id).exclude(id__in=[one for (one,) in kept]).delete()
        audit.record(
            actor=actor, action="notifications.add_push", subject=f"customer:{customer_id}", new={"name": name[:80]},
            address=address,
        )  # fmt: skip
    return made


def of_customer(customer_id: int) -> list[PushDevice]:
    return list(PushDevice.objects.filter(customer_id=customer_id).order_by("-added_at", "-id"))


def of_contracts(contract_ids: Collection[int]) -> dict[int, list[webpush.Device]]:
    """The devices of each contract's customer. One query."""
    if not contract_ids:
        return {}
    found: dict[int, list[webpush.Device]] = {}
    rows = PushDevice.objects.filter(customer__contracts__in=contract_ids).order_by("id")
    for contract_id, *one in rows.values_list("customer__contracts", "id", "endpoint", "public_key", "auth_secret"):
        found.setdefault(contract_id, []).append(webpush.Device._make(one))
    return found


def remove(customer_id: int, device_id: int) -> bool:
    """At its owner's wish."""
    return PushDevice.objects.filter(customer_id=customer_id, pk=device_id).delete()[0] == 1


def forget(device_ids: Iterable[int]) -> None:
    """Their push services know them no more."""
    PushDevice.objects.filter(pk__in=list(device_ids)).delete()


def forget_browser(browser: str, *, but_of_user: int | None = None) -> int:
    """Signed out there, or another signs in: whoever holds the phone next hears nothing of who was there before."""
    if not browser:
        return 0
    found = PushDevice.objects.filter(browser_hash=hash_of(browser))
    return found.exclude(customer__user=but_of_user).delete()[0] if but_of_user else found.delete()[0]


def hash_of(browser: str) -> bytes:
    return hashlib.sha256(b"abonent.push:" + browser.encode()).digest()
