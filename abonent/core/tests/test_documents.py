"""PDF by Typst: from a template and its data; a long one in a process of its own."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from abonent.core import documents

TEMPLATE = """
#set document(date: none)
#let d = json(bytes(sys.inputs.data))
#d.title
#for line in d.lines [#line \\ ]
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "paper.typ"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def data(lines: int = 1) -> dict[str, Any]:
    return {"title": "Счёт № 1 «Ёлка»", "lines": [f"Строка {n}, 1 250,00 ₽" for n in range(lines)]}


def test_a_template_and_its_data_are_a_pdf_the_same_each_time(template: Path) -> None:
    made = documents.render(template, data())
    assert made.startswith(b"%PDF-")
    assert documents.render(template, data()) == made


def test_a_template_that_does_not_compile_says_why(template: Path) -> None:
    with pytest.raises(documents.UnableToRender, match="title"):
        documents.render(template, {"lines": []})


def test_a_long_document_is_rendered_apart(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = []
    run = subprocess.run

    def told(command: list[str], **kwargs: Any) -> Any:
        commands.append(command)
        return run(command, **kwargs)

    monkeypatch.setattr(subprocess, "run", told)
    monkeypatch.setattr(documents, "LONG_CHARS", 1000)
    assert documents.render(template, data(10)).startswith(b"%PDF-")
    assert commands == []
    assert documents.render(template, data(100)).startswith(b"%PDF-")
    assert [command[-1] for command in commands] == [str(template)]


def test_a_long_document_that_does_not_compile_says_why_too(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LONG_CHARS", 0)
    with pytest.raises(documents.UnableToRender, match="title"):
        documents.render(template, {"lines": []})


def test_a_document_that_takes_too_long_is_given_up(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LONG_CHARS", 0)
    monkeypatch.setattr(documents, "LONG_SECONDS", 0)
    with pytest.raises(documents.UnableToRender, match="not ready"):
        documents.render(template, data())
