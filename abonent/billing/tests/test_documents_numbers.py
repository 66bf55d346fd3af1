"""Numbers without gaps among makers at once and failures; each danger is shown without its guard first."""

import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connections, transaction

from abonent.billing.documents import invariants, invoices, numbering
from abonent.billing.models import Document
from abonent.billing.models_documents import DocumentKind
from abonent.billing.tests import papers
from abonent.billing.tests.builder import day
from abonent.core import audit, db, periods
from abonent.ledger.models import Account

pytestmark = pytest.mark.committing

WITHIN_SECONDS = 60


@pytest.fixture
def companies(own_database: str) -> Iterator[list[Account]]:
    """Four of them, each charged in November."""
    made = [papers.company(name=f"ООО «Ромашка-{n}»") for n in range(4)]
    for one in made:
        papers.charge(one, "3900,00", "2026-11-01")
    papers.charged_through("2026-11-30")
    yield made
    assert list(invariants.problems()) == []


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """Each in a thread and on a connection of its own, let go at one moment; what each gave, or its error."""
    gate = threading.Barrier(len(verbs))
    given: dict[int, Any] = {}

    def run(number: int, verb: Callable[[], Any]) -> None:
        try:
            gate.wait(WITHIN_SECONDS)
            given[number] = verb()
        except Exception as error:
            given[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number, verb)) for number, verb in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_SECONDS)
    return [given[number] for number in range(len(verbs))]


def numbers(kind: str = "invoice") -> list[int]:
    return sorted(Document.objects.filter(kind=kind, correction=0).values_list("number", flat=True))


def taken_by_looking(composed: list[numbering.Composed], wait: Callable[[], object]) -> list[Document]:
    """What a maker without the counter's lock would do: look at the greatest number, then write the next."""
    greatest = db.rows("select coalesce(max(number), 0) as n from billing_document")[0]["n"]
    wait()
    return [Document.objects.create(year=one.issued_on.year, number=greatest + 1, **one._asdict()) for one in composed]


def test_without_the_counter_s_lock_two_makers_take_one_number(
    companies: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked = threading.Barrier(2)
    wait = functools.partial(both_have_looked.wait, WITHIN_SECONDS)
    with monkeypatch.context() as patch:
        patch.setattr(numbering, "take", functools.partial(taken_by_looking, wait=wait))
        given = at_once(*(functools.partial(papers.make, one) for one in companies[:2]))
    assert [type(one) for one in given if isinstance(one, Exception)] == [IntegrityError]
    assert numbers() == [1]  # the other has none: only the unique constraint kept the number single
    db.run("insert into billing_documentcounter (kind, year, last_number) select kind, 2026, 1 from billing_document")


def test_a_sequence_would_leave_a_gap(own_database: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        conn.execute("create sequence invoices")
        with conn.transaction(force_rollback=True):
            conn.execute("select nextval('invoices')")
        assert conn.execute("select nextval('invoices')").fetchone() == (2,)


def test_makers_at_once_take_the_numbers_one_after_another(companies: list[Account]) -> None:
    given = at_once(*(functools.partial(papers.make, one) for one in companies))
    assert [error for error in given if isinstance(error, Exception)] == []
    for kind in ("invoice", "act", "vat_invoice"):
        assert numbers(kind) == [1, 2, 3, 4]


def test_one_contract_asked_for_by_many_at_once_has_its_documents_once(companies: list[Account]) -> None:
    given = at_once(*[functools.partial(papers.make, companies[0])] * 4)
    assert len({tuple(sorted(one.pk for one in made)) for made in given}) == 1
    assert numbers() == [1]


def test_corrections_at_once_are_one(companies: list[Account]) -> None:
    (invoice, *_) = papers.make(companies[0])
    papers.give_back(companies[0].subscriptions.get(), "2026-11-15")

    def correct() -> list[Document]:
        return invoices.correct(invoice.pk, on=day("2026-12-05"), actor="accountant", why="a test")

    given = at_once(*[correct] * 3)
    assert sorted(type(one).__name__ for one in given) == ["NothingToCorrect", "NothingToCorrect", "list"]
    assert Document.objects.filter(correction=1).count() == 3


@pytest.mark.parametrize("when", ["before the numbers", "after the numbers"])
def test_a_failure_leaves_no_gap(companies: list[Account], monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    class PowerIsOff(Exception):
        pass

    def fail(*_: Any, **__: Any) -> Any:
        raise PowerIsOff

    papers.make(companies[0])
    take = numbering.take
    with monkeypatch.context() as patch:
        if when == "before the numbers":
            patch.setattr(audit, "record", fail)
        else:
            patch.setattr(numbering, "take", lambda composed: (take(composed), fail()))
        with pytest.raises(PowerIsOff):
            papers.make(companies[1])
    papers.make(companies[2])
    assert numbers() == [1, 2]
    assert papers.counters()["invoice", 2026] == 2


def test_a_connection_killed_after_the_numbers_leaves_no_gap(
    companies: list[Account], own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = numbering.take

    def killed(composed: list[numbering.Composed]) -> list[Document]:
        made = take(composed)
        pid = db.rows("select pg_backend_pid() as pid")[0]["pid"]
        with psycopg.connect(own_database, autocommit=True) as conn:
            conn.execute("select pg_terminate_backend(%s)", [pid])
        return made

    with monkeypatch.context() as patch:
        patch.setattr(numbering, "take", killed)
        (given,) = at_once(functools.partial(papers.make, companies[0]))
    assert isinstance(given, Exception)
    papers.make(companies[0])
    assert numbers() == [1]


def test_the_counters_are_locked_no_longer_than_the_last_statement(companies: list[Account]) -> None:
    """While one maker composes, another takes its numbers and goes."""
    composing, go_on = threading.Event(), threading.Event()
    compose = invoices._composed

    def slow() -> list[Document]:
        def waits(*args: Any, **kwargs: Any) -> list[numbering.Composed]:
            found = compose(*args, **kwargs)
            composing.set()
            assert go_on.wait(WITHIN_SECONDS)
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(invoices, "_composed", waits)
            return papers.make(companies[0])

    def quick() -> list[Document]:
        assert composing.wait(WITHIN_SECONDS)
        try:
            with transaction.atomic():
                return numbering.take(
                    compose(
                        papers.contract(companies[1]),
                        periods.calendar_month(day("2026-11-01")),
                        list(DocumentKind),
                        vat_rate=22,
                        pay_until=day("2026-12-11"),
                    )
                )
        finally:
            go_on.set()

    first, second = at_once(slow, quick)
    assert [one.number for one in second] == [1, 1, 1]
    assert [one.number for one in first] == [2, 2, 2]
