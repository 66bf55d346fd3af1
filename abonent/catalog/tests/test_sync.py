"""The catalog follows the profile: versions, prices planned and taken back, what is on sale."""

from datetime import date

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from abonent.catalog import queries, sync
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import profile_schema

ON = date(2026, 11, 10)
LATER = date(2026, 12, 1)

CITY = profile_schema.Offer.model_validate(
    {
        "code": "city-100",
        "role": "tariff",
        "kind": "internet",
        "segments": ("apartment", "private"),
        "charging": "month",
        "price": "550,00",
        "name": {"ru": "Город 100", "en": "City 100"},
        "description": {"ru": "Для двоих", "en": "For two"},
        "down_mbps": 100,
        "up_mbps": 100,
        "valid_from": date(2020, 1, 1),
    }
)
TV = profile_schema.Offer.model_validate(
    {
        "code": "tv-basic",
        "role": "tariff",
        "kind": "tv",
        "segments": ("apartment",),
        "charging": "month",
        "price": "190,00",
        "name": {"ru": "ТВ", "en": "TV"},
        "description": {"ru": "112 каналов", "en": "112 channels"},
        "channels": 112,
        "valid_from": date(2020, 1, 1),
    }
)
STATIC_IP = profile_schema.Offer.model_validate(
    {
        "code": "static-ip",
        "role": "addon",
        "kind": "internet",
        "segments": ("apartment",),
        "charging": "month",
        "price": "150,00",
        "name": {"ru": "Адрес", "en": "Address"},
        "description": {"ru": "Один", "en": "One"},
        "requires": ("internet",),
        "valid_from": date(2020, 1, 1),
    }
)


def changed(offer: profile_schema.Offer, **values: object) -> profile_schema.Offer:
    return offer.model_copy(update=values)


def versions(code: str) -> list[tuple[int, date, int]]:
    rows = OfferVersion.objects.filter(offer__code=code).order_by("number")
    return [(row.number, row.valid_from, row.price_kop) for row in rows]


def test_the_first_sync_makes_offers_with_their_first_version(db: None) -> None:
    assert sync.sync([CITY, STATIC_IP], ON) == sync.Synced(offers=2, added=2, new_versions=0, withdrawn=0)
    version = queries.version_on("city-100", ON)
    assert (version.price_kop, version.charging, version.down_mbps) == (550_00, "month", 100)
    assert (version.offer.name("ru"), version.offer.name("en")) == ("Город 100", "City 100")
    assert version.included_octets is None
    assert versions("city-100") == [(1, date(2020, 1, 1), 550_00)]
    assert Offer.objects.get(code="static-ip").requires == ["internet"]


def test_a_second_sync_changes_nothing(db: None) -> None:
    sync.sync([CITY, TV], ON)
    before = [*Offer.objects.order_by("id").values(), *OfferVersion.objects.order_by("id").values()]
    assert sync.sync([CITY, TV], LATER) == sync.Synced(offers=2, added=0, new_versions=0, withdrawn=0)
    assert [*Offer.objects.order_by("id").values(), *OfferVersion.objects.order_by("id").values()] == before


def test_a_new_price_is_a_new_version_from_that_date_and_the_old_one_stays(db: None) -> None:
    sync.sync([CITY], ON)
    assert sync.sync([changed(CITY, price_kop=600_00)], LATER).new_versions == 1
    assert versions("city-100") == [(1, date(2020, 1, 1), 550_00), (2, LATER, 600_00)]
    assert queries.version_on("city-100", date(2026, 11, 30)).price_kop == 550_00
    assert queries.version_on("city-100", LATER).price_kop == 600_00


@pytest.mark.parametrize(
    ("name", "value"),
    [("charging", "day"), ("down_mbps", 200), ("up_mbps", 50), ("included_gb", 500), ("price_kop", 550_01)],
)
def test_each_changed_term_is_a_new_version(db: None, name: str, value: object) -> None:
    sync.sync([CITY], ON)
    assert sync.sync([changed(CITY, **{name: value})], LATER).new_versions == 1
    assert sync.sync([changed(CITY, **{name: value})], LATER).new_versions == 0


def test_a_gigabyte_is_a_thousand_million_octets(db: None) -> None:
    sync.sync([changed(CITY, included_gb=500)], ON)
    assert queries.version_on("city-100", ON).included_octets == 500_000_000_000


@pytest.mark.parametrize("name", ["featured", "segments", "excludes"])
def test_what_is_about_selling_changes_without_a_version(db: None, name: str) -> None:
    sync.sync([CITY, TV], ON)
    value: object = {"featured": True, "segments": ("private",), "excludes": ("tv-basic",)}[name]
    assert sync.sync([changed(CITY, **{name: value}), TV], LATER).new_versions == 0
    stored = getattr(Offer.objects.get(code="city-100"), name)
    assert stored == (list(value) if isinstance(value, tuple) else value)


def test_two_changes_on_one_date_end_with_the_second(db: None) -> None:
    sync.sync([CITY], ON)
    sync.sync([changed(CITY, price_kop=600_00)], LATER)
    sync.sync([changed(CITY, price_kop=590_00)], LATER)
    assert queries.version_on("city-100", LATER).price_kop == 590_00
    assert versions("city-100")[1:] == [(2, LATER, 600_00), (3, LATER, 590_00)]


def test_a_price_planned_for_later_holds_from_then(db: None) -> None:
    new_year = date(2027, 1, 1)
    sync.sync([CITY], ON)
    sync.sync([changed(CITY, price_kop=600_00, valid_from=new_year)], ON)
    assert queries.version_on("city-100", date(2026, 12, 31)).price_kop == 550_00
    assert queries.version_on("city-100", new_year).price_kop == 600_00


def test_a_planned_price_taken_back_never_comes(db: None) -> None:
    sync.sync([CITY], ON)
    sync.sync([changed(CITY, price_kop=600_00, valid_from=date(2027, 1, 1))], ON)
    sync.sync([CITY], LATER)
    assert queries.version_on("city-100", LATER).price_kop == 550_00
    assert queries.version_on("city-100", date(2027, 1, 1)).price_kop == 550_00


def test_a_price_dated_in_the_past_does_not_rewrite_what_has_been(db: None) -> None:
    sync.sync([CITY], ON)
    sync.sync([changed(CITY, price_kop=600_00, valid_from=date(2026, 1, 1))], LATER)
    assert queries.version_on("city-100", date(2026, 11, 30)).price_kop == 550_00


def test_an_offer_left_out_goes_off_sale_and_keeps_its_versions(db: None) -> None:
    sync.sync([CITY, TV], ON)
    assert sync.sync([CITY], LATER).withdrawn == 1
    assert [version.offer.code for version in queries.on_sale(LATER)] == ["city-100"]
    assert queries.version_on("tv-basic", LATER).price_kop == 190_00
    sync.sync([CITY, TV], LATER)
    assert [version.offer.code for version in queries.on_sale(LATER)] == ["city-100", "tv-basic"]


def test_a_known_code_with_another_meaning_is_refused_and_nothing_is_written(db: None) -> None:
    sync.sync([CITY, TV], ON)
    with pytest.raises(sync.UnableToSync, match=r"«tv-basic» .* give it a new code"):
        sync.sync([changed(CITY, price_kop=1_00), changed(TV, kind="video")], LATER)
    assert versions("city-100") == [(1, date(2020, 1, 1), 550_00)]


def test_what_is_on_sale_comes_in_the_profiles_order_by_segment_and_kind_in_one_query(db: None) -> None:
    sync.sync([TV, CITY, STATIC_IP], ON)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        codes = [version.offer.code for version in queries.on_sale(ON)]
    assert codes == ["tv-basic", "city-100"]
    assert len(captured) == 1
    assert [one.offer.code for one in queries.on_sale(ON, segment="private")] == ["city-100"]
    assert [one.offer.code for one in queries.on_sale(ON, kind="tv")] == ["tv-basic"]
    assert [one.offer.code for one in queries.on_sale(ON, role="addon")] == ["static-ip"]


def test_before_its_first_version_an_offer_is_not_there(db: None) -> None:
    sync.sync([changed(CITY, valid_from=LATER)], ON)
    assert queries.on_sale(ON) == []
    with pytest.raises(queries.UnableToFindVersion, match="city-100"):
        queries.version_on("city-100", ON)
    assert queries.versions_on(["city-100"], LATER).keys() == {"city-100"}


def test_the_profiles_whole_catalog_is_on_sale(db: None) -> None:
    sync.sync(settings.PROFILE.catalog, ON)
    tariffs = [one.offer.code for one in queries.on_sale(ON)]
    addons = [one.offer.code for one in queries.on_sale(ON, role="addon")]
    assert sorted(tariffs + addons) == sorted(one.code for one in settings.PROFILE.catalog)
