"""What strangers see of a name."""

import pytest

from abonent.subscribers import masking


@pytest.mark.parametrize(
    ("full_name", "kind", "shown"),
    [
        ("Иванов Иван Иванович", "person", "И***** И. И."),
        ("Ли Анна", "person", "Л***** А."),
        ("Мадонна", "person", "М*****"),
        ("", "person", ""),
        ("ООО «Ромашка»", "legal", "ООО Р*****"),
        ("ИП Петров Пётр Петрович", "legal", "ИП П***** П***** П*****"),
        ("ROMASHKA", "legal", "R*****"),
    ],
)
def test_a_name_shows_its_first_letters_alone(full_name: str, kind: str, shown: str) -> None:
    assert masking.name(full_name, kind) == shown
