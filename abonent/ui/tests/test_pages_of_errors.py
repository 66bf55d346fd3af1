"""What stands on the page when something went wrong, and what is written in the log of it."""

import json
import logging
from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from psycopg_pool import PoolTimeout
from pytest_django.fixtures import Settings

from abonent.core import log
from abonent.ui import errors
from abonent.urls import *  # noqa: F403  # the handlers too: they are looked for beside the addresses
from abonent.urls import urlpatterns as every_address


def raising(error: Exception) -> HttpResponse:
    raise error


def pool_ran_out(request: HttpRequest) -> HttpResponse:
    try:
        raise PoolTimeout("couldn't get a connection after 5.00 sec")
    except PoolTimeout as error:
        raise OperationalError(str(error)) from error


urlpatterns = [
    path("broken/<str:secret>/", lambda request, secret: raising(ValueError("of the code"))),
    path("refused/", lambda request: raising(PermissionDenied())),
    path("odd/", lambda request: raising(SuspiciousOperation("x"))),
    path("busy/", pool_ran_out),
    path("form/", lambda request: HttpResponse("done")),
    *every_address,
]


class Lines(logging.Handler):
    """What the log would have written."""

    def __init__(self) -> None:
        super().__init__()
        self.formatter = log.JsonFormatter()
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Everything that any logger says from now on."""
    lines, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(lines)
    root.setLevel(logging.INFO)
    yield lines.written
    root.removeHandler(lines)
    root.setLevel(level)


@pytest.fixture
def anybody(settings: Settings) -> Client:
    """A browser; the database is closed to these tests, and no page asks for it."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/nowhere/", 404, "Такой страницы нет"),
        ("/refused/", 403, "Эта страница вам не открыта"),
        ("/odd/", 400, "Мы не поняли этот запрос"),
        ("/broken/x/", 500, "У нас что-то сломалось"),
        ("/busy/", 503, "Слишком много желающих сразу"),
    ],
)
def test_each_error_has_a_page_with_the_support_phone_and_a_way_back(
    anybody: Client, address: str, status: int, title: str
) -> None:
    response = anybody.get(address)
    page = response.content.decode()
    assert response.status_code == status
    assert title in page
    assert "8 (800) 000-00-00" in page
    assert 'href="/cabinet/"' in page
    assert response["Content-Security-Policy"].startswith("default-src 'self'")


def test_an_overload_says_when_to_come_again(anybody: Client) -> None:
    assert anybody.get("/busy/")["Retry-After"] == "5"


def test_a_form_of_another_site_is_refused_kindly(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    response = Client(enforce_csrf_checks=True).post("/form/", {"x": "1"})
    assert response.status_code == 403
    assert "Страница была открыта слишком долго" in response.content.decode()


def test_an_error_page_that_fails_itself_is_still_an_answer(anybody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "render", lambda *args, **kwargs: raising(RuntimeError("no template")))
    response = anybody.get("/broken/x/")
    assert response.status_code == 500
    assert b"Something broke" in response.content


def test_the_log_has_the_route_and_never_the_path(anybody: Client, written: list[str]) -> None:
    anybody.get("/broken/tell-nobody/?sum=500&name=anna", headers={"X-Request-ID": "proxy-12345"})
    lines = [json.loads(line) for line in written]
    assert [line["said"] for line in lines] == ["unhandled", "request"]
    assert lines[1]["route"] == "/broken/<str:secret>/"
    assert (lines[1]["method"], lines[1]["status"]) == ("GET", 500)
    assert "of the code" in lines[0]["traceback"]
    assert not [line for line in written if "tell-nobody" in line or "anna" in line]


def test_the_request_id_goes_through(anybody: Client, written: list[str]) -> None:
    response = anybody.get("/healthz", headers={"X-Request-ID": "proxy-12345"})
    assert response["X-Request-ID"] == "proxy-12345"
    assert json.loads(written[0])["request_id"] == "proxy-12345"


@pytest.mark.parametrize("sent", ["short", "has space and more", "x" * 65, 'quote"quote"', "new\nline-------"])
def test_an_id_that_is_not_sane_is_not_taken(anybody: Client, sent: str) -> None:
    given = anybody.get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"]
    assert given != sent
    assert len(given) == 32


def test_two_requests_have_two_ids(anybody: Client) -> None:
    assert anybody.get("/healthz")["X-Request-ID"] != anybody.get("/healthz")["X-Request-ID"]
