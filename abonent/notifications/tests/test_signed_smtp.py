"""DKIM: a letter that goes out is signed where a key is set, and a changed one is told from it.

The signatures were read by dkimpy 1.1.8 too (2026-11-22): true, and false of a letter that was changed.
"""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from abonent.notifications.channels import signed_smtp, smtp
from abonent.notifications.channels.message import Message
from sandbox import testing

LETTER = Message(17, "resumed:17", "resumed", "anna@example.ru", "Услуги  снова работают", "Здравствуйте!\n\nЖдём  \n")


def verify(letter: bytes, key: rsa.RSAPublicKey) -> str:
    """The domain that signed it, as a reader of RFC 6376 finds it.   Raises InvalidSignature."""
    head, _blank, body = letter.partition(b"\r\n\r\n")
    lines = re.sub(rb"\r\n[ \t]+", b" ", head).split(b"\r\n")
    named = [
        (name.lower().strip(), b" ".join(value.split())) for name, _colon, value in (x.partition(b":") for x in lines)
    ]
    known = dict(reversed(named))
    own = known[b"dkim-signature"]
    tags = dict(part.strip().split(b"=", 1) for part in own.split(b";"))
    kept = re.sub(rb"[ \t]+", b" ", body).replace(b" \r\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"
    assert base64.b64decode(tags[b"bh"]) == hashlib.sha256(kept).digest(), "the body is another"
    names = list(dict.fromkeys(tags[b"h"].split(b":")))
    told = b"".join(name + b":" + known[name] + b"\r\n" for name in names)
    told += b"dkim-signature:" + own[: own.rindex(b"b=") + 2]
    key.verify(base64.b64decode(tags[b"b"].replace(b" ", b"")), told, padding.PKCS1v15(), hashes.SHA256())
    return tags[b"d"].decode()


def test_what_goes_over_the_wire_is_signed_in_the_name_of_from(tmp_path: Path, settings: Any, monkeypatch: Any) -> None:
    key = rsa.generate_private_key(65537, 1024)
    file = tmp_path / "dkim.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    with testing.start(tmp_path / "sandbox") as running:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.smtp_port
        settings.DEFAULT_FROM_EMAIL = "help@skynet.example"
        sent: list[bytes] = []
        plain = signed_smtp.signed

        def noted(letter: bytes) -> bytes:
            sent.append(plain(letter))
            return sent[-1]

        monkeypatch.setattr(signed_smtp, "signed", noted)
        smtp.send(LETTER)
        settings.DKIM_KEY_FILE, settings.DKIM_SELECTOR = str(file), "mail"
        smtp.send(LETTER._replace(key="resumed:18"))
        assert [one["subject"] for one in running.letters("anna@example.ru")] == [LETTER.subject] * 2
    unsigned, signed = sent
    assert b"DKIM-Signature" not in unsigned
    assert verify(signed, key.public_key()) == "skynet.example"
    with pytest.raises(InvalidSignature):
        verify(signed.replace(b"auto-generated", b"auto-replied"), key.public_key())
    settings.DKIM_KEY_FILE = str(tmp_path / "nothing.pem")
    with pytest.raises(signed_smtp.UnableToSign):
        signed_smtp.signed(unsigned)
