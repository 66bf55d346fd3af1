"""The environment of the templates: what is typed never becomes markup, what is missing is an error."""

import re
from pathlib import Path

import jinja2
import pytest
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from markupsafe import Markup

from abonent.ui import icons, prose

ROOM = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(ROOM.glob("*/jinja2/**/*.html"))


def environment() -> jinja2.Environment:
    backend = engines["jinja2"]
    assert isinstance(backend, Jinja2)
    return backend.env


def render(text: str, **context: object) -> str:
    return str(environment().from_string(text).render(**context))


def test_a_name_that_is_markup_stays_a_name() -> None:
    assert render("{{ name }}", name="<script>\"&'") == "&lt;script&gt;&#34;&amp;&#39;"


def test_a_name_inside_a_translated_sentence_stays_a_name() -> None:
    assert "&lt;b&gt;" in render('{{ _("Contract %(number)s", number=name) }}', name="<b>")


def test_a_name_that_nobody_gave_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("{{ nobody }}")


def test_a_template_finds_no_way_to_the_code_behind() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("{{ settings.SECRET_KEY }}")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOM)))
def test_no_template_has_inline_scripts_styles_or_handlers(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=)|hx-on|hx-vals=.js:", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOM)))
def test_every_template_is_sound(path: Path) -> None:
    environment().parse(path.read_text(encoding="utf-8"))


def test_an_icon_is_silent_and_takes_its_colour_from_the_text() -> None:
    drawn = icons.icon("house", 18)
    assert isinstance(drawn, Markup)
    assert drawn.startswith('<svg width="18" height="18" viewBox="0 0 24 24" class="icon" aria-hidden="true">')
    assert "stroke=" not in drawn


def test_markup_inside_a_text_of_the_operator_stays_text() -> None:
    title, body = prose.page("# Privacy <b>\n\nOne <script>alert(1)</script>\n\n[x](javascript:alert(1))")
    assert title == "Privacy <b>"
    assert "<script>" not in body
    assert "href" not in body
    assert "&lt;script&gt;" in body
