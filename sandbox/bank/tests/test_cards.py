"""Card numbers, dates and sums as they are typed and written."""

import pytest

from sandbox.bank import cards, kopecks


def test_every_test_card_adds_up_and_is_listed_once() -> None:
    assert all(cards.luhn_holds(card.number) for card in cards.CARDS.values())
    assert len({card.number for card in cards.CARDS.values()}) == len(cards.CARDS)
    grouped = [card.name for _, group in cards.GROUPS for card in group]
    assert sorted(grouped) == sorted(cards.CARDS)


@pytest.mark.parametrize("number", ["5555555555554443", "4242424242424224", "1"])
def test_a_number_with_a_slip_does_not_add_up(number: str) -> None:
    assert not cards.luhn_holds(number)


@pytest.mark.parametrize("typed", ["5555555555554444", "5555 5555 5555 4444", "5555-5555-5555-4444 "])
def test_a_number_may_be_typed_with_spaces_and_dashes(typed: str) -> None:
    assert cards.read_number(typed).name == "pays"


@pytest.mark.parametrize(
    ("typed", "expiry"),
    [("12/29", (2029, 12)), ("1/29", (2029, 1)), ("12 29", (2029, 12)), ("1229", (2029, 12)), ("12/2029", (2029, 12))],
)
def test_an_expiry_may_be_typed_in_many_ways(typed: str, expiry: tuple[int, int]) -> None:
    assert cards.read_expiry(typed, (2026, 11)) == expiry


def test_a_card_is_good_through_its_last_month() -> None:
    assert cards.read_expiry("11/26", (2026, 11)) == (2026, 11)
    with pytest.raises(cards.UnableToReadCard, match="expired"):
        cards.read_expiry("10/26", (2026, 11))


@pytest.mark.parametrize(
    ("text", "amount_kop"), [("1", 100), ("1.5", 150), ("1.05", 105), ("0.01", 1), ("350000.00", 35_000_000)]
)
def test_a_sum_on_the_wire(text: str, amount_kop: int) -> None:
    assert kopecks.parse(text) == amount_kop


@pytest.mark.parametrize("text", ["", "1,5", "1.005", "-1", "+1", "1e3", " 1", "1 000", "٣", ".5", "1.", 1, 1.5, None])
def test_what_is_no_sum(text: object) -> None:
    with pytest.raises(kopecks.UnableToReadSum):
        kopecks.parse(text)


@pytest.mark.parametrize(
    ("amount_kop", "russian", "english"),
    [(5, "0,05 ₽", "0.05 ₽"), (50_000, "500,00 ₽", "500.00 ₽"), (123_456_789, "1 234 567,89 ₽", "1,234,567.89 ₽")],
)
def test_a_sum_on_the_page(amount_kop: int, russian: str, english: str) -> None:
    assert kopecks.shown(amount_kop, "ru").replace("\N{NO-BREAK SPACE}", " ") == russian
    assert kopecks.shown(amount_kop, "en").replace("\N{NO-BREAK SPACE}", " ") == english
