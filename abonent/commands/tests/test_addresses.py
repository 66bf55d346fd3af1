"""`abonent addresses`: a list is taken in whole or not at all, and the search can be tried."""

import argparse
from pathlib import Path

import pytest

from abonent.addresses import listing
from abonent.addresses.models import Building
from abonent.commands import addresses

HEAD = "settlement,street,house,korpus,segment,connected,technology\n"
TWO = HEAD + "г. Зареченск,ул. Новая,1,,apartment,yes,gpon\nг. Зареченск,ул. Новая,3,2,private,planned,\n"


@pytest.fixture
def run(own_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> "Run":
    return Run(tmp_path.joinpath("list.csv"), capsys)


class Run:
    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.capsys = file, capsys

    def __call__(self, text: str, *words: str) -> tuple[int, str]:
        self.file.write_text(text, encoding="utf-8")
        return self.say("import", str(self.file), *words)

    def say(self, *words: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        addresses.add_arguments(parser)
        code = addresses.run(parser.parse_args(words))
        said = self.capsys.readouterr()
        return code, said.out + said.err


@pytest.mark.committing
def test_a_list_is_tried_taken_in_and_taken_in_again(run: Run) -> None:
    assert run(TWO, "--dry-run") == (0, "would be new: 2, changed: 0, as they were: 0\n")
    assert Building.objects.count() == 0
    assert run(TWO) == (0, "new: 2, changed: 0, as they were: 0\n")
    assert run(TWO.replace("planned", "yes")) == (0, "new: 0, changed: 1, as they were: 1\n")
    assert run.say("find", "новая 3к2 кв 7") == (
        0,
        "г. Зареченск, ул. Новая, 3, к. 2  apt. 7  private, connected: yes\n",
    )
    assert run.say("find", "новая 99") == (0, "г. Зареченск, ул. Новая: no such house\n")
    assert run.say("find", "старая 1") == (0, "nothing is found\n")


@pytest.mark.committing
def test_a_list_with_a_mistake_takes_in_nothing_and_tells_the_line(run: Run) -> None:
    code, said = run(TWO.replace("planned", "maybe"))
    assert (code, Building.objects.count()) == (1, 0)
    assert said == "abonent: list.csv: line 3: connected: «maybe» is not allowed; allowed: yes, planned, no\n"


def test_one_house_in_two_spellings_is_told(tmp_path: Path) -> None:
    file = tmp_path.joinpath("list.csv")
    file.write_text(HEAD + "Сеть,Мира,12к2,,apartment,yes,\nСеть,Мира,12,2,apartment,yes,\n", encoding="utf-8")
    with pytest.raises(listing.UnableToRead, match=r"«Сеть, Мира, 12, 2» stands twice: as «12к2» too"):
        listing.read(file)


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    file = tmp_path.joinpath("list.csv")
    file.write_text("settlement,house\nСеть,12\n", encoding="utf-8")
    with pytest.raises(listing.UnableToRead, match=r"needed: connected,house,segment,settlement"):
        listing.read(file)
