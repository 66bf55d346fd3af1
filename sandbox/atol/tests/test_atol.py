"""The register as its protocol has it: tokens, documents once for an external_id, reports, errors by number."""

from typing import Any

import httpx
import pytest

from sandbox import testing
from sandbox.atol import errors


def body(external_id: str = "one", total: object = 500, **receipt: Any) -> dict[str, Any]:
    item = {
        "name": "Аванс",
        "price": total,
        "quantity": 1,
        "sum": total,
        "payment_method": "advance",
        "payment_object": "payment",
        "vat": {"type": "vat122"},
    }
    return {
        "external_id": external_id,
        "timestamp": "10.11.2026 12:00:00",
        "receipt": {
            "client": {"email": "anna@example.ru"},
            "company": {"email": "a@b.ru", "sno": "osn", "inn": "7701234567", "payment_address": "https://a.ru"},
            "items": [item],
            "payments": [{"type": 1, "sum": total}],
            "total": total,
            **receipt,
        },
    }


class Client:
    def __init__(self, bank: testing.Running) -> None:
        self.api = f"{bank.base_url}/atol/possystem/v4"
        self.token = ""

    def sign_in(self, password: str = "sandbox") -> httpx.Response:
        said = httpx.post(f"{self.api}/getToken", json={"login": "sandbox", "pass": password}, trust_env=False)
        self.token = said.json().get("token", "")
        return said

    def sell(self, sent: dict[str, Any], operation: str = "sell", group: str = "sandbox_group") -> httpx.Response:
        address = f"{self.api}/{group}/{operation}"
        return httpx.post(address, json=sent, headers={"Token": self.token}, trust_env=False)

    def report(self, uuid: str) -> httpx.Response:
        address = f"{self.api}/sandbox_group/report/{uuid}"
        return httpx.get(address, headers={"Token": self.token}, trust_env=False)


@pytest.fixture
def atol(bank: testing.Running) -> Client:
    client = Client(bank)
    assert client.sign_in().status_code == 200
    bank.control("atol", {"ready_seconds": 0})
    return client


def code(answer: httpx.Response) -> int:
    return int(answer.json()["error"]["code"])


def test_a_document_is_taken_worked_on_and_registered(atol: Client, bank: testing.Running) -> None:
    bank.control("atol", {"ready_seconds": 3600})
    taken = atol.sell(body()).json()
    assert (taken["status"], taken["error"]) == ("wait", None)
    waits = atol.report(taken["uuid"])
    assert (waits.status_code, waits.json()["status"], code(waits)) == (200, "wait", 34)
    bank.control("clock", {"advance_seconds": 3601})
    done = atol.report(taken["uuid"]).json()
    assert (done["status"], done["payload"]["total"], done["payload"]["fiscal_document_number"]) == ("done", 500, 1)
    assert done["payload"]["ofd_receipt_url"] == f"{bank.base_url}/atol/{taken['uuid']}/"
    page = httpx.get(f"{bank.base_url}/atol/{taken['uuid']}/", trust_env=False)
    assert (page.status_code, "Аванс" in page.text) == (200, True)


def test_a_known_external_id_gives_the_first_document(atol: Client, bank: testing.Running) -> None:
    first = atol.sell(body()).json()["uuid"]
    again = atol.sell(body())
    assert (again.status_code, code(again), again.json()["uuid"]) == (400, 33, first)
    assert len(bank.control("atol/documents")) == 1


def test_a_token_lives_a_day_and_several_are_good_at_once(atol: Client, bank: testing.Running) -> None:
    first = atol.token
    atol.sign_in()
    atol.token, second = first, atol.token
    assert atol.sell(body()).status_code == 200
    bank.control("atol", {"expire_tokens": True})
    atol.token = second
    assert code(atol.sell(body("two"))) == 11
    atol.token = ""
    assert code(atol.sell(body("two"))) == 10
    assert code(atol.sign_in("wrong")) == 12


def test_who_calls_for_another_group_or_another_operation_is_told(atol: Client) -> None:
    assert code(atol.sell(body(), group="another")) == 20
    assert code(atol.sell(body(), operation="buy")) == 31
    assert code(atol.report("none-such")) == 30


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (body(total=0), "total"),
        (body(payments=[{"type": 1, "sum": 499}]), "payments"),
        (body(payments=[{"type": 2, "sum": 500}]), "prepayment"),
        (body(client={}), "client"),
        (body(client={"phone": "none"}), "client.phone"),
        (body(items=[]), "items"),
        ({"external_id": "x"}, "KeyError"),
        (body(external_id="x" * 129), "external_id"),
    ],
)
def test_a_wrong_document_is_not_taken(atol: Client, bank: testing.Running, wrong: dict[str, Any], field: str) -> None:
    refused = atol.sell(wrong)
    assert (refused.status_code, code(refused), field in refused.json()["error"]["text"]) == (400, 32, True)
    assert bank.control("atol/documents") == []


def test_a_document_may_fail_and_its_id_is_spent(atol: Client, bank: testing.Running) -> None:
    bank.control("atol", {"fail": 1, "fail_with": "driver:3896"})
    failed = atol.report(atol.sell(body()).json()["uuid"]).json()
    assert (failed["status"], failed["error"]["code"], failed["error"]["type"]) == ("fail", 3896, "driver")
    assert code(atol.sell(body())) == 33
    assert atol.report(atol.sell(body("two")).json()["uuid"]).json()["status"] == "done"


@pytest.mark.parametrize("number", sorted(errors.SYSTEM))
def test_every_error_can_be_had(atol: Client, bank: testing.Running, number: int) -> None:
    bank.control("atol", {"refuse": number})
    refused = atol.sell(body())
    assert (code(refused), refused.status_code) == (number, errors.SYSTEM[number][0])
    bank.control("atol", {"refuse": None})
    assert atol.sell(body()).status_code == 200


def test_sums_are_read_without_floats(atol: Client) -> None:
    assert atol.sell(body(total=0.29)).status_code == 200
