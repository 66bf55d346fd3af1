"""The payer's page by plain HTTP, as a browser without scripts would use it."""

import html
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sandbox import testing
from sandbox.tests import shop as shops
from sandbox.tests.receiver import Receiver
from sandbox.tests.shop import Shop


def inputs(page: str) -> dict[str, str]:
    """name → value of the form's fields."""
    tags = re.findall(r"<input\b[^>]*>", page)
    pairs = [(re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in tags]
    return {name[1]: html.unescape(value[1]) for name, value in pairs if name and value}


def errors(page: str) -> dict[str, str]:
    """Field → the message beside it."""
    return dict(re.findall(r'id="(\w+)_error">([^<]*)<', page))


def test_the_page_says_who_asks_how_much_and_for_what(shop: Shop) -> None:
    payment = shop.create("1500.00", description="Договор 100001 <b>&")
    answer = shop.client.get(shops.page(payment))
    assert answer.status_code == 200
    assert '<html lang="ru">' in answer.text
    assert "Тестовый магазин 100500" in answer.text
    assert "1\N{NO-BREAK SPACE}500,00\N{NO-BREAK SPACE}₽" in answer.text
    assert "Договор 100001 &lt;b&gt;&amp;" in answer.text
    assert "<script" not in answer.text
    assert f'href="{shops.RETURN_URL}"' in answer.text
    assert set(inputs(answer.text)) == {"card_number", "expiry", "cvc"}


def test_the_button_says_what_it_does(shop: Shop) -> None:
    page = shop.client.get(shops.page(shop.create("500.00"))).text
    assert "Оплатить 500,00\N{NO-BREAK SPACE}₽</button>" in page


@pytest.mark.parametrize("how", ["address", "shop"])
def test_the_page_speaks_english_when_asked(shop: Shop, how: str) -> None:
    confirmation = {"type": "redirect", "return_url": shops.RETURN_URL}
    if how == "shop":
        confirmation["locale"] = "en_US"
    payment = shop.create(confirmation=confirmation)
    query = "?lang=en" if how == "address" else ""
    page = shop.client.get(f"{shops.page(payment)}{query}").text
    assert "Pay 500.00\N{NO-BREAK SPACE}₽</button>" in page
    assert f'action="{shops.page(payment)}{query}"' in page
    answer = shop.client.post(f"{shops.page(payment)}{query}", data={})
    assert "Type the card&#39;s number" in answer.text


def test_the_policy_lets_the_form_lead_back_to_the_shop_and_nowhere_else(shop: Shop) -> None:
    policy = shop.client.get(shops.page(shop.create())).headers["content-security-policy"]
    assert policy == (
        "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none';"
        " form-action 'self' http://localhost:8000"
    )


@pytest.mark.parametrize(("return_host", "host"), [("localhost", "localhost"), ("127.0.0.1", "127.0.0.1")])
def test_the_page_stands_on_the_host_the_payer_came_by(
    shop: Shop, bank: testing.Running, return_host: str, host: str
) -> None:
    confirmation = {"type": "redirect", "return_url": f"http://{return_host}:8000/cabinet/"}
    address = shop.create(confirmation=confirmation)["confirmation"]["confirmation_url"]
    assert address.startswith(f"http://{host}:{bank.port}/bank/pay/")


def test_a_test_card_fills_the_form_and_the_form_pays(shop: Shop) -> None:
    payment = shop.create()
    page = shop.client.get(f"{shops.page(payment)}?card=pays").text
    filled = inputs(page)
    assert filled["card_number"] == "5555 5555 5555 4444"
    answer = shop.client.post(shops.page(payment), data=filled)
    assert (answer.status_code, answer.headers["location"]) == (303, shops.RETURN_URL)
    assert shop.read(payment["id"])["status"] == "succeeded"


@pytest.mark.parametrize("card", ["pays", "pays_visa", "pays_mir"])
def test_cards_that_pay_at_once(shop: Shop, card: str) -> None:
    payment = shop.paid(card=card)
    assert (payment["status"], payment["amount"], payment["paid"]) == ("succeeded", shops.rub("500.00"), True)


@pytest.mark.parametrize(
    ("card", "party"),
    [
        ("insufficient_funds", "payment_network"),
        ("general_decline", "payment_network"),
        ("card_expired", "payment_network"),
        ("fraud_suspected", "payment_network"),
        ("invalid_csc", "payment_network"),
        ("issuer_unavailable", "payment_network"),
        ("payment_method_limit_exceeded", "payment_network"),
        ("country_forbidden", "yoo_money"),
        ("3d_secure_failed", "payment_network"),
    ],
)
def test_cards_that_are_declined_lead_back_too(shop: Shop, card: str, party: str) -> None:
    payment = shop.create()
    assert shop.pay(payment, card).headers["location"] == shops.RETURN_URL
    declined = shop.read(payment["id"])
    assert (declined["status"], declined["paid"], declined["refundable"]) == ("canceled", False, False)
    assert declined["cancellation_details"] == {"party": party, "reason": card}


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"card_number": ""}, {"card_number": "Введите номер карты"}),
        ({"card_number": "4242 4242 4242 4241"}, {"card_number": "Номер не сходится: проверьте цифры"}),
        ({"card_number": "5555"}, {"card_number": "В номере карты от 13 до 19 цифр"}),
        ({"card_number": "5555 5555 5555 44ЧЧ"}, {"card_number": "В номере карты от 13 до 19 цифр"}),
        ({"expiry": "10/20"}, {"expiry": "Срок карты истёк: проверьте дату или возьмите другую карту"}),
        ({"expiry": "13/49"}, {"expiry": "Введите месяц и год, например 12/29"}),
        ({"cvc": "12"}, {"cvc": "Три цифры с обратной стороны карты"}),
    ],
)
def test_a_slip_is_told_beside_its_field_and_charges_nothing(
    shop: Shop, typed: dict[str, str], wrong: dict[str, str]
) -> None:
    payment = shop.create()
    sent = {**shops.typed("pays"), **typed}
    answer = shop.client.post(shops.page(payment), data=sent)
    assert answer.status_code == 422
    assert errors(answer.text) == wrong
    assert inputs(answer.text) == sent  # what was typed stays
    (field,) = wrong
    assert f'aria-invalid="true" aria-describedby="{field}_error" autofocus' in answer.text
    assert shop.read(payment["id"])["status"] == "pending"
    assert shop.pay(payment).status_code == 303


def test_all_slips_at_once(shop: Shop) -> None:
    answer = shop.client.post(shops.page(shop.create()), data={})
    assert set(errors(answer.text)) == {"card_number", "expiry", "cvc"}


def test_a_real_card_is_not_taken_and_not_kept(shop: Shop, bank: testing.Running) -> None:
    number = "4556737586899855"
    answer = shop.client.post(shops.page(shop.create()), data={**shops.typed("pays"), "card_number": number})
    assert "возьмите тестовую карту" in errors(answer.text)["card_number"]
    shop.paid()
    kept = b"".join(path.read_bytes() for path in bank.home.iterdir())
    assert number.encode() not in kept
    assert b"5555555555554444" not in kept


class TestThreeDSecure:
    def ask(self, shop: Shop, payment: dict[str, object]) -> str:
        answer = shop.pay(payment, "three_d_secure")
        assert answer.status_code == 303
        address = answer.headers["location"]
        assert address == f"{shops.page(payment)}3ds/"
        assert set(re.findall(r'name="(\w+)"', shop.client.get(address).text)) >= {"code"}
        assert shop.read(str(payment["id"]))["status"] == "pending"
        return address

    def test_the_right_code_pays(self, shop: Shop, receiver: Receiver) -> None:
        payment = shop.create()
        answer = shop.client.post(self.ask(shop, payment), data={"code": " 123 "})
        assert (answer.status_code, answer.headers["location"]) == (303, shops.RETURN_URL)
        paid = shop.read(payment["id"])
        assert paid["status"] == "succeeded"
        assert paid["authorization_details"]["three_d_secure"] == {"applied": True}
        assert receiver.wait_for(1)[0]["object"] == paid

    def test_a_wrong_code_cancels(self, shop: Shop) -> None:
        payment = shop.create()
        address = self.ask(shop, payment)
        assert shop.client.post(address, data={"code": "124"}).headers["location"] == shops.RETURN_URL
        canceled = shop.read(payment["id"])
        assert canceled["cancellation_details"] == {"party": "payment_network", "reason": "3d_secure_failed"}
        shop.client.post(address, data={"code": "123"})
        assert shop.read(payment["id"]) == canceled

    def test_an_empty_code_asks_again(self, shop: Shop) -> None:
        payment = shop.create()
        answer = shop.client.post(self.ask(shop, payment), data={"code": ""})
        assert (answer.status_code, errors(answer.text)) == (422, {"code": "Введите код из сообщения"})
        assert shop.read(payment["id"])["status"] == "pending"

    def test_the_code_page_without_a_card_leads_to_the_form(self, shop: Shop) -> None:
        payment = shop.create()
        answer = shop.client.get(f"{shops.page(payment)}3ds/")
        assert (answer.status_code, answer.headers["location"]) == (303, shops.page(payment))
        shop.client.post(f"{shops.page(payment)}3ds/", data={"code": "123"})
        assert shop.read(payment["id"])["status"] == "pending"

    def test_the_payer_may_take_another_card(self, shop: Shop) -> None:
        payment = shop.create()
        address = self.ask(shop, payment)
        shop.pay(payment, "pays_visa")
        shop.client.post(address, data={"code": "000"})
        paid = shop.read(payment["id"])
        assert (paid["status"], paid["payment_method"]["card"]["last4"]) == ("succeeded", "4242")


class TestTwice:
    def test_a_second_submit_pays_nothing_and_leads_back(self, shop: Shop, receiver: Receiver) -> None:
        payment = shop.create()
        first, second = shop.pay(payment), shop.pay(payment)
        assert [first.headers["location"], second.headers["location"]] == [shops.RETURN_URL] * 2
        marker = shop.paid()
        assert [item["object"]["id"] for item in receiver.wait_for(2)] == [payment["id"], marker["id"]]

    @pytest.mark.parametrize("card", ["pays", "early"])
    def test_many_submits_at_once_pay_once(
        self, shop: Shop, bank: testing.Running, receiver: Receiver, card: str
    ) -> None:
        """The early card holds the change back for a second, in which all the others come."""
        payment = shop.create()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: shop.pay(payment, card), range(16)))
        assert {answer.headers["location"] for answer in answers} == {shops.RETURN_URL}
        receiver.wait_for(1)
        assert shop.read(payment["id"])["status"] == "succeeded"
        assert len(bank.control("notifications")) == 1
        assert len(receiver.bodies) == 1

    def test_another_card_after_the_first_changes_nothing(self, shop: Shop) -> None:
        paid = shop.paid()
        shop.pay(paid, "insufficient_funds")
        assert shop.read(paid["id"]) == paid

    @pytest.mark.parametrize(
        ("card", "says"), [("pays", "Платёж выполнен"), ("insufficient_funds", "не хватает денег")]
    )
    def test_a_finished_payment_shows_how_it_ended(self, shop: Shop, card: str, says: str) -> None:
        payment = shop.create()
        shop.pay(payment, card)
        answer = shop.client.get(shops.page(payment))
        assert answer.status_code == 200
        assert says in answer.text
        assert "<form" not in answer.text


def test_leaving_the_page_leaves_the_payment_waiting(shop: Shop) -> None:
    payment = shop.create()
    shop.client.get(shops.page(payment))
    assert shop.read(payment["id"])["status"] == "pending"


@pytest.mark.parametrize("path", ["/bank/pay/no-such-payment/", "/bank/pay/no-such-payment/3ds/"])
def test_an_unknown_payment_has_no_page(bank: testing.Running, path: str) -> None:
    assert httpx.get(f"{bank.base_url}{path}", trust_env=False).status_code == 404


def test_the_front_page_lists_payments_and_cards(shop: Shop) -> None:
    paid, waiting = shop.paid("700.00"), shop.create("800.00")
    page = shop.client.get("/bank/").text
    assert "700,00\N{NO-BREAK SPACE}₽" in page
    assert "оплачен" in page
    assert waiting["confirmation"]["confirmation_url"] in page
    assert shops.page(paid) not in page
    assert "2202 0000 0000 0309" in page
