"""What the network gives with an add-on: a static address that comes and goes, traffic that is bought."""

import pytest

from abonent.core import clock
from abonent.flows import network_extras
from abonent.network.models import AddressPool, StaticAddress, TrafficPack
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.test_addons import ask, confirm, tariff
from abonent.subscribers.models import Line
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing


def addresses(who: Subscriber) -> list[str]:
    found = StaticAddress.objects.filter(line__contract_id=who.contract_id)
    return [str(one.address) for one in found]


def test_a_static_address_comes_with_its_addon_and_goes_with_it(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    _, token = ask(client, "on", tariff(world, world.anna), "static-ip")
    confirm(client, "on", token)
    assert addresses(world.anna) == ["198.51.100.1"]
    assert "198.51.100.1" in client.get("/cabinet/services/").content.decode()
    world.pay(world.vera, "1000")
    other = browser(world.vera)
    _, token = ask(other, "on", tariff(world, world.vera), "static-ip")
    confirm(other, "on", token)
    assert addresses(world.vera) == ["198.51.100.2"]
    addon = next(one for one in world.subscriptions(world.anna) if one.role == "addon" and one.state != "ended")
    _, token = ask(client, "off", addon)
    confirm(client, "off", token)
    assert addresses(world.anna) == []
    assert world.broken() == []


def test_with_empty_pools_nothing_is_connected_and_nothing_charged(world: World, browser: Browser) -> None:
    AddressPool.objects.update(network="198.51.100.0/32")
    line = Line.objects.get(contract_id=world.boris.contract_id)
    StaticAddress.objects.create(line=line, address="198.51.100.0")
    client = browser(world.anna)
    before = world.balance(world.anna)
    for when in ("now", "next"):
        _, token = ask(client, "on", tariff(world, world.anna), "static-ip", when)
        assert "Свободных адресов сейчас нет" in confirm(client, "on", token)
    assert world.balance(world.anna) == before
    assert [one for one in world.subscriptions(world.anna) if one.role == "addon"] == []


def test_what_the_nights_run_begins_and_ends_gets_and_loses_its_address(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    _, token = ask(client, "on", tariff(world, world.anna), "static-ip", "next")
    confirm(client, "on", token)
    assert addresses(world.anna) == []
    world.pay(world.anna, "1000")
    world.move_to(clock.today().replace(month=12, day=1))
    network_extras.settle()
    network_extras.settle()
    assert addresses(world.anna) == ["198.51.100.2"], "the company's came first"
    assert addresses(world.romashka) == ["198.51.100.1"]
    addon = next(one for one in world.subscriptions(world.anna) if one.role == "addon")
    type(addon).objects.filter(pk=addon.pk).update(state="ended", ended_on=clock.today())
    network_extras.settle()
    assert addresses(world.anna) == []


def test_more_traffic_is_bought_once_and_may_be_bought_again(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    before = world.balance(world.anna)
    _, token = ask(client, "on", tariff(world, world.anna), "traffic-100")
    assert "полная скорость вернётся через секунду" in confirm(client, "on", token)
    confirm(client, "on", token)
    assert [one.octets for one in TrafficPack.objects.all()] == [100 * 10**9]
    assert world.balance(world.anna) == before - 100_00
    assert world.notices(world.anna, "traffic_added") == 1
    assert "600,0" in client.get("/cabinet/services/").content.decode()
    world.pay(world.anna, "500")
    _, token = ask(client, "on", tariff(world, world.anna), "traffic-100")
    confirm(client, "on", token)
    assert TrafficPack.objects.count() == 2
