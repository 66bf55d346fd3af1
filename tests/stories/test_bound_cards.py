"""Cards are bound in a payment and at zero amount, pay in one tap, have names, and are forgotten for good."""

from typing import Any

import pytest

from abonent.core import db
from abonent.flows import bind_card, topup
from abonent.ledger.models import Account
from abonent.payments import cards
from abonent.payments.models import Payment, PaymentState
from abonent.payments.models_cards import Binding, BindingState, BoundCard, Consent
from tests import bank as books
from tests.bank import Bank, again, balance, hook, message, work

WORDS = cards.Words("2026-11-22", "ru", "Я согласен, чтобы карта осталась привязанной.")
REMEMBER = topup.By(kind="bank_card", remember=WORDS, actor="700000", address="192.0.2.7")


def start(account: Account, by: topup.By, amount_kop: int = 50_000, token: str = "") -> Payment:
    started = topup.start(
        account_id=account.id,
        amount_kop=amount_kop,
        submit_token=token or books.fresh_token(),
        return_url=books.RETURN_URL,
        by=by,
    )
    return Payment.objects.get(id=started.payment_id)


def bind(account: Account, token: str = "", kind: str = "bank_card") -> bind_card.Started:
    return bind_card.start(
        account_id=account.id,
        kind=kind,
        submit_token=token or books.fresh_token(),
        return_url=books.RETURN_URL,
        words=WORDS,
        actor="700000",
        address="192.0.2.7",
    )


def bound(account: Account, bank: Bank, card: str = "pays") -> BoundCard:
    """A card bound at zero amount."""
    binding = Binding.objects.get(id=bind(account).binding_id)
    bank.control(f"payment_methods/{binding.external_id}/bind", {"card": card})
    bind_card.settle(binding.id)
    return BoundCard.objects.get(cause=f"binding:{binding.id}")


def told(account: Account, name: str) -> int:
    return books.notices(account).count(name)


def test_a_card_is_bound_during_a_payment(bank: Bank, payer: Account) -> None:
    payment = start(payer, REMEMBER)
    assert payment.request["save_payment_method"] is True
    bank.succeed(payment.external_id)
    hook(message(payment.external_id))
    work()
    card = BoundCard.objects.get()
    assert (card.account_id, card.token, card.title, card.system) == (
        payer.id,
        payment.external_id,
        "•• 4444",
        "MasterCard",
    )
    assert (card.is_default, card.cause, balance(payer)) == (True, f"payment:{payment.id}", "500.00")
    consent = Consent.objects.get()
    assert (consent.text, consent.version, consent.address, consent.actor) == (
        WORDS.text,
        WORDS.version,
        "192.0.2.7",
        "700000",
    )
    assert books.notices(payer) == ["payment_received", "card_bound"]
    hook(message(payment.external_id))
    work(ahead_seconds=600)
    assert (BoundCard.objects.count(), told(payer, "card_bound")) == (1, 1)


def test_no_card_is_kept_that_nobody_agreed_to_keep(bank: Bank, payer: Account) -> None:
    payment = start(payer, topup.By())
    bank.succeed(payment.external_id)
    topup.settle(payment.id)
    assert (again(payment).state, BoundCard.objects.count()) == (PaymentState.SUCCEEDED, 0)


def test_a_payment_that_is_declined_binds_nothing(bank: Bank, payer: Account) -> None:
    payment = start(payer, REMEMBER)
    bank.cancel(payment.external_id)
    topup.settle(payment.id)
    assert (again(payment).state, BoundCard.objects.count()) == (PaymentState.CANCELED, 0)


@pytest.mark.parametrize("how", ["the message", "the return page", "the poller"])
def test_a_card_is_bound_at_zero_amount(bank: Bank, payer: Account, how: str) -> None:
    started = bind(payer)
    binding = Binding.objects.get()
    assert (binding.state, started.redirect_url) == (BindingState.PENDING, binding.confirmation_url)
    bank.control(f"payment_methods/{binding.external_id}/bind", {"card": "pays_mir"})
    if how == "the message":
        assert hook(message(binding.external_id, "payment_method.active")) == 200
        assert BoundCard.objects.count() == 0  # the message itself binds nothing
        work()
    elif how == "the return page":
        bind_card.settle(binding.id)
    else:
        work(ahead_seconds=bind_card.ASK_AFTER_SECONDS[bind_card.UNATTENDED])
    card = BoundCard.objects.get()
    assert (card.title, card.system, card.token) == ("•• 2987", "Mir", binding.external_id)
    assert (Binding.objects.get().state, bank.payments(), balance(payer)) == (BindingState.BOUND, [], "0.00")
    assert books.notices(payer) == ["card_bound"]


def test_a_lost_answer_to_a_binding_is_found_again(bank: Bank, payer: Account) -> None:
    bank.control("", {"lose_answer": 1})
    token = books.fresh_token()
    with pytest.raises(bind_card.BankDoesNotAnswer):
        bind(payer, token)
    started = bind(payer, token)
    (method,) = bank.control("payment_methods")
    assert Binding.objects.get().external_id == method["id"]
    assert started.redirect_url == method["confirmation"]["confirmation_url"]


def test_the_banks_message_finds_the_binding_whose_answer_was_lost(bank: Bank, payer: Account) -> None:
    bank.control("", {"lose_answer": 1})
    with pytest.raises(bind_card.BankDoesNotAnswer):
        bind(payer)
    (method,) = bank.control("payment_methods")
    bank.control(f"payment_methods/{method['id']}/bind", {})
    hook(message(method["id"], "payment_method.active"))
    work()
    assert BoundCard.objects.get().token == method["id"]


def test_a_message_of_a_method_that_is_not_ours_binds_nothing(bank: Bank, payer: Account) -> None:
    hook(message("22e12f66-000f-5000-8000-18db351245c7", "payment_method.active"))
    work()
    assert BoundCard.objects.count() == 0


@pytest.mark.parametrize("how", ["refuse", "time"])
def test_a_binding_that_is_not_confirmed_fails(bank: Bank, payer: Account, how: str) -> None:
    bind(payer)
    binding = Binding.objects.get()
    if how == "refuse":
        bank.control(f"payment_methods/{binding.external_id}/refuse", {})
    else:
        bank.control("clock", {"advance_seconds": 3_601})
    bind_card.settle(binding.id)
    binding.refresh_from_db()
    assert (binding.state, binding.reason, BoundCard.objects.count()) == (BindingState.FAILED, "inactive", 0)


def test_an_account_of_the_fast_payment_system_is_bound_and_pays(bank: Bank, payer: Account) -> None:
    binding = Binding.objects.get(id=bind(payer, kind="sbp").binding_id)
    bank.control(f"payment_methods/{binding.external_id}/bind", {})
    bind_card.settle(binding.id)
    card = BoundCard.objects.get()
    assert (card.kind, card.title, card.expires_on) == ("sbp", "SBP", None)
    payment = start(payer, topup.By(card_id=card.id))
    assert (payment.state, balance(payer)) == (PaymentState.SUCCEEDED, "500.00")


def test_a_bound_card_pays_in_one_tap(bank: Bank, payer: Account) -> None:
    card = bound(payer, bank)
    token = books.fresh_token()
    payment = start(payer, topup.By(card_id=card.id), token=token)
    assert (payment.state, payment.card_id, balance(payer)) == (PaymentState.SUCCEEDED, card.id, "500.00")
    assert "payment_method_id" not in payment.request  # the token is nowhere but with the card
    assert start(payer, topup.By(card_id=card.id), token=token).id == payment.id
    assert (len(bank.payments()), balance(payer)) == (1, "500.00")
    assert BoundCard.objects.count() == 1


def test_a_bound_card_may_be_asked_for_a_code(bank: Bank, payer: Account) -> None:
    card = bound(payer, bank, "three_d_secure")
    payment = start(payer, topup.By(card_id=card.id))
    assert (payment.state, balance(payer)) == (PaymentState.PENDING, "0.00")
    assert payment.confirmation_url == bank.only_payment()["confirmation"]["confirmation_url"]


def test_a_bound_card_that_declines_moves_nothing(bank: Bank, payer: Account) -> None:
    card = bound(payer, bank, "poor_later")
    payment = start(payer, topup.By(card_id=card.id))
    assert (payment.state, payment.cancel_reason) == (PaymentState.CANCELED, "insufficient_funds")
    assert balance(payer) == "0.00"


def test_a_lost_answer_to_a_payment_by_a_bound_card_pays_once(bank: Bank, payer: Account) -> None:
    card = bound(payer, bank)
    bank.control("", {"lose_answer": 2})
    token = books.fresh_token()
    with pytest.raises(topup.BankDoesNotAnswer):
        start(payer, topup.By(card_id=card.id), token=token)
    assert balance(payer) == "0.00"
    work(ahead_seconds=60)
    assert (len(bank.payments()), balance(payer)) == (1, "500.00")


def test_two_cards_and_which_comes_first(bank: Bank, payer: Account) -> None:
    first, second = bound(payer, bank), bound(payer, bank, "pays_mir")
    assert (first.is_default, second.is_default) == (True, False)
    with db.atomic():
        cards.make_default(payer.id, second.id)
        cards.rename(payer.id, second.id, "  зарплатная 4242 4242 4242 4242 ")
    found = {one.id: (one.is_default, one.name) for one in cards.of_account(payer.id)}
    assert found == {first.id: (False, ""), second.id: (True, "зарплатная •••• 4242")}
    bind_card.unbind(account_id=payer.id, card_id=second.id, actor="700000")
    assert [(one.id, one.is_default) for one in cards.of_account(payer.id)] == [(first.id, True)]


def test_an_unbound_card_is_forgotten_for_good(bank: Bank, payer: Account) -> None:
    card = bound(payer, bank)
    token = card.token
    for _ in range(2):
        bind_card.unbind(account_id=payer.id, card_id=card.id, actor="700000", address="192.0.2.7")
    card.refresh_from_db()
    assert (card.state, card.token, card.unbound_why) == ("unbound", None, "owner")
    assert Consent.objects.get().withdrawn_at is not None
    assert books.notices(payer) == ["card_bound", "card_unbound"]
    with pytest.raises(topup.CardGone):
        start(payer, topup.By(card_id=card.id))
    assert Payment.objects.count() == 0
    text = "".join(str(row) for row in db.rows("select request::text from payments_payment"))
    assert token is not None
    assert token not in text


def test_nobody_unbinds_or_pays_by_anothers_card(bank: Bank, payer: Account) -> None:
    from abonent.billing.tests import builder

    card = bound(payer, bank)
    other = builder.account()
    with pytest.raises(BoundCard.DoesNotExist):
        bind_card.unbind(account_id=other.id, card_id=card.id, actor="stranger")
    with pytest.raises(topup.CardGone):
        start(other, topup.By(card_id=card.id))
    with pytest.raises(BoundCard.DoesNotExist), db.atomic():
        cards.rename(other.id, card.id, "mine")
    card.refresh_from_db()
    assert (card.state, card.name) == ("active", "")


def test_a_payment_that_hangs_while_its_card_is_unbound_is_found_in_the_banks_list(bank: Bank, payer: Account) -> None:
    card = bound(payer, bank)
    bank.control("", {"lose_answer": 2})
    with pytest.raises(topup.BankDoesNotAnswer):
        start(payer, topup.By(card_id=card.id))
    bind_card.unbind(account_id=payer.id, card_id=card.id, actor="700000")
    work(ahead_seconds=60)
    assert (len(bank.payments()), balance(payer)) == (1, "500.00")


def test_eleven_cards_are_too_many(bank: Bank, payer: Account, monkeypatch: Any) -> None:
    monkeypatch.setattr(cards, "MOST_CARDS", 1)
    bound(payer, bank)
    with pytest.raises(cards.TooManyCards):
        bind(payer)


def test_a_shop_that_may_not_keep_cards_says_so(bank: Bank, payer: Account, settings: Any) -> None:
    settings.YOOKASSA_SECRET_KEY = "test_wrong"
    with pytest.raises(bind_card.BankSaidNo):
        bind(payer)
    assert Binding.objects.get().state == BindingState.FAILED
