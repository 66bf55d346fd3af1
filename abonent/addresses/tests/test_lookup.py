"""DaData behind our directory: it helps where ours knows nothing, and is missed by nobody when it is down."""

import json
from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest
from pytest_django.fixtures import Settings

from abonent.addresses import loading, lookup, search
from abonent.addresses.gateways import dadata
from abonent.addresses.tests.test_search import building
from abonent.core import kept_http
from tests.bank import Bank, bank, one_bank

__all__ = ["bank", "one_bank"]

PITER = "г. Санкт-Петербург"
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def town(db: None, settings: Settings) -> Iterator[None]:
    loading.load([building(PITER, "ул. Северного Сияния", "8", "1"), building(PITER, "ул. Северного Сияния", "12", "")])
    settings.DADATA_TOKEN = "sandbox"
    settings.DADATA_URL = "https://dadata.example"
    dadata.forget()
    yield
    dadata.forget()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[httpx.Request]]:
    """`asked(answer)`: DaData answers so; the list of what it was asked."""

    def begin(answer: Answer) -> list[httpx.Request]:
        seen: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return answer(request)

        client = httpx.Client(transport=httpx.MockTransport(handle))
        monkeypatch.setattr(dadata, "_peer", kept_http.Kept(lambda: client))
        return seen

    return begin


def gives(*houses: Mapping[str, str | None]) -> Answer:
    return lambda _request: httpx.Response(200, json={"suggestions": [{"value": "x", "data": one} for one in houses]})


OURS = {"city_with_type": "г Санкт-Петербург", "street_with_type": "ул Северного Сияния", "house": "8",
        "block_type": "к", "block": "1", "flat": "14"}  # fmt: skip
FOREIGN = {"city_with_type": "г Санкт-Петербург", "street_with_type": "ул Дальних Маяков", "house": "5",
           "block_type": "стр", "block": "2", "settlement_with_type": None, "flat": None}  # fmt: skip


def test_what_our_directory_knows_asks_nobody(asked: Callable[[Answer], list[httpx.Request]]) -> None:
    seen = asked(gives())
    assert [str(one) for one in lookup.find("северного сияния 12").buildings] == ["ул. Северного Сияния, 12"]
    assert lookup.find("северного сияния").streets[0].street == "ул. Северного Сияния"  # no house is typed yet
    assert seen == []


def test_what_is_read_better_by_dadata_is_a_building_of_ours(asked: Callable[[Answer], list[httpx.Request]]) -> None:
    seen = asked(gives(OURS))
    found = lookup.find("aurora street 8-1")
    assert [(one.house, one.korpus, one.flat, one.exact) for one in found.buildings] == [("8", "1", "14", True)]
    (request,) = seen
    assert request.url == "https://dadata.example/suggestions/api/4_1/rs/suggest/address"
    assert request.headers["Authorization"] == "Token sandbox"
    assert json.loads(request.content) == {"query": "aurora street 8-1", "count": 8}


def test_a_house_that_exists_and_is_not_ours_is_told_so(asked: Callable[[Answer], list[httpx.Request]]) -> None:
    asked(gives(FOREIGN, FOREIGN))
    found = lookup.find("дальних маяков 5")
    assert (found.buildings, len(found.elsewhere)) == ((), 1)
    assert str(found.elsewhere[0]) == "г Санкт-Петербург, ул Дальних Маяков, 5, стр. 2"


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx.Response(403, json={"message": "limit"}),
        lambda _: httpx.Response(500, text="<html>"),
        lambda _: httpx.Response(200, text="not json"),
        lambda _: httpx.Response(200, json={"suggestions": [{"value": "x"}]}),
        lambda _: httpx.Response(200, json=[]),
    ],
)
def test_when_it_is_down_our_directory_answers_alone(
    answer: Answer, asked: Callable[[Answer], list[httpx.Request]]
) -> None:
    seen = asked(answer)
    assert lookup.find("северного сияния 99") == search.find("северного сияния 99")
    assert lookup.find("северного сияния 98").buildings == ()
    assert len(seen) == 1  # it rests: the second visitor does not wait for it


def test_a_robot_cannot_use_up_the_days_limit(
    asked: Callable[[Answer], list[httpx.Request]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dadata, "ASKS_A_MINUTE", 3)
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    seen = asked(gives())
    for number in range(10):
        lookup.find(f"нигде {number}")
    assert len(seen) == 3


def test_without_a_key_nobody_is_asked(asked: Callable[[Answer], list[httpx.Request]], settings: Settings) -> None:
    settings.DADATA_TOKEN = ""
    seen = asked(gives(OURS))
    assert lookup.find("aurora street 8-1") == search.Found()
    assert seen == []


def test_over_the_wire_with_the_sandbox(bank: Bank, settings: Settings) -> None:
    settings.DADATA_URL = f"{bank.sandbox.base_url}/dadata"
    found = lookup.find("дальних маяков 5")
    assert [str(one) for one in found.elsewhere] == ["г Санкт-Петербург, ул Дальних Маяков, 5, к. 2"]
    dadata.check()
    settings.DADATA_TOKEN = "wrong"
    with pytest.raises(dadata.KeyRefused, match="HTTP 403"):
        dadata.check()
    bank.control("dadata", {"fail": 503})
    assert lookup.find("дальних маяков 3").elsewhere == ()
    bank.control("dadata", {"fail": None})
