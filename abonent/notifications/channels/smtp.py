"""E-mail by the operator's mail server (Django's SMTP backend, signed where a key is set, and its EMAIL_* settings)."""

import re
import smtplib
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from abonent.notifications.channels import message as messages
from abonent.notifications.channels.message import Message

BACKEND = "abonent.notifications.channels.signed_smtp.Backend"


def send(message: Message) -> None:
    """Hand one letter to the mail server.

    Its Message-ID comes from the notice's key, so that a repeat is one letter to whoever looks.
    Raises UnableToSend, or UnableToEverSend when the server refuses this recipient or this letter for good.
    """
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    letter = EmailMessage(
        subject=message.subject,
        body=message.body,
        from_email=formataddr((settings.PROFILE.brand, sender)),
        to=[message.address],
        headers={
            "Message-ID": f"<{re.sub(r'[^A-Za-z0-9._-]', '.', message.key)}@{sender.rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
            **_refusal(message.refusal_url),
        },
        connection=get_connection(BACKEND),
    )
    for name, content, content_type in message.attachments:
        letter.attach(name, content, content_type)
    try:
        letter.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise _refused(code, answer) from error
    except smtplib.SMTPDataError as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise messages.UnableToSend(f"SMTP: {type(error).__name__}: {error}") from error


def _refusal(url: str) -> dict[str, str]:
    """RFC 2369 and 8058: the reader's program shows a button, and a POST without questions stops it."""
    if not url:
        return {}
    return {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }


def _refused(code: int, answer: bytes | str) -> messages.UnableToSend:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return (messages.UnableToEverSend if code >= 500 else messages.UnableToSend)(f"SMTP {code}: {said}")
