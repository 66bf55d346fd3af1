"""Letters by real SMTP, and the inbox that shows their words and never their HTML."""

import smtplib
from email.message import EmailMessage

import httpx
import pytest

from sandbox import testing
from sandbox.mail import letters


def letter(subject: str = "Счёт пополнен", text: str = "Зачислено 500,00 ₽") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Провайдер <noreply@provider.example>"
    message["To"] = "anna@example.org"
    message["Subject"] = subject
    message.set_content(text)
    return message


def send(bank: testing.Running, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", bank.smtp_port, timeout=10) as server:
        server.send_message(message)


def page(bank: testing.Running, path: str = "") -> httpx.Response:
    return httpx.get(f"{bank.base_url}/mail/{path}", trust_env=False)


def test_a_letter_is_there_when_its_sender_is_answered(bank: testing.Running) -> None:
    send(bank, letter())
    (found,) = bank.letters()
    assert found["from"] == "noreply@provider.example"
    assert found["to"] == ["anna@example.org"]
    assert found["subject"] == "Счёт пополнен"
    assert found["text"].strip() == "Зачислено 500,00 ₽"
    assert found["headers"]["From"] == "Провайдер <noreply@provider.example>"


def test_letters_are_newest_first_and_by_recipient(bank: testing.Running) -> None:
    send(bank, letter("one"))
    other = letter("two")
    other.replace_header("To", "boris@example.org")
    send(bank, other)
    assert [found["subject"] for found in bank.letters()] == ["two", "one"]
    assert [found["subject"] for found in bank.letters("anna@example.org")] == ["one"]
    text = page(bank).text
    assert text.index("two") < text.index("one")


def test_a_letter_shows_its_plain_words(bank: testing.Running) -> None:
    message = letter(text="plain <b>words</b>")
    message.add_alternative("<p>html words</p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="счёт.pdf")
    send(bank, message)
    text = page(bank, f"{bank.letters()[0]['id']}/").text
    assert "plain &lt;b&gt;words&lt;/b&gt;" in text
    assert "html words" not in text
    assert "счёт.pdf" in text


def test_html_is_shown_as_words_only(bank: testing.Running) -> None:
    message = letter()
    message.set_content(
        "<head><style>p{}</style></head><p>Code <b>12</b></p><script>alert(1)</script>"
        '<p><a href="http://localhost:8000/x/">open</a></p><img src=x onerror=alert(1)>',
        subtype="html",
    )
    send(bank, message)
    text = page(bank, f"{bank.letters()[0]['id']}/").text
    assert "Code 12\n[http://localhost:8000/x/] open" in text
    assert "alert(1)" not in text
    assert "onerror" not in text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"Subject: =?utf-9?B?###?=\nContent-Type: text/plain; charset=klingon\n\n\xff\xfe",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n--x--",
        b"From: <<<>>>\nTo: ;;;@\nDate: never\n\nwords",
        b"Content-Transfer-Encoding: base64\n\n!!!",
    ],
)
def test_a_broken_letter_breaks_no_page(bank: testing.Running, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", bank.smtp_port, timeout=10) as server:
        server.sendmail("a@b.example", ["c@d.example"], raw)
    assert page(bank).status_code == 200
    assert page(bank, f"{bank.letters()[0]['id']}/").status_code == 200


def test_an_unknown_letter_has_no_page(bank: testing.Running) -> None:
    assert [page(bank, path).status_code for path in ("999/", f"{10**30}/", "x/")] == [404, 404, 404]


def test_an_empty_inbox_says_what_will_be_here(bank: testing.Running) -> None:
    assert "Здесь появятся письма провайдера" in page(bank).text


def test_the_words_of_html() -> None:
    assert letters.stripped("<div>a  b<br>c</div><title>t</title>d &amp; e") == "a b\ncd & e"
