"""One stylesheet, one script, the profile's colours; collected only when something has changed."""

import gzip
import re
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from abonent.core import profile
from abonent.ui import stylesheet

BUILT_IN = [profile.load(name) for name in ("skynet", "spnet")]


@pytest.mark.parametrize("operator", BUILT_IN, ids=lambda one: str(one.key))
def test_the_stylesheet_asks_nobody_and_is_small(operator: profile.Profile) -> None:
    css = stylesheet.css(operator.folder)
    assert "url(" not in css
    assert "@import" not in css
    assert "/*" not in css
    assert len(gzip.compress(css.encode())) < 8_000


def test_the_profile_changes_the_colours() -> None:
    sky, spnet = (stylesheet.css(one.folder) for one in BUILT_IN)
    assert sky != spnet
    assert "--accent: #0b63ce" in sky
    assert "--accent: #2e6b3b" in spnet


def test_every_colour_of_the_rules_is_a_token() -> None:
    """Dark and light, and the profile, change tokens only; print is black on white."""
    for name in ("base", "components", "pages"):
        text = stylesheet.CSS.joinpath(f"{name}.css").read_text(encoding="utf-8")
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b", text) == []


def test_every_token_used_is_set() -> None:
    for operator in BUILT_IN:
        css = stylesheet.css(operator.folder)
        assert set(re.findall(r"var\((--[a-z0-9-]+)", css)) - set(re.findall(r"(--[a-z0-9-]+):", css)) == set()


def test_every_brace_is_closed_in_its_own_layer() -> None:
    for name in stylesheet.LAYERS:
        depth, text = 0, stylesheet.CSS.joinpath(f"{name}.css").read_text(encoding="utf-8")
        closed_at = []
        for number, line in enumerate(text.splitlines(), 1):
            depth += line.count("{") - line.count("}")
            assert depth >= 0, f"{name}.css:{number}"
            if not depth and "}" in line:
                closed_at.append(number)
        assert depth == 0, name
        assert closed_at == [len(text.splitlines())], name


def test_the_layers_keep_their_order() -> None:
    css = stylesheet.css(BUILT_IN[0].folder)
    assert css.startswith("@layer tokens,theme,base,components,pages,print;")


def test_collecting_again_does_nothing_until_an_input_changes(tmp_path: Path, settings: Settings) -> None:
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [tmp_path.joinpath("build")], tmp_path.joinpath("static")
    assert stylesheet.collect(tmp_path) is True
    names = {path.name for path in tmp_path.joinpath("static").iterdir()}
    assert {"abonent.css", "abonent.js", "logo.svg", "favicon.svg"} <= names
    assert not [name for name in names if "htmax" in name]
    assert stylesheet.collect(tmp_path) is False
    settings.PROFILE = BUILT_IN[1]
    assert stylesheet.collect(tmp_path) is True
    assert "#2e6b3b" in tmp_path.joinpath("static", "abonent.css").read_text(encoding="utf-8")


def test_a_collecting_that_was_cut_short_is_done_anew(tmp_path: Path, settings: Settings) -> None:
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [tmp_path.joinpath("build")], tmp_path.joinpath("static")
    stylesheet.build(tmp_path)
    assert stylesheet.collect(tmp_path) is True
