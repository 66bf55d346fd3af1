"""What a template says to everybody alike is in its compiled form; what differs is asked at each page."""

import pytest
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.urls import NoReverseMatch
from django.utils import translation

from abonent.ui import icons


def compiled(text: str) -> str:
    backend = engines["jinja2"]
    assert isinstance(backend, Jinja2)
    return str(backend.env.compile(text, raw=True))


def rendered(text: str, **context: object) -> str:
    return engines["jinja2"].from_string(text).render(context)


def test_a_page_is_in_the_language_of_its_reader_each_time() -> None:
    said = []
    for language in ("ru", "en", "ru"):
        with translation.override(language):
            said.append(rendered("{{ language() }}: {{ _('Balance') }}, {{ _('Contract %(number)s', number=7) }}"))
    assert said == ["ru: Баланс, Договор 7", "en: Balance, Contract 7", "ru: Баланс, Договор 7"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<b>{{ _('Balance') }}</b>", "<b>Balance</b>"),
        ("<a href='{{ url('pay') }}'>", "<a href='/cabinet/pay/'>"),
        ("<i>{{ icon('phone', 18) }}</i>", f"<i>{icons.icon('phone', 18)}</i>"),
        ("{% set x = 1 %}<html lang='{{ language() }}'>", "<html lang='en'>"),
    ],
)
def test_a_call_with_constants_becomes_plain_text(text: str, plain: str) -> None:
    with translation.override("en"):
        assert rendered(text) == plain
        assert repr(plain) in compiled(text)


def test_a_texts_per_cent_sign_is_said_once() -> None:
    assert rendered("{{ _('100%%') }}") == "100%"


def test_what_differs_by_page_is_asked_at_each_page() -> None:
    assert [rendered("{{ url(place) }}", place=place) for place in ("pay", "history")] == [
        "/cabinet/pay/",
        "/cabinet/history/",
    ]
    assert [rendered("{{ _(word) }}", word=word) for word in ("Balance", "Home")] == ["Баланс", "Главная"]


def test_a_name_that_the_template_gives_itself_is_its_own() -> None:
    assert rendered("{% set profile = {'brand': 'Own'} %}{{ profile.brand }}") == "Own"
    assert rendered("{% for language in [1, 2] %}{{ language }}{% endfor %}") == "12"
    assert rendered("{% macro _(text) %}own {{ text }}{% endmacro %}{{ _('Balance') }}") == "own Balance"


def test_an_address_that_is_lacking_fails_only_where_it_is_reached() -> None:
    text = "{% if reached %}{{ url('nowhere') }}{% endif %}"
    assert rendered(text, reached=False) == ""
    with pytest.raises(NoReverseMatch):
        rendered(text, reached=True)


def test_only_what_is_markup_is_told_as_markup() -> None:
    assert rendered("{{ '<b>' }}{{ _('<i>') }}{{ logo[:4] }}") == "&lt;b&gt;<i><svg"
