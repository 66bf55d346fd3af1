"""What the browser is told it may do."""

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from abonent.core import profile
from abonent.ui import csp


def directives() -> dict[str, list[str]]:
    return {name: rest for name, *rest in (part.split() for part in csp.policy().split("; "))}


def test_nothing_inline_nothing_foreign() -> None:
    assert directives()["default-src"] == ["'self'"]
    assert directives()["connect-src"] == ["'self'"]
    assert directives()["frame-ancestors"] == ["'none'"]
    assert directives()["object-src"] == ["'none'"]
    assert directives()["base-uri"] == ["'none'"]
    assert "unsafe" not in csp.policy()


def test_forms_may_lead_to_the_bank_of_the_profile(settings: Settings) -> None:
    settings.SANDBOX = False
    assert directives()["form-action"] == ["'self'", "https://yoomoney.ru", "https://*.yookassa.ru"]


def test_in_the_sandbox_forms_may_lead_to_its_bank_by_both_names(settings: Settings) -> None:
    settings.SANDBOX, settings.SANDBOX_URL = True, "http://localhost:8001"
    assert directives()["form-action"][-2:] == ["http://localhost:8001", "http://127.0.0.1:8001"]


@pytest.mark.django_db  # the contacts ask the clock, which the demo moves
def test_the_header_stands_on_pages_errors_and_redirects() -> None:
    anybody = Client()
    for address in ("/contacts/", "/nowhere/", "/language/", "/healthz", "/cabinet/"):
        assert anybody.get(address)["Content-Security-Policy"] == csp.policy(), address


def test_both_profiles_name_their_banks_hosts() -> None:
    for name in ("skynet", "spnet"):
        assert profile.load(name).card.confirmation_hosts
    assert settings.PROFILE.key in {"skynet", "spnet"}
