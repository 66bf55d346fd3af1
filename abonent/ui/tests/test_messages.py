"""Russian is complete: every text is translated, in every plural form, and compiled."""

import io

import pytest
from babel.messages import mofile
from babel.messages.catalog import Catalog

from abonent.ui import messages


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return messages.updated()


def test_nothing_is_left_untranslated(catalog: Catalog) -> None:
    assert messages.untranslated(catalog) == [], "add to abonent/locale/ru/LC_MESSAGES/django.po: `make messages`"


def test_a_text_without_translation_is_seen() -> None:
    catalog = Catalog(locale="ru")
    catalog.add("one", string="")
    catalog.add(("%(n)s day", "%(n)s days"), string=("%(n)s день", "%(n)s дня", ""))
    catalog.add("two", string="два", flags=["fuzzy"])
    catalog.add("three", string="три")
    assert messages.untranslated(catalog) == ["one", "('%(n)s day', '%(n)s days')", "two"]


def test_no_translation_is_left_of_a_text_that_is_gone(catalog: Catalog) -> None:
    known = {(message.id, message.context) for message in messages.translated() if message.id}
    assert known - {(message.id, message.context) for message in catalog} == set()


def test_the_compiled_file_is_fresh() -> None:
    with messages.PO.with_suffix(".mo").open("rb") as file:
        compiled = mofile.read_mo(file)
    fresh = mofile.read_mo(io.BytesIO(messages.mo_of(messages.translated())))
    assert _pairs(compiled) == _pairs(fresh), "`make messages` compiles it"


def test_the_places_for_values_are_the_same(catalog: Catalog) -> None:
    empty = set(messages.untranslated(catalog))
    found = [str(message.id) for message in catalog if message.id and message.check(catalog)]
    assert [one for one in found if one not in empty] == []


def _pairs(catalog: Catalog) -> dict[object, object]:
    return {(str(message.id), message.context): message.string for message in catalog if message.id}
