"""Sign our letters (DKIM, RFC 6376: rsa-sha256, relaxed/relaxed), where the operator's mail server does not.

A key in the settings is enough; without one the letter goes as it is, and the mail server signs. The signature's
domain is that of From, so that it is aligned (DMARC). A second `from` in what is signed keeps anybody from adding
another From.
"""

import base64
import functools
import hashlib
import re
import time
from email.utils import parseaddr
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp as django_smtp
from django.core.mail.message import sanitize_address

SIGNED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "mime-version",
    "content-type", "content-transfer-encoding", "auto-submitted", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_SPACES = re.compile(rb"[ \t]+")


class UnableToSign(Exception):
    """The key of the settings is none."""


class Backend(django_smtp.EmailBackend):
    """Django's, with a signature on what goes over the wire."""

    def _send(self, email_message: EmailMessage) -> bool:
        """As Django's own, which offers no place between the letter's bytes and their sending."""
        if not email_message.recipients():
            return False
        encoding = email_message.encoding or settings.DEFAULT_CHARSET
        sender = sanitize_address(email_message.from_email, encoding)
        to = [sanitize_address(one, encoding) for one in email_message.recipients()]
        assert self.connection is not None
        letter = email_message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own takes it
        self.connection.sendmail(sender, to, signed(letter))
        return True


def signed(letter: bytes) -> bytes:
    """The letter with its signature; as it is where no key is set.   Raises UnableToSign."""
    if not settings.DKIM_KEY_FILE:
        return letter
    key = _key(settings.DKIM_KEY_FILE)
    return header(letter, key=key, selector=settings.DKIM_SELECTOR, at=int(time.time())) + letter


def header(letter: bytes, *, key: rsa.RSAPrivateKey, selector: str, at: int) -> bytes:
    """The line DKIM-Signature for a letter with \\r\\n at its ends of lines.   at: seconds of Unix."""
    head, _blank, body = letter.partition(b"\r\n\r\n")
    lines = [one.partition(b":") for one in _FOLD.sub(b"", head).split(b"\r\n")]
    found = {name.strip().lower().decode("ascii"): value for name, _colon, value in lines}
    domain = parseaddr(found["from"].decode("ascii", "replace"))[1].rpartition("@")[2]
    names = [one for one in SIGNED if one in found]
    tags = (
        f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector}; t={at}; "
        f"h={':'.join([*names, 'from'])}; bh={_base64(hashlib.sha256(relaxed_body(body)).digest())}; b="
    )
    told = b"".join(_relaxed(one, found[one]) + b"\r\n" for one in names) + _relaxed("dkim-signature", tags.encode())
    signature = _base64(key.sign(told, padding.PKCS1v15(), hashes.SHA256()))
    # Folded where spaces stand anyway: a relaxed reader joins it again.
    folded = tags.replace("; ", ";\r\n\t")
    parts = [signature[place : place + 72] for place in range(0, len(signature), 72)]
    return "DKIM-Signature: {}{}\r\n".format(folded, "\r\n\t ".join(parts)).encode()


def relaxed_body(body: bytes) -> bytes:
    lines = [_SPACES.sub(b" ", one).rstrip(b" ") for one in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(one + b"\r\n" for one in lines)


def _relaxed(name: str, value: bytes) -> bytes:
    return name.encode() + b":" + _SPACES.sub(b" ", value).strip()


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


@functools.cache
def _key(file: str) -> rsa.RSAPrivateKey:
    try:
        found = serialization.load_pem_private_key(Path(file).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise UnableToSign(f"{file}: {type(error).__name__}") from error
    if not isinstance(found, rsa.RSAPrivateKey):
        raise UnableToSign(f"{file}: not an RSA key")
    return found
