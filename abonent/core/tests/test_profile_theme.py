"""The themes of the built-in profiles: tokens only, and text that can be read."""

import re

import pytest

from abonent.core import profile

TOKENS = [
    "--bg",
    "--card",
    "--ink",
    "--muted",
    "--line",
    "--accent",
    "--accent-ink",
    "--soft",
    "--head",
    "--head-ink",
    "--ok",
    "--ok-soft",
    "--warn",
    "--warn-soft",
    "--glow",
]
READ_TOGETHER = [
    "ink/bg",
    "ink/card",
    "ink/soft",
    "muted/card",
    "muted/bg",
    "muted/soft",
    "accent-ink/accent",
    "accent/card",
    "accent/bg",
    "accent/soft",
    "ok/card",
    "ok/bg",
    "ok/ok-soft",
    "warn/card",
    "warn/bg",
    "warn/warn-soft",
    "head-ink/head",
    "head/glow",
]
ONE = 10**12  # luminance of white, in whole numbers


@pytest.fixture(params=["skynet", "spnet"])
def built_in(request: pytest.FixtureRequest) -> profile.Profile:
    return profile.load(request.param)


def channel(level: int) -> int:
    """The linear light of an sRGB level 0–255, in parts of ONE: ((c + 0.055) ÷ 1.055) to the power 12 ÷ 5."""
    if level <= 10:  # 0.04045 × 255 = 10.3
        return level * 100 * ONE // (255 * 1292)
    top, bottom = 1000 * level + 14_025, 269_025  # 0.055 × 255,000; 1.055 × 255,000
    return fifth_root(top**12 * ONE**5 // bottom**12)


def fifth_root(number: int) -> int:
    low, high = 0, 2 * ONE
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**5 <= number else (low, middle)
    return low


def luminance(colour: str) -> int:
    red, green, blue = (channel(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return (2126 * red + 7152 * green + 722 * blue) // 10_000


def contrast_hundredths(one: str, other: str) -> int:
    """WCAG's contrast, cut to hundredths: 450 is the least that small text may have."""
    dark, light = sorted((luminance(one), luminance(other)))
    return 100 * (20 * light + ONE) // (20 * dark + ONE)


def schemes(built_in: profile.Profile) -> dict[str, dict[str, str]]:
    """The tokens of each of the theme's three rules, by the rule's selector."""
    css = built_in.folder.joinpath("theme.css").read_text()
    rules = re.findall(r"(:root[^{]*?)\s*\{([^{}]*)\}", css)
    return {selector: dict(re.findall(r"([\w-]+):\s*([^;]+);", body)) for selector, body in rules}


@pytest.mark.parametrize(
    ("one", "other", "hundredths"),
    [
        ("#000000", "#ffffff", 2100),
        ("#ffffff", "#ffffff", 100),
        ("#767676", "#ffffff", 454),  # the lightest grey that passes on white
        ("#777777", "#ffffff", 447),
        ("#ff0000", "#ffffff", 399),
    ],
)
def test_contrast_is_counted_as_wcag_has_it(one: str, other: str, hundredths: int) -> None:
    assert contrast_hundredths(one, other) == hundredths


def test_a_theme_sets_all_tokens_and_nothing_else(built_in: profile.Profile) -> None:
    css = built_in.folder.joinpath("theme.css").read_text()
    found = schemes(built_in)
    assert [*found] == [":root", ":root:not([data-theme=light])", ":root[data-theme=dark]"]
    for tokens in found.values():
        assert [*tokens] == TOKENS
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in tokens.values())
    assert "@layer theme {" in css
    assert css.count("{") == 5  # the layer, the media query, three rules


def test_dark_is_the_same_whether_asked_by_the_system_or_by_the_page(built_in: profile.Profile) -> None:
    found = schemes(built_in)
    assert found[":root:not([data-theme=light])"] == found[":root[data-theme=dark]"] != found[":root"]


@pytest.mark.parametrize("pair", READ_TOGETHER)
def test_text_can_be_read_in_light_and_dark(built_in: profile.Profile, pair: str) -> None:
    text, ground = (f"--{name}" for name in pair.split("/"))
    for selector, tokens in schemes(built_in).items():
        assert contrast_hundredths(tokens[text], tokens[ground]) >= 450, (selector, pair)


def test_drawings_are_whole_and_ours(built_in: profile.Profile) -> None:
    favicon = built_in.folder.joinpath("favicon.svg").read_text()
    assert "currentColor" in built_in.logo_svg
    for drawing in (built_in.logo_svg, favicon):
        assert drawing.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"')
        assert not re.search(r"<script|<style|href|style=|\son\w+=|<image", drawing)
