"""What the network gives with an add-on: an address of one's own, more traffic. Billing and the network meet."""

from abonent.billing import addons, tariff_prices
from abonent.billing.models import Change
from abonent.billing.models_changes import ChangeState
from abonent.catalog.models import Charging, Gives
from abonent.core import alarms, clock, db
from abonent.network import allowances, lines

_AT_MOST = 500  # a tick; the rest at the next
# Add-ons that work without the address they pay for, and addresses whose add-on has ended.
_WITHOUT = """
    select s.id, s.line_id
    from catalog_offer o
    join catalog_offerversion v on v.offer_id = o.id
    join billing_subscription s on s.version_id = v.id and s.role = 'addon' and s.state <> 'ended'
    where o.gives = 'static_address' and s.line_id is not null
      and (s.state <> 'waiting' or s.paid_until is not null)
      and not exists (select from network_staticaddress a where a.subscription_id = s.id)
    order by s.id limit %(most)s
"""
_LEFT = """
    select a.subscription_id as id
    from network_staticaddress a
    join billing_subscription s on s.id = a.subscription_id
    where s.state = 'ended'
    order by a.id limit %(most)s
"""


class NoAddressFree(tariff_prices.UnableToChange):
    """The pools of static addresses are empty: nothing was connected."""


def follow(change: Change) -> None:
    """In the transaction of a change of an add-on: what the network gives with it, or takes back.

    What is planned is given at its date (`settle`); there must be an address to give all the same.
    Raises NoAddressFree.
    """
    db.require_transaction()
    if change.what == addons.OFF:
        if change.state == ChangeState.DONE:
            lines.take_address_of_addon(change.subscription_id)
        return
    version = change.version
    assert version is not None
    if version.offer.gives == Gives.STATIC_ADDRESS:
        _give(change)
    if change.result is None or change.result.line_id is None:
        return
    if version.charging == Charging.ONCE and version.included_octets is not None:
        allowances.add_pack(
            change_id=change.pk,
            line_id=change.result.line_id,
            octets=version.included_octets,
            on=change.effective_on,
        )


def pack_gb(change: Change) -> int:
    """How many gigabytes were bought; 0: it is no pack of traffic."""
    version = change.version
    if change.what == addons.OFF or version is None or version.charging != Charging.ONCE:
        return 0
    return (version.included_octets or 0) // 10**9


def settle() -> None:
    """For the schedule: what began or ended by the charge run, or with its contract, gets or loses its address."""
    for row in db.rows(_LEFT, {"most": _AT_MOST}):
        with db.atomic():
            lines.take_address_of_addon(row["id"])
    for row in db.rows(_WITHOUT, {"most": _AT_MOST}):
        try:
            with db.atomic():
                lines.give_address_of_addon(row["line_id"], row["id"])
        except lines.NoAddressFree:
            alarms.raise_alarm(
                key=f"static_address:{clock.today()}",
                what=f"subscription {row['id']} pays for a static address, and no pool has a free one",
            )
            return


def _give(change: Change) -> None:
    try:
        if change.result is not None and change.result.line_id is not None:
            lines.give_address_of_addon(change.result.line_id, change.result.pk)
        elif not lines.has_free_address():
            raise lines.NoAddressFree("no pool has a free address")
    except lines.NoAddressFree as empty:
        raise NoAddressFree(str(empty)) from empty
