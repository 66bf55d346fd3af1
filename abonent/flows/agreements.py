"""What a subscriber agrees to when he binds a card or switches autopay on: shown to him, kept word for word."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from abonent.payments.cards import Words

VERSION = "2026-11-22"  # changes with the words


def to_bind() -> Words:
    return _words(
        _(
            "I let %(operator)s keep a card or an account bound at the bank, to top up my contract from it when I ask "
            "for it or by autopay that I switch on myself. The number of the card is known to the bank only. I can "
            "unbind it in my account at any time."
        )
    )


def to_autopay() -> Words:
    return _words(
        _(
            "I let %(operator)s debit the chosen card without asking me each time, by the rules and within the limit "
            "set here. I am told of each debit a day before it and can call it off. I can switch autopay off in my "
            "account at any time."
        )
    )


def _words(text: str) -> Words:
    language = "en" if (translation.get_language() or "ru").startswith("en") else "ru"
    return Words(VERSION, language, text % {"operator": settings.PROFILE.legal_name.get(language)})
