"""The public site under both profiles: what is offered, whom to call, and the ways in."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern
from pytest_django.fixtures import Settings

from abonent.core import clock, money, profile
from abonent.flows import load_profile
from abonent.portal import discovery
from abonent.portal.tests.reading import words
from abonent.urls import urlpatterns

ON = date(2026, 11, 14)
PUBLIC = ("/", "/services/", "/tariffs/", "/news/", "/contacts/", "/about/", "/how-to-connect/", "/offer/", "/privacy/",
          "/connect/", "/connect/?company=1", "/connect/city-100/",
          "/login/", "/password/forgot/", "/sandbox/", "/sandbox/clock/")  # fmt: skip
MOSCOW = ZoneInfo("Europe/Moscow")
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
OURS = "http://localhost:8000/"  # settings.PUBLIC_URL
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
        foreign = [one for one in places if re.match(r"(?:[a-z]+:)?//", one) and not one.startswith(OURS)]
        assert foreign == [], address


def test_the_first_page_has_the_ways_in_and_no_door_to_nowhere(operator: profile.Profile) -> None:
    page = Client().get("/").content.decode()
    assert "Личный кабинет" in page
    reader = Client()
    for address in set(re.findall(r'href="(/[^"#?]*)', page)):
        if not address.startswith("/static/"):
            assert reader.get(address).status_code in {200, 302}, address


def test_each_page_says_what_it_is_to_those_who_look_for_it(operator: profile.Profile) -> None:
    said: dict[str, str] = {}
    for address in ("/", "/services/", "/services/tv/", "/tariffs/", "/news/", "/contacts/", "/about/", "/offer/",
                    "/privacy/", "/how-to-connect/", f"/news/{operator.news('ru')[0].slug}/"):  # fmt: skip
        page = Client().get(address).content.decode()
        found = re.search(r'<meta name="description" content="([^"]+)">', page)
        assert found is not None, address
        assert 40 <= len(found[1]) <= 300, (address, found[1])
        assert found[1] not in said, address
        said[found[1]] = address
        assert f'<link rel="canonical" href="{OURS.rstrip("/")}{address}">' in page
        assert page.count('property="og:') == 6, address
        for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page):
            assert json.loads(text)["@context"] == "https://schema.org"


def test_tariffs_are_told_to_machines_with_their_prices(operator: profile.Profile) -> None:
    page = Client().get("/services/internet/").content.decode()
    found = [json.loads(text) for text in re.findall(r'ld\+json">(.*?)</script>', page)]
    offers = {one["url"]: one for one in found[0]["offers"]}
    cheapest = operator.offer("city-100")
    assert offers[f"{OURS}connect/city-100/"]["price"] == f"{cheapest.price_kop // 100}.00"
    assert [one["name"] for one in found[1]["itemListElement"]] == ["Услуги", "Интернет"]
    home = json.loads(re.findall(r'ld\+json">(.*?)</script>', Client().get("/").content.decode())[0])
    assert home["legalName"] == operator.legal_name.ru
    assert home["location"][0]["openingHoursSpecification"][0]["opens"] == "09:00"


def test_a_title_cannot_end_the_data_it_stands_in() -> None:
    request = RequestFactory().get("/news/")
    made = discovery.about(request, "text", discovery.article("</script><b>&", "/news/x/", "2026-11-03"))
    assert made.facts.count("<") == 2  # the element's own beginning and end
    assert json.loads(made.facts.split(">", 1)[1].rsplit("<", 1)[0])["headline"] == "</script><b>&"


def test_the_list_of_pages_has_each_once_and_every_one_opens(operator: profile.Profile) -> None:
    answer = Client().get("/sitemap.xml")
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    places = [one.text or "" for one in ElementTree.fromstring(answer.content).iter(f"{{{SITEMAP}}}loc")]
    assert len(places) == len(set(places)) >= 10 + 5 + len(operator.news("ru", ON))
    for place in places:
        assert Client().get(place.removeprefix(OURS.rstrip("/"))).status_code == 200, place


def test_robots_are_kept_out_of_what_is_a_persons(operator: profile.Profile) -> None:
    lines = Client().get("/robots.txt").content.decode().splitlines()
    assert {"Disallow: /cabinet/", "Disallow: /connect/request/", f"Sitemap: {OURS}sitemap.xml"} <= set(lines)


def test_the_table_of_tariffs_is_honest(operator: profile.Profile) -> None:
    page = read("/services/internet/")
    daily, monthly = operator.offer("city-day-100"), operator.offer("city-100")
    for one, charged in ((daily, "по дням"), (monthly, "помесячно")):
        a_day = money.show(money.part(one.price_kop, 1, 30)).replace("\xa0", " ")
        a_month = money.show(one.price_kop).replace("\xa0", " ")
        first = money.show(operator.first_top_up_kop).replace("\xa0", " ")
        row = f"{one.name.ru} {a_month} {a_day} {charged} 100 Мбит/с / 100 Мбит/с без ограничений бесплатно {first}"
        assert row in page.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 13, 15, tzinfo=MOSCOW), "Открыто сейчас, до {closes}"),  # Friday
        (datetime(2026, 11, 13, 8, tzinfo=MOSCOW), "Сейчас закрыто, откроется сегодня в 09:00"),
        (datetime(2026, 11, 13, 21, tzinfo=MOSCOW), "Сейчас закрыто, откроется завтра в 10:00"),
        (datetime(2026, 11, 15, 12, tzinfo=MOSCOW), "Сейчас закрыто, откроется завтра в 09:00"),  # Sunday
        (datetime(2026, 12, 31, 12, tzinfo=MOSCOW), "Сейчас закрыто, откроется 4 января 2027 в 09:00"),  # a holiday
    ],
)
def test_an_office_says_whether_it_is_open_now(operator: profile.Profile, at: datetime, said: str) -> None:
    with clock.frozen(at):
        page = read("/contacts/").replace("\xa0", " ")
    assert said.format(closes=f"{operator.offices[0].open[0].end:%H:%M}") in page


def test_the_way_to_the_office_is_a_picture_of_ours(operator: profile.Profile) -> None:
    page = Client().get("/contacts/").content.decode()
    assert page.count('class="scheme"') == len(operator.offices)
    assert operator.offices[0].map is not None
    assert operator.offices[0].map.way.ru in page


def test_a_company_finds_the_form_of_its_project(operator: profile.Profile) -> None:
    assert 'href="/connect/?company=1"' in Client().get("/services/").content.decode()


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
        assert len(asked) <= (3 if address == "/" else 2), address  # there the departments stand too


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
