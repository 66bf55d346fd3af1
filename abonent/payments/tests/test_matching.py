"""Whose the bank's payment is, and what must agree before money moves."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from abonent.payments import matching
from abonent.payments.gateways import yookassa_objects as objects

OURS = matching.Ours(shop_id="100500", test=True)
CLAIM = matching.Claim(payment_id=17, account_id=1003, contract="100001")
TOLD = objects.BankPayment(
    id="2d0f0f5c",
    status="succeeded",
    paid=True,
    amount_kop=50_000,
    currency="RUB",
    shop_id="100500",
    test=True,
    created_at=datetime(2026, 11, 21, tzinfo=UTC),
    metadata=matching.metadata(CLAIM),
    confirmation_url="",
    cancellation_reason="",
    method_title="•• 4242",
)


def test_a_payment_that_says_what_we_asked_for_agrees() -> None:
    assert matching.mismatch(TOLD, OURS, CLAIM, 50_000) == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"shop_id": "100501"}, "it is of the shop 100501, ours is 100500"),
        ({"shop_id": ""}, "it is of the shop that the bank does not name, ours is 100500"),
        ({"test": False}, "it is in real money, this shop takes play money"),
        ({"currency": "USD"}, "it is in USD"),
        ({"metadata": {}}, "its metadata is not ours"),
        (
            {"metadata": {"payment_id": "18", "account_id": "1004", "contract": "100002"}},
            "its metadata names payment 18 of account 1004",
        ),
        ({"amount_kop": 49_999}, "it is of 49999 kopecks, ours is of 50000"),
        ({"amount_kop": 50_001}, "it is of 50001 kopecks, ours is of 50000"),
        ({"paid": False}, "it is succeeded and not paid at once"),
    ],
)
def test_what_differs_is_named(changes: dict[str, Any], why: str) -> None:
    assert matching.mismatch(replace(TOLD, **changes), OURS, CLAIM, 50_000) == why


def test_play_money_is_never_taken_for_real() -> None:
    live = matching.Ours(shop_id="100500", test=False)
    assert matching.not_ours(TOLD, live) == "it is in play money, this shop takes real money"


def test_metadata_goes_to_the_bank_and_back() -> None:
    assert matching.claim_of(matching.metadata(CLAIM)) == CLAIM


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"payment_id": "17"},
        {"payment_id": "17", "account_id": "1003"},
        {"payment_id": "17", "account_id": "1003", "contract": ""},
        {"payment_id": "-17", "account_id": "1003", "contract": "100001"},
        {"payment_id": "１７", "account_id": "1003", "contract": "100001"},
        {"payment_id": "9" * 19, "account_id": "1003", "contract": "100001"},
        {"payment_id": "17", "account_id": "1003.0", "contract": "100001"},
        {"order_id": "17", "account_id": "1003", "contract": "100001"},
    ],
)
def test_metadata_of_others_claims_nothing(said: dict[str, str]) -> None:
    assert matching.claim_of(said) is None
