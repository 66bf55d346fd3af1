"""The way to the bank: each slip has its words, the typed sum stays, and nothing goes twice. The bank itself is in
tests/stories."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from abonent.core import events
from abonent.flows import topup
from abonent.payments.models import Payment, PaymentState
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import Subscriber, World

TOKEN = "a-token-of-a-form-24-chars"


class Bank:
    """Stands in for the flow: remembers what it was asked, answers as told."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Exception | topup.Started = topup.Started(1, "https://yoomoney.ru/checkout?orderId=1")

    def start(self, **asked: Any) -> topup.Started:
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Bank:
    made = Bank()
    monkeypatch.setattr(topup, "start", made.start)
    return made


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which payments the bank was to be asked about."""
    asked: list[int] = []
    monkeypatch.setattr(topup.settle, "defer", lambda payment_id: asked.append(payment_id))
    return asked


def payment(who: Subscriber, state: PaymentState, **fields: Any) -> Payment:
    return Payment.objects.create(
        account_id=who.account_id,
        channel="yookassa",
        amount_kop=500_00,
        state=state,
        idempotence_key=f"pay-{TOKEN}",
        submit_token=TOKEN,
        created_at=timezone.now(),
        **fields,
    )


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_form_leads_to_the_bank(world: World, browser: Browser, bank: Bank) -> None:
    anna = browser(world.anna)
    token = token_of(anna.get("/cabinet/pay/").content.decode())
    response = anna.post("/cabinet/pay/", {"sum": "500", "token": token})
    assert (response.status_code, response["Location"]) == (303, "https://yoomoney.ru/checkout?orderId=1")
    assert bank.asked == [
        {
            "account_id": world.anna.account_id,
            "amount_kop": 500_00,
            "submit_token": token,
            "return_url": f"http://testserver/cabinet/pay/{token}/",
            "by": topup.By(actor="100001", address="127.0.0.1"),
        }
    ]


def test_each_form_has_a_token_of_its_own(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    first, second = (token_of(anna.get("/cabinet/pay/").content.decode()) for _ in range(2))
    assert first != second
    assert len(first) == 32


@pytest.mark.parametrize("typed", ["12,345", "-5", "0", "", "пятьсот"])
def test_a_slip_costs_nothing_keeps_what_was_typed_and_the_token(
    world: World, browser: Browser, bank: Bank, typed: str
) -> None:
    response = browser(world.anna).post("/cabinet/pay/", {"sum": typed, "token": TOKEN})
    page = response.content.decode()
    assert response.status_code == 422
    assert bank.asked == []
    assert f'value="{typed}"' in page
    assert token_of(page) == TOKEN
    assert 'aria-invalid="true" aria-describedby="error_sum hint_sum"' in page
    assert 'id="error_sum"' in page


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (topup.UnderTheLimit(1_00), "не меньше 1,00 ₽"),
        (topup.OverTheLimit(350_000_00), "не больше 350 000,00 ₽. Разделите сумму"),
        (topup.FormUsed(), "уже отправлялась"),
        (topup.CardsAreOff(), "Оплата картой сейчас отключена"),
        (topup.BankSaidNo("invalid_request"), "Банк отклонил этот платёж. Деньги не списаны."),
    ],
)
def test_each_refusal_has_its_words(world: World, browser: Browser, bank: Bank, answer: Exception, said: str) -> None:
    bank.answer = answer
    response = browser(world.anna).post("/cabinet/pay/", {"sum": "500", "token": TOKEN})
    assert response.status_code == 422
    assert said in words(response)
    assert 'value="500"' in response.content.decode()


def test_a_form_once_used_is_replaced_by_a_fresh_one(world: World, browser: Browser, bank: Bank) -> None:
    bank.answer = topup.FormUsed()
    response = browser(world.anna).post("/cabinet/pay/", {"sum": "500", "token": TOKEN})
    assert token_of(response.content.decode()) != TOKEN


def test_a_silent_bank_leads_to_the_payments_own_page(
    world: World, browser: Browser, bank: Bank, settled: list[int]
) -> None:
    bank.answer = topup.BankDoesNotAnswer(1)
    anna = browser(world.anna)
    response = anna.post("/cabinet/pay/", {"sum": "500", "token": TOKEN})
    assert (response.status_code, response["Location"]) == (303, f"/cabinet/pay/{TOKEN}/")
    begun = payment(world.anna, PaymentState.NEW)
    page = anna.get(response["Location"])
    assert "Банк не отвечает" in words(page)
    assert "Ничего не потеряно: 500,00 ₽ не списаны" in words(page)
    # To try again is the same form: the same payment.
    assert token_of(page.content.decode()) == TOKEN
    assert settled == [begun.pk]


@pytest.mark.parametrize(("sent", "typed"), [("325,50", "325,50"), ("1e3", "1e3"), ('"><b>', "&#34;&gt;&lt;b&gt;")])
def test_the_sum_of_the_address_is_filled_in(world: World, browser: Browser, sent: str, typed: str) -> None:
    page = browser(world.anna).get("/cabinet/pay/", {"sum": sent}).content.decode()
    assert f'value="{typed}"' in page


def test_what_is_missing_is_the_first_ready_sum(world: World, browser: Browser) -> None:
    missing_kop = world.missing(world.boris)
    page = words(browser(world.boris).get("/cabinet/pay/"))
    sum_shown = f"{missing_kop // 100},{missing_kop % 100:02d} ₽"
    assert f"Не хватает {sum_shown}." in page
    assert page.index(f"{sum_shown} не хватает") < page.index("500,00 ₽")


def test_an_open_payment_waits_asks_the_bank_and_listens(world: World, browser: Browser, settled: list[int]) -> None:
    url = "https://yoomoney.ru/checkout?orderId=1"
    begun = payment(world.anna, PaymentState.PENDING, external_id="2d", confirmation_url=url)
    anna = browser(world.anna)
    page = anna.get(f"/cabinet/pay/{TOKEN}/")
    assert "Ждём ответа банка" in words(page)
    text = page.content.decode()
    assert f'sse-connect="/events/?last={events.last_id([f"contract:{world.anna.contract_id}"])}"' in text
    assert 'hx-trigger="sse:payment, every 10s"' in text
    assert 'aria-live="polite"' in text
    assert f'href="{url}"' in text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in text
    assert settled == [begun.pk]
    # The page's own looking again asks the bank no more: the schedule does.
    anna.get(f"/cabinet/pay/{TOKEN}/", headers={"HX-Request": "true"})
    assert settled == [begun.pk]


def test_a_paid_one_says_so_with_the_balance_and_rests(world: World, browser: Browser) -> None:
    payment(
        world.anna, PaymentState.SUCCEEDED, external_id="2d", transfer_id=1, transfer_on=world.today, on=world.today
    )
    page = browser(world.anna).get(f"/cabinet/pay/{TOKEN}/")
    assert "Оплачено: 500,00 ₽" in words(page)
    assert f"Баланс: {world.balance(world.anna) // 100:,}".replace(",", " ") in words(page)
    assert "sse-connect" not in page.content.decode()


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("insufficient_funds", "На карте не хватило денег"),
        ("3d_secure_failed", "Банк не получил код подтверждения"),
        ("never_reached_bank", "Банк не получил этот платёж"),
        ("a_word_of_tomorrow", "Банк не назвал причину"),
        ("", "Банк не назвал причину"),
    ],
)
def test_a_canceled_one_says_why_and_what_to_do(world: World, browser: Browser, reason: str, said: str) -> None:
    payment(world.anna, PaymentState.CANCELED, external_id="2d", cancel_reason=reason)
    page = browser(world.anna).get(f"/cabinet/pay/{TOKEN}/")
    assert "Платёж не прошёл" in words(page)
    assert said in words(page)
    assert 'href="/cabinet/pay/?sum=500"' in page.content.decode()


def test_a_parked_one_is_in_a_persons_hands(world: World, browser: Browser) -> None:
    payment(world.anna, PaymentState.PARKED, external_id="2d", note="sum differs")
    page = words(browser(world.anna).get(f"/cabinet/pay/{TOKEN}/"))
    assert "Мы проверяем этот платёж" in page
    assert "8 (800) 000-00-00" in page
    assert "sum differs" not in page


def test_a_strangers_payment_is_not_found_like_one_that_never_was(world: World, browser: Browser) -> None:
    payment(world.anna, PaymentState.CANCELED, external_id="2d")
    boris: Client = browser(world.boris)
    assert boris.get(f"/cabinet/pay/{TOKEN}/").status_code == 404
    assert boris.get("/cabinet/pay/nothing-of-the-kind/").status_code == 404
    assert boris.get("/cabinet/pay/%00/").status_code == 404
