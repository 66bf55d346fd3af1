"""A profile of the operator's own: every mistake in it is told by file, key and what is allowed."""

from datetime import time
from pathlib import Path

import pytest

from abonent.core import profile
from abonent.core.tests.profile_folders import Edit, refusal

# --- a folder of the operator's own ---


def test_a_folder_is_a_profile_too(folder: Path) -> None:
    path = folder.joinpath("profile.toml")
    text = path.read_text().replace('"calendar"', '"anniversary"').replace('"Europe/Moscow"', '"Asia/Tomsk"')
    path.write_text(text.replace('from = "22:00"', "from = 22:30:00"))
    ours = profile.load(str(folder))
    assert (ours.key, ours.folder, ours.billing_cycle, ours.time_zone) == (
        "ours",
        folder,
        "anniversary",
        "Asia/Tomsk",
    )
    assert (ours.quiet_hours.start, ours.quiet_hours.end) == (time(22, 30), time(9))


def test_a_file_saved_with_a_byte_order_mark_is_read(folder: Path) -> None:
    for name in ("profile.toml", "addresses.csv", "pages/about.ru.md"):
        path = folder.joinpath(name)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert profile.load(str(folder)).page("about", "ru").startswith("# О компании")


def test_a_profile_in_russian_only_reads_russian_for_all(folder: Path) -> None:
    path = folder.joinpath("profile.toml")
    path.write_text(path.read_text().replace('languages = ["ru", "en"]', 'languages = ["ru"]'))
    for page in folder.joinpath("pages").rglob("*.en.md"):
        page.unlink()
    ours = profile.load(str(folder))
    assert ours.page("about", "en") == ours.page("about", "ru")
    assert ours.news("en") == ours.news("ru") != ()


def test_a_contract_number_is_padded_and_prefixed(folder: Path) -> None:
    path = folder.joinpath("profile.toml")
    path.write_text(
        path.read_text().replace('prefix = "", digits = 6, first = 100001', 'prefix = "SP-", digits = 6, first = 1')
    )
    assert profile.load(str(folder)).contract_number_scheme.number(17) == "SP-000017"


def test_an_unknown_name_tells_the_known_ones() -> None:
    with pytest.raises(profile.UnableToLoadProfile) as caught:
        profile.load("skynt")
    said = "the profile «skynt» is not found; did you mean: skynet; "
    assert str(caught.value) == said + "allowed: skynet, spnet, or a path to a folder"


def test_a_folder_whose_name_no_database_can_have_is_refused(folder: Path) -> None:
    theirs = folder.rename(folder.with_name("Наш профиль"))
    allowed = "small Latin letters, digits, _ and -, beginning with a letter"
    assert refusal(theirs).endswith(f": the folder's name is not allowed; allowed: {allowed}")


# --- mistakes ---


def test_a_mistake_in_a_built_in_profile_names_its_file_from_the_package(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "BUILT_IN", folder.parent)
    path = folder.rename(folder.with_name("skynet-test")).joinpath("profile.toml")
    path.write_text(path.read_text().replace('"calendar"', '"weekly"'))
    with pytest.raises(profile.UnableToLoadProfile) as caught:
        profile.load("skynet-test")
    assert str(caught.value) == (
        "profiles/skynet-test/profile.toml: billing_cycle: «weekly» is not allowed; allowed: calendar, anniversary"
    )


ZONE = "a name of the IANA base, for example Europe/Moscow"
SUM = 'a sum of roubles in quotes, for example "500,00"'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"calendar"', "7", "billing_cycle: «7» is not allowed; allowed: calendar, anniversary"),
        ('"500,00"', "500", f"first_top_up: «500» is not allowed; allowed: {SUM}"),
        ('"500,00"', '"-5"', f"first_top_up: «-5» is not allowed; allowed: {SUM}"),
        ('"500,00"', '"12,345"', f"first_top_up: «12,345» is not allowed; allowed: {SUM}"),
        ("vat_rate = 22", "vat_rate = 18", "vat_rate: «18» is not allowed; allowed: none, 0, 5, 7, 10, 22"),
        (
            "vat_rate = 22",
            "vat_rate = false",
            "vat_rate: «false» is not allowed; allowed: none, 0, 5, 7, 10, 22",
        ),
        (
            "Europe/Moscow",
            "Europe/Moskva",
            f"time_zone: «Europe/Moskva» is not allowed; allowed: {ZONE}",
        ),
        (
            "Europe/Moscow",
            "../etc/passwd",
            f"time_zone: «../etc/passwd» is not allowed; allowed: {ZONE}",
        ),
        (
            '"tv", ',
            '"radio", ',
            "priority[3]: «radio» is not allowed; allowed: internet, tv, telephony, video, colocation",
        ),
        (
            '"tv", ',
            "",
            "priority: must name each kind once; allowed: internet, tv, telephony, video, colocation",
        ),
        (
            "min_days = 7",
            "min_days = 0",
            "pause.min_days: «0» is not allowed; allowed: a whole number from 1 to 366",
        ),
        (
            "min_days = 7",
            'min_days = "7"',
            "pause.min_days: «7» is not allowed; allowed: a whole number from 1 to 366",
        ),
        ("min_days = 7", "min_days = 99", "pause: min_days 99 is more than max_days 90"),
        (
            "password_must_change = true",
            "password_must_change = 1",
            "password_must_change: «1» is not allowed; allowed: true or false",
        ),
        (
            'from = "22:00"',
            'from = "24:00"',
            'quiet_hours.from: «24:00» is not allowed; allowed: a time in quotes, for example "21:00"',
        ),
        (
            'from = "22:00"',
            "from = 2200",
            'quiet_hours.from: «2200» is not allowed; allowed: a time in quotes, for example "21:00"',
        ),
        (
            "8 (812) 000-00-00",
            "8 (812) 000",
            "departments[business].phone: «8 (812) 000» is not allowed; "
            'allowed: a phone of 11 digits, for example "8-496-552-22-22"',
        ),
        (
            "https://yoomoney.ru",
            "https://a.ru; script-src *",
            "card.confirmation_hosts[1]: «https://a.ru; script-src *» is not allowed; "
            "allowed: https:// and a host's name, for example https://yoomoney.ru",
        ),
        ('min = "1,00"', 'min = "0"', "card: min must be more than 0 and not more than max"),
        (
            "first = 100001",
            "first = 1000001",
            "contract_number_scheme: first 1000001 is longer than 6 digits",
        ),
        ('key = "general"', 'key = "private"', "departments: two have one key; allowed: each key once"),
        ('["ru", "en"]', '["en"]', "languages: must name ru, and each language once"),
        ('fee = "0,00"', 'fee = "0,00"\nfees = "0"', "tariff_change.fees: unknown key; did you mean: fee"),
        ("run_tolerance = 20", "", "run_tolerance: is missing; allowed: a whole number from 0 to 1000"),
        ('brand = "SkyNet"', "brand = SkyNet", "is not TOML: Invalid value (at line 4, column 9)"),
    ],
)
def test_a_mistake_in_profile_toml_is_one_line(old: str, new: str, said: str, spoil: Edit) -> None:
    assert spoil("profile.toml", old, new) == f"profile.toml: {said}"


def test_an_unknown_key_like_no_other_tells_all_that_are_allowed(spoil: Edit) -> None:
    told = spoil("profile.toml", "brand = ", 'logo = "x"\nbrand = ')
    assert told.startswith("profile.toml: logo: unknown key; allowed: brand, legal_name, tagline, city, languages,")
    assert told.endswith(", quiet_hours, contract_number_scheme, card, osmp, sber")


def test_a_key_of_the_program_is_not_the_files(spoil: Edit) -> None:
    assert spoil("profile.toml", "brand = ", 'folder = "x"\nbrand = ').startswith("profile.toml: folder: unknown key;")


def test_a_misspelt_key_is_unknown_and_the_right_one_missing(spoil: Edit) -> None:
    assert spoil("profile.toml", "billing_cycle", "billing_cicle").splitlines() == [
        "profile.toml: billing_cycle: is missing; allowed: calendar, anniversary",
        "profile.toml: billing_cicle: unknown key; did you mean: billing_cycle",
    ]


def test_the_mistakes_of_all_files_are_told_at_once(folder: Path, spoil: Edit) -> None:
    folder.joinpath("logo.svg").unlink()
    spoil("catalog.toml", '"650,00"', "650")
    spoil("profile.toml", "device_limit = 5", "device_limit = 0")
    assert refusal(folder).splitlines() == [
        "profile.toml: device_limit: «0» is not allowed; allowed: a whole number from 1 to 100",
        f"catalog.toml: offer[city-300].price: «650» is not allowed; allowed: {SUM}",
        "logo.svg: the file is missing",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'code = "city-300"',
            'code = "city-100"',
            "the code «city-100» stands twice; allowed: each code once",
        ),
        ('code = "city-300"', 'code = "tv"', "the code «tv» is a service kind's; choose another"),
        ('"month"', '"week"', "offer[city-100].charging: «week» is not allowed; allowed: month, day, per_day, once"),
        (
            '"month"',
            '"once"',
            "offer[city-100]: a tariff is charged by the month or by the day; allowed: month, day, per_day",
        ),
        ("down_mbps = 100\n", "", "offer[city-100]: an internet tariff needs down_mbps and up_mbps"),
        ("channels = 112\n", "", "offer[tv-basic]: a TV tariff needs channels"),
        ("channels = 112", "chanels = 112", "offer[tv-basic].chanels: unknown key; did you mean: channels"),
        (
            '["apartment"]',
            '["flat"]',
            "offer[city-100].segments[1]: «flat» is not allowed; allowed: apartment, private, business",
        ),
        (
            '["apartment"]',
            "[]",
            "offer[city-100].segments: «[]» is not allowed; allowed: a list of: apartment, private, business",
        ),
        (
            '["internet"]',
            '["city-3000"]',
            "offer[static-ip].requires: no other offer has the code «city-3000»",
        ),
        ('["tv-max"]', '["tv-kino"]', "offer[tv-kino].excludes: no other offer has the code «tv-kino»"),
        (
            "2020-01-01",
            '"2020"',
            "offer[city-100].valid_from: «2020» is not allowed; allowed: a date, for example 2026-11-01",
        ),
    ],
)
def test_a_mistake_in_catalog_toml_is_one_line(old: str, new: str, said: str, spoil: Edit) -> None:
    assert spoil("catalog.toml", old, new) == f"catalog.toml: {said}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "settlement,street",
            "town,street",
            "line 1: «town,street,house,korpus,segment,connected,technology,floors,flats» is not allowed; "
            "allowed: settlement,street,house,korpus,stroenie,liter,segment,connected,planned_on,technology,entrances,"
            "floors,flats; needed: connected,house,segment,settlement",
        ),
        (
            "apartment,yes",
            "flat,yes",
            "line 2: segment: «flat» is not allowed; allowed: apartment, private, business",
        ),
        (",16,192", ",x,192", "line 2: floors: «x» is not allowed; allowed: a whole number from 1 to 100"),
        (",16,192", ",16", "line 2: has not 9 cells"),
        (",16,192", ",16,192,1", "line 2: has not 9 cells"),
        (",8,2,", ",,2,", "line 2: house: is missing; allowed: a text in quotes"),
        (
            ",8,2,",
            ",8,1,",
            "«г. Санкт-Петербург, ул. Северного Сияния, 8, 1» stands twice; allowed: each house once",
        ),
    ],
)
def test_a_mistake_in_addresses_csv_is_one_line(old: str, new: str, said: str, spoil: Edit) -> None:
    assert spoil("addresses.csv", old, new) == f"addresses.csv: {said}"


@pytest.mark.parametrize(
    "name",
    [
        "profile.toml",
        "catalog.toml",
        "addresses.csv",
        "logo.svg",
        "favicon.svg",
        "theme.css",
        "pages/privacy.en.md",
    ],
)
def test_a_missing_file_is_named(name: str, folder: Path) -> None:
    folder.joinpath(name).unlink()
    assert refusal(folder) == f"{name}: the file is missing"


def test_news_in_one_language_only_are_missed_in_the_other(folder: Path) -> None:
    folder.joinpath("pages/news/2026-11-03-sosnovaya-gavan.en.md").unlink()
    assert refusal(folder) == "pages/news/2026-11-03-sosnovaya-gavan.en.md: the file is missing"


def test_a_file_that_is_not_utf8_says_so(folder: Path) -> None:
    folder.joinpath("profile.toml").write_bytes('brand = "СПНЕТ"'.encode("cp1251"))
    assert refusal(folder) == "profile.toml: byte 9 is not UTF-8; save the file in UTF-8"


def test_a_page_with_an_unknown_placeholder_tells_the_known_ones(spoil: Edit) -> None:
    assert spoil("pages/about.ru.md", "{brand}", "{brend}").startswith(
        "pages/about.ru.md: «{brend}» is not allowed; allowed: brand, legal_name, city, first_top_up,"
    )


def test_a_page_without_a_title_is_refused(spoil: Edit) -> None:
    assert spoil("pages/about.ru.md", "# О", "О") == (
        "pages/about.ru.md: line 1: is not a title; allowed: «# » and the title"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pages/about.de.md", "the file's name is not allowed; allowed: <name>.ru.md, <name>.en.md"),
        ("pages/rules.md", "the file's name is not allowed; allowed: <name>.ru.md, <name>.en.md"),
        ("pages/news/2026-13-03-x.ru.md", "the file's name is not allowed; allowed: 2026-11-03-<name>"),
        ("pages/news/soon.ru.md", "the file's name is not allowed; allowed: 2026-11-03-<name>"),
    ],
)
def test_a_page_whose_name_says_too_little_is_refused(name: str, said: str, folder: Path) -> None:
    folder.joinpath(name).write_text("# News\n")
    assert refusal(folder).splitlines()[0] == f"{name}: {said}"
