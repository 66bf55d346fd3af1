"""Sessions: Django's, but for the one statement that reads them."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends import db as django_sessions
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from abonent.identity.sessions import SessionStore

HELD = {"contract_number": "100001", "_auth_user_id": "7"}


@pytest.fixture
def key(db: None) -> str:
    store = SessionStore()
    store.update(HELD)
    store.save()
    assert store.session_key is not None
    return store.session_key


def test_what_was_saved_is_read_by_one_statement(key: str) -> None:
    store = SessionStore(key)
    with CaptureQueriesContext(connection) as asked:
        assert {name: store[name] for name in HELD} == HELD
    assert len(asked) == 1
    assert (store.session_key, store.modified) == (key, False)


def test_it_is_the_same_session_for_django(key: str) -> None:
    assert dict(django_sessions.SessionStore(key).items()) == HELD
    theirs = django_sessions.SessionStore()
    theirs["n"] = 1
    theirs.save()
    assert SessionStore(theirs.session_key).load() == {"n": 1}


def test_an_expired_session_is_empty_and_its_key_is_not_used_again(key: str) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    store = SessionStore(key)
    assert dict(store.items()) == {}
    assert store.session_key is None
    store["n"] = 1
    store.save()
    assert store.session_key not in {None, key}


@pytest.mark.parametrize("forged", ["a" * 32, "short", "' or true --", "ключ", "x" * 5000])
def test_a_key_that_nobody_gave_finds_nothing_and_is_not_taken_over(key: str, forged: str) -> None:
    store = SessionStore(forged)
    assert store.load() == {}
    assert store.session_key is None
    store["n"] = 1
    store.save()
    assert store.session_key != forged


@pytest.mark.parametrize("spoiled", [lambda data: "x" + data, lambda data: data[:-1] + "_", lambda data: ""])
def test_data_whose_signature_does_not_fit_is_no_session(key: str, spoiled: "type[str]") -> None:
    row = Session.objects.get()
    Session.objects.update(session_data=spoiled(row.session_data))
    assert SessionStore(key).load() == {}


def test_a_page_without_a_session_asks_for_none(db: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert Client().get("/privacy/").status_code == 200
    assert [query["sql"] for query in asked if "django_session" in query["sql"]] == []


@pytest.mark.parametrize("cookie", ["a" * 32, "\x00", "%00"])
def test_a_forged_cookie_is_nobody_and_no_fault(db: None, cookie: str) -> None:
    reader = Client()
    reader.cookies[settings.SESSION_COOKIE_NAME] = cookie
    answer = reader.get("/cabinet/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/cabinet/")
