"""The open page hears of its own contract's events, soon, once committed, and misses none."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connections, transaction

from abonent.core import db, events
from tests.concurrency.pages import Page, Person, Server, page, serving, session_of, sign_in

pytestmark = pytest.mark.committing


@pytest.fixture
def site(own_database: str) -> Iterator[Server]:
    with serving(own_database) as started:
        yield started


@pytest.fixture
def anna(own_database: str) -> Person:
    return sign_in("anna")


@pytest.fixture
def stranger(own_database: str) -> Person:
    return sign_in("stranger")


def test_an_event_arrives_within_a_second_of_its_commit(site: Server, anna: Person) -> None:
    with page(site, anna) as open_page:
        began = time.monotonic()
        events.publish(anna.topic, "payment", {"payment_id": 17, "state": "succeeded", "who": "Анна"})
        told = open_page.next()
        assert time.monotonic() - began < 1
    assert told.name == "payment"
    assert told.data == {"payment_id": 17, "state": "succeeded", "who": "Анна"}
    assert told.id == db.rows("select id from core_event")[0]["id"]


def test_the_stream_says_what_a_browser_and_a_proxy_need(site: Server, anna: Person) -> None:
    with page(site, anna) as open_page:
        headers = open_page.response.headers
        assert open_page.first_line == "retry: 3000"
    assert headers["content-type"] == "text/event-stream"
    assert headers["cache-control"] == "no-cache"
    assert headers["x-accel-buffering"] == "no"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_nothing_is_heard_before_the_commit_nor_of_what_was_rolled_back(site: Server, anna: Person) -> None:
    def take_back() -> None:
        with transaction.atomic():
            events.publish(anna.topic, "rolled-back", {})
            raise RuntimeError

    with page(site, anna) as open_page:
        with pytest.raises(RuntimeError):
            take_back()
        with transaction.atomic():
            events.publish(anna.topic, "inside", {})
            with page(site, anna) as other:  # opens while ours is not committed
                assert other.nothing_more()
            assert open_page.nothing_more()
        assert open_page.next().name == "inside"


def test_a_strangers_events_never_arrive(site: Server, anna: Person, stranger: Person) -> None:
    with page(site, anna) as hers, page(site, stranger) as his, page(site, anna, last_id=0) as resumed:
        events.publish(stranger.topic, "his", {})
        events.publish("contract:0", "nobodys", {})
        events.publish(anna.topic, "hers", {})
        assert hers.next().name == "hers"
        assert resumed.next().name == "hers"
        assert his.next().name == "his"
        assert hers.nothing_more()
        assert resumed.nothing_more()
        assert his.nothing_more()


def test_one_page_hears_of_every_contract_of_its_owner(site: Server, own_database: str) -> None:
    daria = sign_in("daria", contracts=2)
    with page(site, daria) as open_page:
        for contract_id in daria.contract_ids:
            events.publish(f"contract:{contract_id}", "payment", {"contract_id": contract_id})
        heard = [open_page.next().data["contract_id"] for _ in daria.contract_ids]
    assert heard == daria.contract_ids


@pytest.mark.parametrize("by", ["header", "query"])
def test_a_page_that_comes_back_hears_what_it_missed(site: Server, anna: Person, by: str) -> None:
    with page(site, anna) as open_page:
        events.publish(anna.topic, "first", {})
        last = open_page.next()
    for n in range(5):
        events.publish(anna.topic, "missed", {"n": n})
    again = Page(site, anna, last_id=last.id) if by == "header" else Page(site, anna, path=f"/events/?last={last.id}")
    heard = [again.next() for _ in range(5)]
    events.publish(anna.topic, "live", {})
    assert again.next().name == "live"
    again.close()
    assert [one.data["n"] for one in heard] == [0, 1, 2, 3, 4]
    assert [one.id for one in heard] == sorted(one.id for one in heard)


def test_an_event_with_a_smaller_id_that_is_committed_late_is_not_missed(site: Server, anna: Person) -> None:
    """Ids are given before the commit: resuming by `id > last` alone would lose it."""
    written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                events.publish(anna.topic, "slow", {})
                written.set()
                may_commit.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    with page(site, anna) as open_page:
        events.publish(anna.topic, "quick", {})
        last = open_page.next()
        assert last.name == "quick"
    may_commit.set()
    thread.join(10)
    assert db.rows("select id > %s as after from core_event where name = 'slow'", [last.id]) == [{"after": False}]
    with page(site, anna, last_id=last.id) as again:
        late = again.next()
    assert late.name == "slow"
    assert late.id == last.id  # the page keeps the highest id it has seen


def test_data_too_long_for_a_notification_arrives_all_the_same(site: Server, anna: Person) -> None:
    with page(site, anna) as open_page:
        events.publish(anna.topic, "long", {"text": "я" * 9000})
        assert open_page.next().data == {"text": "я" * 9000}


def test_what_was_committed_while_the_listener_was_away_arrives_once(site: Server, anna: Person) -> None:
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where query like 'listen%' and datname = current_database()"
    )
    with page(site, anna) as open_page:
        events.publish(anna.topic, "before", {})
        assert open_page.next().name == "before"
        assert len(db.rows(cut)) == 1
        for n in range(3):
            events.publish(anna.topic, "meanwhile", {"n": n})
        assert [open_page.next().data["n"] for _ in range(3)] == [0, 1, 2]
        events.publish(anna.topic, "after", {})
        assert open_page.next().name == "after"
        assert open_page.nothing_more()


def test_fifty_open_pages_hold_no_connections(site: Server, anna: Person, stranger: Person) -> None:
    people = [sign_in(f"neighbour{n}") for n in range(50)]
    pages = [Page(site, person) for person in people]
    held = db.rows(
        "select count(*) as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    began = time.monotonic()
    with page(site, anna) as one_more:
        assert time.monotonic() - began < 2
        for person in [*people, anna]:
            events.publish(person.topic, "payment", {})
        assert one_more.next().name == "payment"
        assert [open_page.next().name for open_page in pages] == ["payment"] * 50
    for open_page in pages:
        open_page.close()
    assert held[0]["n"] <= 4  # the listener and the small pool


def test_asked_to_stop_the_server_ends_its_streams_at_once(site: Server, anna: Person) -> None:
    """Within 2 s on a machine that is not busy; without our hand it waits for them and kills them after 3."""
    with page(site, anna) as open_page:
        began = time.monotonic()
        site.process.terminate()
        assert open_page.ended.wait(10)
        assert open_page.ended_in_form
        assert site.process.wait(10) == 0
        assert time.monotonic() - began < 2.9


def test_without_a_session_there_is_no_stream(site: Server, anna: Person) -> None:
    changed = session_of(anna.user)
    anna.user.set_password("another")
    anna.user.save()
    gone = session_of(anna.user)
    db.run("update django_session set expire_date = now() where session_key = %s", [gone.partition("=")[2]])
    for cookie in ("", "sessionid=", "sessionid=unknown", "sessionid=' or 1=1", changed, gone):
        answer = site.get(cookie=cookie)
        assert (answer.status_code, answer.text) == (403, "sign in first"), cookie
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    blocked = session_of(anna.user)
    anna.user.is_active = False
    anna.user.save()
    assert site.get(cookie=blocked).status_code == 403


def test_other_addresses_methods_sites_and_hosts_are_refused(site: Server, anna: Person) -> None:
    assert site.get("/events/other/", cookie=anna.cookie).status_code == 404
    assert site.get(cookie=anna.cookie, origin="https://evil.example").status_code == 403
    assert site.get(cookie=anna.cookie, origin="null").status_code == 403
    assert site.get(cookie=anna.cookie, host="evil.example").status_code == 403
