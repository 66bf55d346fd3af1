"""The language, the theme, and where their forms lead back."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db  # the contacts' page asks the clock, which the demo moves
HOSTILE = ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "", "evil"]


def test_the_page_is_russian_whatever_the_browser_prefers() -> None:
    response = Client().get("/contacts/", headers={"Accept-Language": "en-US,en;q=0.9"})
    assert response["Content-Language"] == "ru"
    assert "Контакты" in response.content.decode()
    assert "Cookie" in response["Vary"]


def test_the_switch_is_remembered() -> None:
    reader = Client()
    response = reader.post("/language/", {"language": "en", "next": "/contacts/?from=footer"})
    assert (response.status_code, response["Location"]) == (303, "/contacts/?from=footer")
    page = reader.get("/contacts/")
    assert page["Content-Language"] == "en"
    assert "<h1>Contacts</h1>" in page.content.decode()
    cookie = reader.cookies["language"]
    assert cookie["max-age"] == 365 * 24 * 3600
    assert cookie["httponly"] is True


def test_an_unknown_language_changes_nothing() -> None:
    reader = Client()
    reader.post("/language/", {"language": "xx", "next": "/"})
    assert "language" not in reader.cookies
    reader.cookies["language"] = "../../etc"
    assert reader.get("/contacts/")["Content-Language"] == "ru"


def test_a_reader_does_not_change_the_next_ones_language() -> None:
    english = Client()
    english.cookies["language"] = "en"
    english.get("/contacts/")
    assert Client().get("/contacts/")["Content-Language"] == "ru"


@pytest.mark.parametrize("wanted", HOSTILE)
@pytest.mark.parametrize(("address", "field"), [("/language/", "language"), ("/theme/", "theme")])
def test_the_switches_lead_to_no_other_site(address: str, field: str, wanted: str) -> None:
    response = Client().post(address, {field: "en", "next": wanted})
    assert (response.status_code, response["Location"]) == (303, "/")


def test_a_look_is_not_a_switch() -> None:
    assert Client().get("/language/").status_code == 405
    assert Client().get("/theme/").status_code == 405


@pytest.mark.parametrize(
    ("theme", "said"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("auto", "")]
)
def test_the_theme_is_remembered_and_said_to_the_stylesheet(theme: str, said: str) -> None:
    reader = Client()
    reader.post("/theme/", {"theme": theme, "next": "/contacts/"})
    assert f'<html lang="ru"{said}>' in reader.get("/contacts/").content.decode()


def test_an_odd_theme_in_the_cookie_never_reaches_the_page() -> None:
    reader = Client()
    reader.cookies["theme"] = '"><script>'
    assert '<html lang="ru">' in reader.get("/contacts/").content.decode()
