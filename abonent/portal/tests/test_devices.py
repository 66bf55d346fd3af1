"""«My devices» and traffic in the account: registered by typing and by one tap, limited, taken back; nobody else's."""

import re

from django.test import Client

from abonent.network.models import Device, Sighting
from abonent.portal import traffic
from abonent.portal.tests.conftest import Browser
from abonent.ui import amounts
from tests.world import World

PAGE = "/cabinet/devices/"


def post(client: Client, **words: str) -> str:
    """What the page says after it."""
    assert client.post(PAGE, words).status_code == 303
    return client.get(PAGE).content.decode()


def test_a_device_seen_on_the_line_is_registered_by_one_tap_and_taken_off_again(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    (seen,) = Sighting.objects.filter(line__contract__number="100001")
    page = anna.get(PAGE).content.decode()
    assert "Raspberry Pi" in page
    assert "это моё: зарегистрировать" in page.lower()
    said = post(anna, do="tap", line=str(seen.line_id), device=str(seen.pk))
    assert "зарегистрировано" in said
    made = Device.objects.get(mac=seen.mac)
    assert (made.line_id, made.source) == (seen.line_id, "seen")

    assert "Отключить" in anna.get(f"{PAGE}?remove={made.pk}").content.decode()
    said = post(anna, do="remove", device=str(made.pk))
    assert not Device.objects.filter(mac=seen.mac).exists()
    assert 'value="dc:a6:32:10:00:07"' in said, "it can be taken back"


def test_a_device_is_typed_in_any_form_and_a_mistake_keeps_what_was_typed(world: World, browser: Browser) -> None:
    boris = browser(world.boris)
    assert "зарегистрировано" in post(boris, do="register", mac="A483.E7AA.0001", name="Телефон")
    assert Device.objects.get(mac="a4:83:e7:aa:00:01").name == "Телефон"
    answer = boris.post(PAGE, {"do": "register", "mac": "A4-83-ZZ", "name": "Мой"})
    assert answer.status_code == 422
    assert re.search(r'name="mac" value="A4-83-ZZ"', answer.content.decode())
    taken = boris.post(PAGE, {"do": "register", "mac": "d8:07:b6:10:00:01"})
    assert taken.status_code == 422
    assert "на другой линии" in taken.content.decode()


def test_a_made_up_address_is_explained(world: World, browser: Browser) -> None:
    boris = browser(world.boris)
    post(boris, do="register", mac="da:a1:19:00:00:01", name="")
    assert "придумывает само" in boris.get(PAGE).content.decode()


def test_nobody_reaches_anothers_devices(world: World, browser: Browser) -> None:
    boris = browser(world.boris)
    annas = Device.objects.filter(line__contract__number="100001").order_by("id")[0]
    seen = Sighting.objects.get()
    for words in (
        {"do": "remove", "device": str(annas.pk)},
        {"do": "name", "device": str(annas.pk), "name": "мой"},
        {"do": "tap", "line": str(seen.line_id), "device": str(seen.pk)},
        {"do": "register", "line": str(annas.line_id), "mac": "a4:83:e7:aa:00:02"},
        {"do": "nothing"},
    ):
        assert boris.post(PAGE, words).status_code == 404, words
    assert Device.objects.get(pk=annas.pk).name == annas.name
    assert "d8:07:b6:10:00:01" not in boris.get(PAGE).content.decode().lower()


def test_the_services_page_has_used_and_left_by_day(world: World, browser: Browser) -> None:
    page = browser(world.anna).get("/cabinet/services/").content.decode()
    assert "<progress" in page
    assert page.count('class="bar-day"') == traffic.DAYS
    assert "осталось" in page


def test_octets_are_said_in_the_tariffs_units(world: World) -> None:
    assert [amounts.octets(octets) for octets in (0, 18_340_000, 312_460_000_000, 5 * 10**12)] == [
        "0,0\xa0МБ",
        "18,3\xa0МБ",
        "312,4\xa0ГБ",
        "5,0\xa0ТБ",
    ]
