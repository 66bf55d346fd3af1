"""SMSC.ru's form of sending, and the inbox that shows what was sent."""

import httpx
import pytest

from sandbox import testing
from sandbox.sms import gateway

SIGNED = {"login": testing.SMS_LOGIN, "psw": testing.SMS_PASSWORD, "charset": "utf-8", "fmt": "3"}


def send(bank: testing.Running, **fields: str) -> httpx.Response:
    message = {"phones": "79161234567", "mes": "Код 1234", "id": "17"}
    return httpx.post(bank.sms_url, data={**SIGNED, **message, **fields}, trust_env=False)


def test_a_message_is_stored_before_it_is_answered(bank: testing.Running) -> None:
    assert send(bank).json() == {"id": 17, "cnt": 1}
    (message,) = bank.sms()
    assert (message["id"], message["phone"], message["text"]) == (17, "79161234567", "Код 1234")


def test_a_repeat_of_the_id_is_stored_once_and_answers_the_same(bank: testing.Running) -> None:
    assert [send(bank).json() for _ in range(3)] == [{"id": 17, "cnt": 1}] * 3
    assert len(bank.sms()) == 1


def test_an_id_used_again_for_other_words_loses_nothing(bank: testing.Running) -> None:
    send(bank)
    send(bank, mes="Код 5678")
    assert [message["text"] for message in bank.sms()] == ["Код 5678", "Код 1234"]


def test_several_phones_in_any_form(bank: testing.Running) -> None:
    answer = send(bank, phones="+7 (916) 123-45-67; 89031112233,79161234567")
    assert answer.json() == {"id": 17, "cnt": 2}
    assert {message["phone"] for message in bank.sms()} == {"79161234567", "79031112233"}


def test_messages_without_an_id_get_their_own(bank: testing.Running) -> None:
    first, second = (send(bank, id="").json()["id"] for _ in range(2))
    assert (first, second) == (gateway.FIRST_OWN_ID, gateway.FIRST_OWN_ID + 1)
    assert len(bank.sms()) == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"psw": "wrong"}, 2),
        ({"login": "wrong"}, 2),
        ({"login": "", "psw": ""}, 2),
        ({"phones": ""}, 1),
        ({"phones": "12345"}, 7),
        ({"phones": "79161234567,anna"}, 7),
        ({"mes": ""}, 1),
        ({"mes": "x" * 1001}, 1),
        ({"id": "-1"}, 1),
        ({"id": "2147483648"}, 1),
    ],
)
def test_a_refusal_has_smscs_code_and_stores_nothing(bank: testing.Running, fields: dict[str, str], code: int) -> None:
    answer = send(bank, **fields)
    assert answer.status_code == 200
    assert answer.json()["error_code"] == code
    assert answer.json()["error"]
    assert bank.sms() == []


def test_without_fmt_the_answer_is_plain(bank: testing.Running) -> None:
    assert send(bank, fmt="").text == "OK - 1 SMS, ID - 17"
    assert send(bank, fmt="", psw="wrong").text == "ERROR = 2 (authorise error)"


def test_smscs_own_charset_is_windows_1251(bank: testing.Running) -> None:
    query = {**SIGNED, "phones": "79161234567", "id": "1"}
    del query["charset"]
    words = "".join(f"%{byte:02X}" for byte in "Привет".encode("cp1251"))
    httpx.get(f"{bank.sms_url}?{httpx.QueryParams(query)}&mes={words}", trust_env=False)
    assert [message["text"] for message in bank.sms()] == ["Привет"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),  # 153 + 8
        ("a" * 306, 2),  # 2 × 153
        ("a" * 307, 3),
        ("я" * 70, 1),
        ("я" * 71, 2),  # 67 + 4
        ("я" * 134, 2),  # 2 × 67
        ("я" * 135, 3),
    ],
)
def test_parts_are_counted_as_the_phones_network_does(text: str, parts: int) -> None:
    assert gateway.parts_of(text) == parts


class TestInbox:
    def page(self, bank: testing.Running, query: str = "") -> str:
        return httpx.get(f"{bank.base_url}/sms/{query}", trust_env=False).text

    def test_newest_first_and_by_phone(self, bank: testing.Running) -> None:
        send(bank, id="1", mes="first")
        send(bank, id="2", mes="second", phones="79031112233")
        page = self.page(bank)
        assert page.index("second") < page.index("first")
        page = self.page(bank, "?phone=%2B7+903")
        assert "second" in page
        assert "first" not in page
        assert [message["text"] for message in bank.sms("79161234567")] == ["first"]

    def test_an_empty_inbox_says_what_will_be_here(self, bank: testing.Running) -> None:
        assert "Здесь появятся коды" in self.page(bank)
        send(bank)
        assert "На такой номер сообщений нет" in self.page(bank, "?phone=999")

    def test_words_are_shown_as_words(self, bank: testing.Running) -> None:
        send(bank, mes="<script>alert(1)</script>")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in self.page(bank)
        assert "<script" not in self.page(bank)
