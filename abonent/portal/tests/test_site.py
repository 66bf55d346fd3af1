"""The public site under both profiles: what is offered, whom to call, and the ways in."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern
from pytest_django.fixtures import Settings

from abonent.core import clock, profile
from abonent.flows import load_profile
from abonent.portal.tests.reading import words
from abonent.urls import urlpatterns

ON = date(2026, 11, 14)
PUBLIC = ("/", "/services/", "/tariffs/", "/news/", "/contacts/", "/about/", "/how-to-connect/", "/offer/", "/privacy/",
          "/connect/", "/connect/?company=1", "/connect/city-100/",
          "/login/", "/password/forgot/", "/sandbox/", "/sandbox/clock/")  # fmt: skip
KINDS = ("internet", "tv", "telephony", "video", "colocation")


@pytest.fixture(params=["skynet", "spnet"])
def operator(request: pytest.FixtureRequest, db: None, settings: Settings) -> Iterator[profile.Profile]:
    """The site of that operator, with its tariffs."""
    settings.PROFILE = profile.load(request.param)
    settings.TEMPLATES = list(settings.TEMPLATES)  # set anew, the environment of the templates is made anew
    with clock.frozen(clock.at_noon(ON)):
        load_profile.load(ON)
        yield settings.PROFILE


def read(address: str, language: str = "ru") -> str:
    reader = Client()
    reader.cookies["language"] = language
    response = reader.get(address)
    assert response.status_code == 200, address
    return words(response)


def addresses() -> Iterator[str]:
    yield from PUBLIC
    yield from (f"/services/{kind}/" for kind in KINDS)


def test_every_page_stands_in_both_languages(operator: profile.Profile) -> None:
    for address in addresses():
        russian, english = read(address), read(address, "en")
        assert operator.brand in russian
        assert operator.contacts.support_phone in russian, address
        assert operator.contacts.support_phone in english, address
        assert russian != english, address


def test_no_page_names_another_host(operator: profile.Profile) -> None:
    for address in addresses():
        page = Client().get(address).content.decode()
        places = re.findall(r'(?:src|href|action|srcset|poster|data)="([^"]*)"', page)
        foreign = [one for one in places if re.match(r"(?:[a-z]+:)?//", one)]
        assert foreign == [], address


def test_the_first_page_has_the_ways_in_and_no_door_to_nowhere(operator: profile.Profile) -> None:
    page = Client().get("/").content.decode()
    assert "Личный кабинет" in page
    reader = Client()
    for address in set(re.findall(r'href="(/[^"#?]*)', page)):
        if not address.startswith("/static/"):
            assert reader.get(address).status_code in {200, 302}, address


def test_tariffs_stand_by_segment_with_their_prices(operator: profile.Profile) -> None:
    page = read("/tariffs/")
    for title in ("Интернет в многоквартирном доме", "Интернет в частном секторе", "Интернет корпоративным клиентам"):
        assert title in page
    cheapest = operator.offer("city-100")
    assert f"{cheapest.name.ru} {cheapest.price_kop // 100},00 ₽ в месяц до 100 Мбит/с" in page


def test_services_by_kind_have_their_tariffs_and_addons(operator: profile.Profile) -> None:
    assert "Дополнительные услуги" in read("/services/tv/")
    assert "112 каналов" in read("/services/tv/")
    for kind in KINDS:
        assert "₽" in read(f"/services/{kind}/")
    assert Client().get("/services/gas/").status_code == 404


def test_contacts_stand_by_department(operator: profile.Profile) -> None:
    page = read("/contacts/")
    for department in operator.departments:
        assert department.name.ru in page
        assert department.email in page
    for office in operator.offices:
        assert office.address.ru in page
        assert office.hours.ru in page


def test_news_of_tomorrow_are_not_told_yet(operator: profile.Profile) -> None:
    known = operator.news("ru")
    newest = known[0]
    with clock.frozen(clock.at_noon(newest.on - date.resolution)):
        assert newest.title not in read("/news/")
        assert Client().get(f"/news/{newest.slug}/").status_code == 404
    assert newest.title in read("/news/")
    assert newest.title in read(f"/news/{newest.slug}/")


def test_the_policy_on_personal_data_is_readable(operator: profile.Profile) -> None:
    page = Client().get("/privacy/").content.decode()
    assert page.count("<h1") == 1
    assert page.count("<h2") >= 3
    assert len(read("/privacy/")) > 1500


def test_a_forgotten_password_is_the_profiles_policy(operator: profile.Profile) -> None:
    page = read("/password/forgot/")
    assert "Забыли пароль" in page
    assert ("Приходите в офис" in page) == (operator.password_recovery == "office")


def test_a_list_of_tariffs_costs_few_queries(operator: profile.Profile) -> None:
    Client().get("/tariffs/")
    for address in ("/", "/tariffs/", "/services/internet/"):
        with CaptureQueriesContext(connection) as asked:
            Client().get(address)
        assert len(asked) <= 2, address


@pytest.mark.django_db
def test_every_address_has_a_name_or_is_a_machines() -> None:
    nameless = {str(one.pattern) for one in urlpatterns if isinstance(one, URLPattern) and one.name is None}
    assert nameless == {"healthz", "readyz", "hooks/yookassa/<str:secret>/", "sandbox/<str:key>/"}


def test_the_demo_shows_its_people_and_a_tap_fills_the_form(operator: profile.Profile) -> None:
    page = Client().get("/login/").content.decode()
    assert 'href="?as=anna"' in page
    assert 'value="demo-anna"' not in page
    filled = Client().get("/login/?as=anna").content.decode()
    assert 'value="100001"' in filled
    assert 'value="demo-anna"' in filled
    assert 'value="demo-' not in Client().get("/login/?as=nobody").content.decode()


def test_without_the_sandbox_no_people_are_shown(operator: profile.Profile, settings: Settings) -> None:
    settings.SANDBOX = False
    page = Client().get("/login/?as=anna").content.decode()
    assert "demo-anna" not in page
