"""Queueing: once by the key, with the transaction, one by one or a table at a time."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from abonent.core import db as database
from abonent.notifications import outbox
from abonent.notifications.models import Notice, NoticeState
from abonent.notifications.tests import people

PAID = {"amount_kop": 50000, "balance_kop": 50000}


def queue(contract_id: int, key: str = "payment_received:42", **changes: Any) -> bool:
    with transaction.atomic():
        return outbox.queue(key=key, contract_id=contract_id, kind="payment_received", params={**PAID, **changes})


def deliveries() -> int:
    found: int = database.rows(
        "select count(*) as n from procrastinate_jobs where task_name = 'abonent.notifications.delivery.deliver'"
    )[0]["n"]
    return found


def test_a_notice_waits_to_be_sent(db: None) -> None:
    anna = people.contract("Anna")
    assert queue(anna.pk)
    notice = Notice.objects.get()
    assert (notice.key, notice.contract_id, notice.kind) == ("payment_received:42", anna.pk, "payment_received")
    assert (notice.state, notice.attempts, notice.channel, notice.sent_at) == (NoticeState.QUEUED, 0, "", None)
    assert notice.params == PAID


def test_the_same_key_is_queued_once_and_keeps_its_first_words(db: None) -> None:
    anna = people.contract("Anna")
    assert queue(anna.pk)
    assert not queue(anna.pk, amount_kop=1)
    assert [notice.params["amount_kop"] for notice in Notice.objects.all()] == [50000]


def test_dates_may_be_given_as_dates(db: None) -> None:
    anna = people.contract("Anna")
    with transaction.atomic():
        outbox.queue(key="resumed:1", contract_id=anna.pk, kind="resumed", params={"paid_until": date(2027, 1, 1)})
    assert Notice.objects.get().params == {"paid_until": "2027-01-01"}


def test_a_notice_goes_with_its_transaction_and_so_does_its_delivery(
    db: None, django_capture_on_commit_callbacks: Any
) -> None:
    anna = people.contract("Anna")

    def fail() -> None:
        with transaction.atomic():
            outbox.queue(key="payment_received:42", contract_id=anna.pk, kind="payment_received", params=PAID)
            raise RuntimeError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
        fail()
    assert (Notice.objects.count(), deliveries()) == (0, 0)
    with django_capture_on_commit_callbacks(execute=True):
        queue(anna.pk)
        queue(anna.pk, key="payment_received:43")
    assert (Notice.objects.count(), deliveries()) == (2, 1)  # one sweeper for both


def test_a_table_of_notices_is_queued_in_one_statement(db: None, django_assert_num_queries: Any) -> None:
    contracts = [people.contract(name) for name in ("Anna", "Boris", "Vera")]
    with transaction.atomic():
        database.run("create temporary table told (key text, contract_id bigint, params jsonb) on commit drop")
        for contract in contracts:
            database.run(
                "insert into told values (%s, %s, %s)",
                [f"suspended:{contract.pk}:2026-12-01", contract.pk, '{"missing_kop": 32500}'],
            )
        with django_assert_num_queries(1):
            assert outbox.queue_batch("suspended", date(2026, 12, 1), "told") == 3
        assert outbox.queue_batch("suspended", date(2026, 12, 1), "told") == 0
    assert Notice.objects.count() == 3
    assert Notice.objects.first().params == {"missing_kop": 32500, "on": "2026-12-01"}  # type: ignore[union-attr]


@pytest.mark.parametrize("table", ["told; drop table notifications_notice", "Told", "public.told", ""])
def test_a_table_is_a_plain_name(db: None, table: str) -> None:
    with pytest.raises(AssertionError), transaction.atomic():
        outbox.queue_batch("suspended", date(2026, 12, 1), table)


@pytest.mark.committing
def test_a_notice_is_queued_only_in_a_transaction(own_database: str) -> None:
    with pytest.raises(AssertionError, match="transaction"):
        outbox.queue(key="activated:1", contract_id=1, kind="activated", params={})
