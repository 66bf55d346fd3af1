"""The operator's profile: brand, contacts, policies, tariffs, addresses and texts, read once from a folder.

The only module that knows how the folder is laid out. No Django here: the settings read the profile first.

    profile.toml   brand and policies     catalog.toml   offers        addresses.csv   buildings
    pages/<slug>.<language>.md            pages/news/<yyyy-mm-dd>-<name>.<language>.md
    logo.svg  favicon.svg  theme.css

A page may say `{first_top_up}` or another name of `_facts`: the profile's value stands there.
"""

import difflib
import functools
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import ClassVar, NamedTuple

from abonent.core import money, profile_schema, profile_values, typed_files

BUILT_IN = Path(__file__).parent.parent.joinpath("profiles")
REQUIRED_PAGES = ("about", "how-to-connect", "offer", "privacy")
REQUIRED_FILES = ("logo.svg", "favicon.svg", "theme.css")

_KEY = re.compile(r"^[a-z][a-z0-9_-]{0,39}$")  # the embedded database is called after it
_NEWS_SLUG = re.compile(r"^(\d{4}-\d\d-\d\d)-[a-z0-9-]+$")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class UnableToLoadProfile(Exception):
    """Its text has a line for each mistake: the file, the key, what is allowed."""


class UnableToFindPage(Exception):
    """The profile has no page of that name."""


class News(NamedTuple):
    slug: str  # the file's name without its language: "2026-11-03-new-village"
    on: date
    title: str
    body: str  # markdown, without the title


class Profile(profile_schema.ProfileFile):
    """Everything an operator sets. Frozen: a change is read at the next start."""

    # Django's settings ask each value for it at each look; what lacks it answers by an exception, the slow way.
    _mask_wrapped: ClassVar[bool] = True

    key: str
    folder: Path
    catalog: tuple[profile_schema.Offer, ...]
    buildings: tuple[profile_schema.Building, ...]
    logo_svg: str
    pages: Mapping[tuple[str, str], str]  # (slug, language) → markdown, placeholders filled in

    def offer(self, code: str) -> profile_schema.Offer:
        """Asserts that the catalog has it: codes come from the catalog itself, never from a person."""
        found = [one for one in self.catalog if one.code == code]
        assert found, f"{self.key} has no offer {code}"
        return found[0]

    def page(self, slug: str, language: str | None) -> str:
        """The markdown of pages/<slug>.<language>.md; its first line is the title, `# …`.

        language: as Django gives it; one that the profile lacks reads Russian.   Raises UnableToFindPage.
        """
        try:
            return self.pages[slug, self._written(language)]
        except KeyError:
            raise UnableToFindPage(slug) from None

    def news(self, language: str | None, on: date | None = None) -> tuple[News, ...]:
        """The newest first; with `on`, only those of that date and earlier."""
        found = []
        for (slug, written), text in self.pages.items():
            folder, _, name = slug.partition("/")
            if folder == "news" and written == self._written(language):
                title, _, body = text.partition("\n")
                found.append(News(name, date.fromisoformat(name[:10]), title[2:].strip(), body.strip()))
        return tuple(sorted((one for one in found if on is None or one.on <= on), reverse=True))

    def _written(self, language: str | None) -> str:
        return "en" if profile_values.is_english(language) and "en" in self.languages else "ru"


@functools.cache
def load(name_or_folder: str) -> Profile:
    """The profile of that name in abonent/profiles, or of that folder.

    Raises UnableToLoadProfile with a line for every mistake of every file of the folder; pages quote
    profile.toml and are looked at once that is right.
    """
    folder = _find(name_or_folder)
    shown = f"profiles/{folder.name}" if folder.parent == BUILT_IN else str(folder)
    problems: list[str] = []
    if not _KEY.match(folder.name):
        allowed = "small Latin letters, digits, _ and -, beginning with a letter"
        problems.append(f"{shown}: the folder's name is not allowed; allowed: {allowed}")
    where = f"{shown}/profile.toml"
    settings = typed_files.read_toml(folder.joinpath("profile.toml"), where, problems, profile_schema.ProfileFile)
    where = f"{shown}/catalog.toml"
    catalog = typed_files.read_toml(folder.joinpath("catalog.toml"), where, problems, profile_schema.Catalog)
    buildings = _read_buildings(folder, f"{shown}/addresses.csv", problems)
    files = {name: typed_files.read_text(folder.joinpath(name), f"{shown}/{name}", problems) for name in REQUIRED_FILES}
    pages = {} if settings is None else _read_pages(folder, shown, settings, problems)
    if problems or settings is None or catalog is None:
        raise UnableToLoadProfile("\n".join(problems))
    return Profile.model_construct(
        **{name: getattr(settings, name) for name in profile_schema.ProfileFile.model_fields},
        key=folder.name,
        folder=folder,
        catalog=catalog.offer,
        buildings=buildings,
        logo_svg=files["logo.svg"] or "",
        pages=pages,
    )


def _find(name_or_folder: str) -> Path:
    names = sorted(one.parent.name for one in BUILT_IN.glob("*/profile.toml"))
    if name_or_folder in names:
        return BUILT_IN.joinpath(name_or_folder)
    folder = Path(name_or_folder)
    if name_or_folder and folder.is_dir():
        return folder.resolve()
    near = difflib.get_close_matches(name_or_folder, names)
    meant = f"; did you mean: {near[0]}" if near else ""
    allowed = f"{', '.join(names)}, or a path to a folder"
    raise UnableToLoadProfile(f"the profile «{name_or_folder}» is not found{meant}; allowed: {allowed}")


def _read_buildings(folder: Path, where: str, problems: list[str]) -> tuple[profile_schema.Building, ...]:
    buildings = typed_files.read_csv(folder.joinpath("addresses.csv"), where, problems, profile_schema.Building)
    seen = set()
    for one in buildings:
        address = ", ".join(filter(None, (one.settlement, one.street, one.house, one.korpus, one.stroenie, one.liter)))
        if address in seen:
            problems.append(f"{where}: «{address}» stands twice; allowed: each house once")
        seen.add(address)
    return buildings


def _read_pages(
    folder: Path, shown: str, settings: profile_schema.ProfileFile, problems: list[str]
) -> dict[tuple[str, str], str]:
    """Each slug found in any language must be there in every language of the profile."""
    slugs = {*REQUIRED_PAGES}
    for path in sorted(folder.joinpath("pages").rglob("*.md")):
        name = path.relative_to(folder.joinpath("pages")).as_posix()
        slug, _, language = name.removesuffix(".md").rpartition(".")
        if language in settings.languages:
            slugs.add(slug)
        else:
            allowed = ", ".join(f"<name>.{one}.md" for one in settings.languages)
            problems.append(f"{shown}/pages/{name}: the file's name is not allowed; allowed: {allowed}")
    pages: dict[tuple[str, str], str] = {}
    for slug in sorted(slugs):
        for language in settings.languages:
            where = f"{shown}/pages/{slug}.{language}.md"
            text = typed_files.read_text(folder.joinpath("pages", f"{slug}.{language}.md"), where, problems)
            if text is not None:
                _check_page(slug, text, where, problems)
                pages[slug, language] = _fill(text, where, _facts(settings, language), problems)
    return pages


def _check_page(slug: str, text: str, where: str, problems: list[str]) -> None:
    if not text.startswith("# "):
        problems.append(f"{where}: line 1: is not a title; allowed: «# » and the title")
    folder, _, name = slug.rpartition("/")
    if folder == "news":
        match = _NEWS_SLUG.match(name)
        try:
            date.fromisoformat(match[1] if match else "")
        except ValueError:
            problems.append(f"{where}: the file's name is not allowed; allowed: 2026-11-03-<name>")


def _facts(settings: profile_schema.ProfileFile, language: str) -> dict[str, str]:
    office = settings.offices[0]
    return {
        "brand": settings.brand,
        "legal_name": settings.legal_name.get(language),
        "city": settings.city.get(language),
        "first_top_up": money.show(settings.first_top_up_kop),
        "refund_days": str(settings.refund_days),
        "contract_years": str(settings.retention.contract_years),
        "accounting_years": str(settings.retention.accounting_years),
        "support_phone": settings.contacts.support_phone,
        "support_hours": settings.contacts.support_hours.get(language),
        "support_email": settings.contacts.support_email,
        "office_address": office.address.get(language),
        "office_hours": office.hours.get(language),
    }


def _fill(text: str, where: str, facts: dict[str, str], problems: list[str]) -> str:
    for name in _PLACEHOLDER.findall(text):
        if name not in facts:
            problems.append(f"{where}: «{{{name}}}» is not allowed; allowed: {', '.join(facts)}")
    return _PLACEHOLDER.sub(lambda match: facts.get(match[1], match[0]), text)
