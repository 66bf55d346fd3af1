"""Each rule of cards and autopay, broken by hand past the verbs: `verify` says so."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from abonent.billing.tests import builder
from abonent.core import clock, db, partitions
from abonent.ledger.models import Account
from abonent.payments import autopay, autopay_rules, cards, invariants, payments
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models_cards import AutopayAttempt, BoundCard, Consent, ConsentPurpose

TODAY = date(2026, 11, 10)
WORDS = cards.Words("2026-11-22", "ru", "Я согласен.")


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    request.getfixturevalue("db")
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        yield builder.account()


def bound(account: Account, cause: str = "binding:1") -> BoundCard:
    method = objects.BankMethod(f"token-{cause}", "bank_card", True, "active", "•• 4242", "Mir", (2030, 1), "", {})
    with db.atomic():
        consent = agreed(account, cause)
        return cards.keep(account_id=account.id, cause=cause, consent=consent, method=method, at=clock.now())[0]


def agreed(account: Account, cause: str, purpose: ConsentPurpose = ConsentPurpose.BIND) -> Consent:
    return cards.agree(
        account_id=account.id, purpose=purpose, cause=cause, words=WORDS, actor="x", address=None, at=clock.now()
    )


def debiting(account: Account, card: BoundCard) -> AutopayAttempt:
    """Autopay is on, and a debit of 300 roubles is under way."""
    with db.atomic():
        consent = agreed(account, "autopay:1", ConsentPurpose.AUTOPAY)
        rules = autopay_rules.Rules(3, None, None)
        found = autopay.switch_on(
            account.id, card=card, rules=rules, month_limit_kop=300_000, consent=consent, at=clock.now()
        )
        attempt = autopay.plan(found, rule="before_charge", cause="c", amount_kop=30_000, due_on=TODAY, at=clock.now())
        assert attempt is not None
        payment = payments.open_charge(
            payment_id=payments.reserve_id(),
            account_id=account.id,
            amount_kop=30_000,
            card_id=card.id,
            attempt_id=attempt.id,
            request={"metadata": {}},
            at=clock.now(),
        )
        autopay.mark_debiting(attempt, payment=payment, on=TODAY)
    return attempt


def broken() -> list[str]:
    return [one.partition(":")[0] for one in invariants.problems()]


def test_in_order_nothing_is_said(account: Account) -> None:
    debiting(account, bound(account))
    assert broken() == []


@pytest.mark.parametrize(
    ("breach", "rule"),
    [
        (
            "update payments_autopayattempt set amount_kop = 1",
            "an autopay's attempt and its payment are of one account, card and sum, under the attempt's own key",
        ),
        (
            "update payments_autopayattempt set state = 'paid'",
            "an autopay's attempt says of its payment what the payment says itself",
        ),
        (
            "update payments_consent set withdrawn_at = now() where purpose = 'bind'",
            "what is kept of a card, its owner agreed to; what he took back is kept no more",
        ),
        (
            "update payments_consent set withdrawn_at = now() where purpose = 'autopay'",
            "autopay that is on has a card of its account that can pay, and a consent in force",
        ),
        ("update payments_boundcard set is_default = false", "whoever has cards has one default"),
        (
            "drop index payments_attempt_one_of_cause; insert into payments_autopayattempt (account_id, rule, cause, "
            "turn, state, amount_kop, card_id, due_on, reason, created_at) select account_id, rule, cause, 2, "
            "'planned', 1, card_id, due_on, '', created_at from payments_autopayattempt",
            "a cause is debited once",
        ),
        (
            "set constraints all immediate; alter table payments_boundcard disable trigger refuse_another_owner; "
            "update payments_boundcard set account_id = 1",
            "no card is an orphan",
        ),
    ],
)
def test_each_breach_is_seen(account: Account, breach: str, rule: str) -> None:
    debiting(account, bound(account))
    for statement in breach.split("; "):
        db.run(statement)
    assert rule in broken()


def test_a_debit_that_no_autopay_asked_for_is_seen(account: Account) -> None:
    card = bound(account)
    with db.atomic():
        payments.open_charge(
            payment_id=payments.reserve_id(),
            account_id=account.id,
            amount_kop=1,
            card_id=card.id,
            attempt_id=1,
            request={"metadata": {}},
            at=clock.now(),
        )
    assert broken() == ["a debit without the payer is an autopay's attempt"]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from payments_boundcard",
        "delete from payments_consent",
        "delete from payments_autopayattempt",
        "update payments_consent set text = 'something else'",
        "update payments_boundcard set token = 'another'",
        "update payments_boundcard set account_id = account_id + 1",
        "update payments_autopayattempt set cause = 'another'",
        "update payments_autopayattempt set payment_id = payment_id + 1",
    ],
)
def test_the_database_itself_refuses_to_forget_what_was_agreed_and_asked(account: Account, statement: str) -> None:
    debiting(account, bound(account))
    with pytest.raises(DatabaseError), transaction.atomic():
        db.run(statement)


def test_a_token_once_forgotten_never_comes_back(account: Account) -> None:
    card = bound(account)
    with db.atomic():
        cards.unbind(card.id, why="owner", at=clock.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        db.run("update payments_boundcard set state = 'active', token = 'x', unbound_at = null")
