"""The guides name only commands, options, files and pictures that exist, and say the same in both languages."""

import argparse
import importlib
import re
from pathlib import Path

import pytest

from abonent.commands import main
from tests.architecture import source

FOLDER = source.ROOT / "docs" / "guides"
GUIDES = sorted(FOLDER.glob("*.md"))
COMMAND = re.compile(r"(?:\.venv/bin/|`)abonent ([a-z]+)([^`\n]*)")
TARGET = re.compile(r"^make ([a-z-]+)", re.MULTILINE)
LINK = re.compile(r"\]\(((?!https?:)[^)#]+)\)")


def commands(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, tuple(re.findall(r"(--[a-z-]+)", rest))) for name, rest in COMMAND.findall(text)]


def options(name: str) -> set[str]:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"abonent.commands.{name}").add_arguments(parser)
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_a_guide_names_only_what_exists(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    named = commands(text)
    assert [name for name, _ in named if name not in main.COMMANDS] == []
    assert [(name, one) for name, asked in named for one in asked if one not in options(name)] == []
    targets = re.findall(r"^([a-z-]+):", source.ROOT.joinpath("Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert [one for one in TARGET.findall(text) if one not in targets] == []
    assert [link for link in LINK.findall(text) if not FOLDER.joinpath(link).exists()] == []


def test_both_languages_say_the_same_and_every_picture_is_shown() -> None:
    pairs = [(one, one.with_suffix(".ru.md")) for one in GUIDES if not one.stem.endswith(".ru")]
    assert pairs
    shown = set()
    for english, russian in pairs:
        texts = [one.read_text(encoding="utf-8") for one in (english, russian)]
        assert commands(texts[0]) == commands(texts[1])
        shown |= {link for text in texts for link in LINK.findall(text) if link.startswith("pictures/")}
        assert {one.replace("-en.", "-ru.") for one in shown} == {one for one in shown if "-ru." in one}
        assert english.name in source.ROOT.joinpath("README.md").read_text(encoding="utf-8")
    assert sorted(shown) == sorted(f"pictures/{one.name}" for one in FOLDER.joinpath("pictures").iterdir())
    assert max(one.stat().st_size for one in FOLDER.joinpath("pictures").iterdir()) < 120_000


def test_a_guide_that_names_a_command_of_nobody_is_seen() -> None:
    assert commands("type `abonent fly --high`") == [("fly", ("--high",))]
