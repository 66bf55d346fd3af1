"""To which text of the policy somebody has agreed when he asked to be connected."""

import hashlib

from django.conf import settings

BY_PHONE = "phone:"  # the manager asked, and has ticked that the answer was yes


def of_page(language: str) -> str:
    """The text in force, by its page, language and the hash of its words: "privacy:ru:0123456789abcdef"."""
    text = settings.PROFILE.page("privacy", language)
    return f"privacy:{language}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def by_phone(language: str) -> str:
    """The same, told by phone: "phone:privacy:ru:0123456789abcdef"."""
    return f"{BY_PHONE}{of_page(language)}"
