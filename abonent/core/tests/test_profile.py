"""The two built-in profiles are whole: policies, offers, addresses, texts."""

import re
import subprocess
import sys
import tomllib
from datetime import date

import pytest

from abonent.core import profile, profile_places, profile_schema

NAMES = ("skynet", "spnet")
SEGMENTS = ("apartment", "private", "business")
DEMO_CODES = [
    "city-100",
    "city-300",
    "city-500",
    "city-1000",
    "city-day-100",
    "private-100",
    "private-day-50",
    "business-100",
    "business-300",
    "business-day-100",
    "tv-basic",
    "tv-max",
    "phone-home",
    "phone-business",
    "video-1cam",
    "colo-1u",
    "static-ip",
    "tv-sport",
    "tv-kino",
    "router-rent",
    "antivirus-day",
]
DOMAIN_KEYS = [
    "time_zone",
    "billing_cycle",
    "proration_days",
    "priority",
    "first_top_up",
    "tariff_change.mode",
    "tariff_change.max_per_month",
    "tariff_change.fee",
    "deferral.max_kop",
    "deferral.days",
    "deferral.every_days",
    "deferral.fee",
    "deferral.automatic",
    "pause.min_days",
    "pause.max_days",
    "pause.fee",
    "addon_return",
    "password_recovery",
    "password_must_change",
    "staff_two_factor",
    "device_limit",
    "price_notice_days",
    "refund_days",
    "second_yes_above",
    "overdue_days",
    "run_tolerance",
    "max_late_days",
    "retention.contract_years",
    "retention.accounting_years",
    "vat_rate",
    "receipts",
    "quiet_hours",
    "contract_number_scheme",
    "contacts",
    "departments",
    "offices",
]


@pytest.fixture(params=NAMES)
def built_in(request: pytest.FixtureRequest) -> profile.Profile:
    return profile.load(request.param)


# --- the two that are built in ---


def test_the_two_operators_differ_in_policy() -> None:
    skynet, spnet = profile.load("skynet"), profile.load("spnet")
    assert (skynet.brand, spnet.brand) == ("SkyNet", "СПНЕТ")
    assert (skynet.first_top_up_kop, spnet.first_top_up_kop) == (500_00, 1000_00)
    assert (skynet.password_recovery, spnet.password_recovery) == ("sms", "office")
    assert (skynet.tariff_change.mode, spnet.tariff_change.mode) == ("instant", "on_approval")


def test_both_charge_by_the_calendar_and_the_days_of_the_period(built_in: profile.Profile) -> None:
    assert (built_in.billing_cycle, built_in.proration_days) == ("calendar", "period")


def test_what_the_law_and_the_demo_fix_is_the_same_in_both(built_in: profile.Profile) -> None:
    assert (built_in.retention.contract_years, built_in.retention.accounting_years) == (3, 5)
    assert built_in.staff_two_factor == "offered"
    assert built_in.contract_number_scheme.number(100001) == "100001"
    assert (built_in.card.min_kop, built_in.card.max_kop) == (1_00, 350_000_00)
    assert built_in.card.confirmation_hosts == ("https://yoomoney.ru", "https://*.yookassa.ru")
    assert built_in.languages == ("ru", "en")


def test_spnet_answers_at_the_phone_mails_and_office_of_its_seed() -> None:
    spnet = profile.load("spnet")
    assert spnet.contacts.support_phone == "8-496-552-22-22"
    assert spnet.contacts.support_tel == "+74965522222"
    assert [(one.key, one.tel, one.email) for one in spnet.departments] == [
        ("private", "+74965522222", "support@spnet.ru"),
        ("business", None, "clients@spnet.ru"),
        ("general", None, "csit@spnet.ru"),
    ]
    assert "ул. Академика Силина, дом 1/22, 2 этаж" in spnet.offices[0].address.get("ru")


def test_a_name_is_read_once() -> None:
    assert profile.load("spnet") is profile.load("spnet")


def test_a_profile_is_frozen(built_in: profile.Profile) -> None:
    with pytest.raises(ValueError, match="frozen"):
        built_in.billing_cycle = "anniversary"


def test_the_settings_may_read_it_before_django() -> None:
    program = "import sys; from abonent.core import profile\nprofile.load('spnet'); assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize("dotted", DOMAIN_KEYS)
def test_every_key_of_the_domain_stands_in_the_file(built_in: profile.Profile, dotted: str) -> None:
    found = tomllib.loads(built_in.folder.joinpath("profile.toml").read_text())
    for key in dotted.split("."):
        assert key in found
        found = found[key]


def test_no_policy_has_a_default_that_nobody_chose() -> None:
    optional = [name for name, field in profile_schema.ProfileFile.model_fields.items() if not field.is_required()]
    # No policies: who serves no legal entities has nothing to print them on; who has no agents names none.
    assert optional == ["requisites", "osmp", "sber"]


# --- what is offered ---


@pytest.mark.parametrize("code", DEMO_CODES)
def test_the_demo_finds_its_offers(built_in: profile.Profile, code: str) -> None:
    assert built_in.offer(code).code == code


def test_the_demo_finds_its_prices(built_in: profile.Profile) -> None:
    city = built_in.offer("city-300")
    assert (city.price_kop, city.charging, city.down_mbps, city.included_gb) == (650_00, "month", 300, 500)
    tv = built_in.offer("tv-basic")
    assert (tv.price_kop, tv.charging, tv.channels) == (190_00, "month", 112)
    dacha = built_in.offer("private-day-50")
    assert (dacha.price_kop, dacha.charging, dacha.segments) == (620_00, "day", ("private",))
    assert built_in.offer("static-ip").requires == ("internet",)
    assert built_in.offer("antivirus-day").charging == "day"


def test_only_one_tariff_counts_traffic(built_in: profile.Profile) -> None:
    assert [one.code for one in built_in.catalog if one.included_gb is not None] == ["city-300", "traffic-100"]


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("charging", ["month", "day"])
def test_every_segment_has_a_tariff_of_both_kinds(
    built_in: profile.Profile, segment: profile_schema.Segment, charging: str
) -> None:
    internet = [one for one in built_in.catalog if (one.role, one.kind) == ("tariff", "internet")]
    assert [one for one in internet if segment in one.segments and one.charging == charging]


def test_every_service_kind_has_a_tariff(built_in: profile.Profile) -> None:
    assert {one.kind for one in built_in.catalog if one.role == "tariff"} == {*profile_schema.SERVICE_KINDS}


def test_names_of_tariffs_are_the_operators_own() -> None:
    assert profile.load("skynet").offer("city-300").name.get("ru") == "Город 300"
    assert profile.load("spnet").offer("city-300").name.get("ru") == "Посад 300"


def test_no_two_offers_are_called_alike(built_in: profile.Profile) -> None:
    for language in built_in.languages:
        names = [one.name.get(language) for one in built_in.catalog]
        assert len(names) == len(set(names))


# --- addresses ---


def test_each_segment_has_a_connected_building(built_in: profile.Profile) -> None:
    assert len(built_in.buildings) >= 15
    assert {one.segment for one in built_in.buildings if one.connected == "yes"} == {*SEGMENTS}
    assert {one.connected for one in built_in.buildings} == {"yes", "planned", "no"}


def test_what_is_connected_says_how_and_what_is_not_does_not(built_in: profile.Profile) -> None:
    for one in built_in.buildings:
        assert (one.technology is not None) == (one.connected == "yes"), one


def test_anna_of_spnet_lives_in_akademika_silina_street() -> None:
    first = profile.load("spnet").buildings[0]
    assert (first.settlement, first.street, first.house, first.korpus, first.segment, first.connected) == (
        "г. Сергиев Посад",
        "ул. Академика Силина",
        "1/22",
        "",
        "apartment",
        "yes",
    )


# --- texts ---


def test_every_page_is_there_in_both_languages(built_in: profile.Profile) -> None:
    slugs = {language: {slug for slug, written in built_in.pages if written == language} for language in ("ru", "en")}
    assert slugs["ru"] == slugs["en"]
    assert slugs["ru"] >= {*profile.REQUIRED_PAGES}


def test_a_page_fills_in_the_policies_of_its_operator() -> None:
    assert "Пополните счёт на 500,00\u00a0₽." in profile.load("skynet").page("how-to-connect", "ru")
    assert "Top up the account by 1\u00a0000,00\u00a0₽." in profile.load("spnet").page("how-to-connect", "en")


def test_no_placeholder_is_left_on_a_page(built_in: profile.Profile) -> None:
    assert [slug for slug, text in built_in.pages.items() if "{" in text] == []


def test_no_english_page_has_russian_but_the_brand_and_the_rouble(built_in: profile.Profile) -> None:
    for (slug, language), text in built_in.pages.items():
        if language == "en":
            assert re.findall("[а-яё]", text.replace(built_in.brand, ""), re.IGNORECASE) == [], slug


def test_the_policy_on_personal_data_has_a_version(built_in: profile.Profile) -> None:
    assert "Версия 1 от 1 сентября 2026 года" in built_in.page("privacy", "ru")
    assert "Version 1 of 1 September 2026" in built_in.page("privacy", "en")


def test_a_page_that_is_not_there_is_a_clear_error(built_in: profile.Profile) -> None:
    with pytest.raises(profile.UnableToFindPage, match="nothing"):
        built_in.page("nothing", "ru")


def test_news_stand_newest_first() -> None:
    found = profile.load("skynet").news("ru")
    assert [one.slug for one in found] == [
        "2026-11-03-sosnovaya-gavan",
        "2026-10-12-night-works",
        "2026-09-21-every-charge",
    ]
    assert (found[0].on, found[0].title) == (date(2026, 11, 3), "Оптика пришла на Черничную улицу")
    assert not found[0].body.startswith("#")


def test_news_of_a_later_day_are_not_told_yet() -> None:
    assert [one.on.day for one in profile.load("spnet").news("en", on=date(2026, 10, 15))] == [15, 7]


def test_each_has_three_news_in_both_languages(built_in: profile.Profile) -> None:
    assert [len(built_in.news(language)) for language in ("ru", "en")] == [3, 3]


@pytest.mark.parametrize(
    ("language", "said"),
    [("ru", "да"), ("en", "yes"), ("en-gb", "yes"), ("de", "да"), (None, "да"), ("", "да")],
)
def test_a_text_answers_in_english_to_english_only(language: str | None, said: str) -> None:
    assert profile_places.Text(ru="да", en="yes").get(language) == said
