"""Suggestions in DaData's form: what is found, who is let in, what is out of order."""

import httpx
import pytest

from sandbox import testing
from sandbox.dadata import api

PATH = "/dadata/suggestions/api/4_1/rs/suggest/address"


def ask(bank: testing.Running, body: object, token: str = "sandbox") -> httpx.Response:
    headers = {"Authorization": f"Token {token}"}
    return httpx.post(f"{bank.base_url}{PATH}", json=body, headers=headers, trust_env=False)


def test_a_house_has_its_parts(bank: testing.Running) -> None:
    (one,) = ask(bank, {"query": "ул северного сияния 8 к 2"}).json()["suggestions"]
    assert one["value"] == "г Санкт-Петербург, ул Северного Сияния, д 8 к 2"
    assert (one["data"]["house"], one["data"]["block_type"], one["data"]["block"]) == ("8", "к", "2")
    assert one["data"]["flat"] is None


def test_no_more_than_is_asked_for(bank: testing.Running) -> None:
    assert len(ask(bank, {"query": "г санкт", "count": 3}).json()["suggestions"]) == 3


@pytest.mark.parametrize(("body", "token", "status"), [({}, "sandbox", 400), ({"query": "x"}, "other", 403)])
def test_who_asks_wrong_is_refused(bank: testing.Running, body: object, token: str, status: int) -> None:
    assert ask(bank, body, token).status_code == status


def test_out_of_order(bank: testing.Running) -> None:
    bank.control("dadata", {"fail": 500})
    assert ask(bank, {"query": "силина"}).status_code == 500
    bank.control("reset", {})
    assert ask(bank, {"query": "силина"}).status_code == 200


@pytest.mark.parametrize(("typed", "count"), [("", 0), ("Силина 1/22", 1), ("яблон", 3), ("нет такой", 0)])
def test_what_is_found(typed: str, count: int) -> None:
    assert len(list(api.found(typed))) == count
