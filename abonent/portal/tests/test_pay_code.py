"""The payment code of a contract: its own owner's only, with the sum that stands in the form."""

import pytest
from django.test import Client

from abonent.core import payment_code
from abonent.portal.tests.conftest import Browser
from tests.world import World

pytestmark = pytest.mark.committing


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What was drawn, as a bank's app would read it."""
    found: list[dict[str, str]] = []
    svg = payment_code.svg

    def read(text: str, *, title: str) -> bytes:
        found.append(payment_code.read(text))
        return svg(text, title=title)

    monkeypatch.setattr(payment_code, "svg", read)
    return found


def test_the_code_names_the_contract_and_the_sum(world: World, browser: Browser, drawn: list[dict[str, str]]) -> None:
    answer = browser(world.anna).get("/cabinet/pay/code.svg?sum=500,05")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert (drawn[0]["Purpose"], drawn[0]["PersAcc"], drawn[0]["Sum"]) == (
        "Услуги связи, договор 100001", "100001", "50005",
    )  # fmt: skip


@pytest.mark.parametrize("typed", ["", "abc", "-5", "0", "1e3"])
def test_a_sum_that_is_none_is_left_to_the_payer(
    world: World, browser: Browser, drawn: list[dict[str, str]], typed: str
) -> None:
    assert browser(world.anna).get("/cabinet/pay/code.svg", {"sum": typed}).status_code == 200
    assert "Sum" not in drawn[0]


def test_a_stranger_sees_no_code(world: World) -> None:
    assert Client().get("/cabinet/pay/code.svg").status_code == 302


def test_the_pay_page_shows_it_with_the_sum_that_was_typed(world: World, browser: Browser) -> None:
    page = browser(world.anna).get("/cabinet/pay/?sum=700").content.decode()
    assert 'src="/cabinet/pay/code.svg?sum=700"' in page
