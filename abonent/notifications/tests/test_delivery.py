"""Delivery: which channel, when, how often, and what a kill leaves."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.db import transaction

from abonent.core import clock, jobs
from abonent.core import db as database
from abonent.notifications import delivery, outbox
from abonent.notifications.channels import message
from abonent.notifications.channels.message import Message
from abonent.notifications.models import Notice, NoticeState
from abonent.notifications.tests import people
from abonent.subscribers.models import Contact

PARAMS: dict[str, dict[str, Any]] = {
    "payment_received": {"amount_kop": 50000, "balance_kop": 50000},
    "suspended": {"missing_kop": 32500, "on": "2026-12-01"},
    "resumed": {"paid_until": "2027-01-01"},
    "activated": {},
    "password_changed": {},
}
PHONE, EMAIL = "+79161234567", "anna@example.ru"


class Gateway:
    """Takes what is sent; `answers` says what to raise, one a message."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.answers: list[Exception | None] = []

    def send(self, one: Message) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.sent.append(one)


@pytest.fixture
def sms(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway()
    monkeypatch.setitem(delivery._SMS_GATEWAYS, "console", gateway.send)
    return gateway


@pytest.fixture
def email(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway()
    monkeypatch.setitem(delivery._EMAIL_GATEWAYS, "console", gateway.send)
    return gateway


@pytest.fixture(autouse=True)
def noon(db: None) -> Any:
    with clock.frozen(clock.at_noon(date(2026, 12, 14))):
        yield


def queue(kind: str, contract_id: int, key: str | None = None) -> Notice:
    key = key or f"{kind}:{contract_id}"
    with transaction.atomic():
        outbox.queue(key=key, contract_id=contract_id, kind=kind, params=PARAMS[kind])
    return Notice.objects.get(key=key)


def make_due() -> None:
    database.run("update notifications_notice set next_try_at = statement_timestamp() where state = 'queued'")


def waits_seconds(notice: Notice) -> int:
    wait = "extract(epoch from next_try_at - statement_timestamp()) as seconds"
    return int(database.rows(f"select {wait} from notifications_notice where id = %s", [notice.pk])[0]["seconds"])


@pytest.mark.parametrize(
    ("kind", "phone", "address", "channel"),
    [
        ("payment_received", PHONE, EMAIL, "email"),
        ("resumed", PHONE, EMAIL, "email"),
        ("suspended", PHONE, EMAIL, "sms"),  # he may have no internet to read mail with
        ("password_changed", PHONE, EMAIL, "sms"),  # a stranger may read the mail
        ("payment_received", PHONE, None, "sms"),
        ("suspended", None, EMAIL, "email"),
    ],
)
def test_the_channel_is_that_of_the_kind_as_far_as_the_customer_has_it(
    sms: Gateway, email: Gateway, kind: str, phone: str | None, address: str | None, channel: str
) -> None:
    notice = queue(kind, people.contract("Anna", phone=phone, email=address).pk)
    delivery.deliver()
    sent = (sms if channel == "sms" else email).sent
    assert [(one.notice_id, one.kind, one.address) for one in sent] == [
        (notice.pk, kind, phone if channel == "sms" else address)
    ]
    assert len(sms.sent) + len(email.sent) == 1
    notice.refresh_from_db()
    assert (notice.state, notice.channel, notice.attempts, notice.error) == (NoticeState.SENT, channel, 1, "")
    assert notice.sent_at is not None


def test_what_was_sent_is_not_sent_again(sms: Gateway) -> None:
    anna = people.contract("Anna", phone=PHONE)
    queue("activated", anna.pk)
    for _ in range(3):
        delivery.deliver()
        queue("activated", anna.pk)
    assert len(sms.sent) == 1


def test_the_text_is_in_the_customers_language(sms: Gateway) -> None:
    queue("activated", people.contract("Anna", phone=PHONE, number="100001").pk)
    queue("activated", people.contract("Ann", phone=PHONE, number="100002", language="en").pk)
    delivery.deliver()
    assert sorted(one.body for one in sms.sent) == [
        "SkyNet: Service of contract 100002 is on. Welcome!",
        "SkyNet: Услуги по договору 100001 подключены. Добро пожаловать!",
    ]


def test_a_confirmed_contact_is_preferred(sms: Gateway) -> None:
    anna = people.contract("Anna", phone="+79160000001")
    Contact.objects.create(
        customer=anna.customer, kind="phone", value=PHONE, confirmed_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    queue("activated", anna.pk)
    delivery.deliver()
    assert [one.address for one in sms.sent] == [PHONE]


def test_one_who_cannot_be_reached_is_marked_and_holds_nobody_up(sms: Gateway) -> None:
    nobody = queue("activated", people.contract("Nobody").pk)
    queue("activated", people.contract("Anna", phone=PHONE).pk)
    delivery.deliver()
    nobody.refresh_from_db()
    assert (nobody.state, nobody.error) == (NoticeState.FAILED, "the customer has neither a phone nor an e-mail")
    assert len(sms.sent) == 1


def test_a_refusal_is_tried_again_later_and_later_and_six_times_in_all(sms: Gateway) -> None:
    notice = queue("activated", people.contract("Anna", phone=PHONE).pk)
    waits = []
    for _ in range(6):
        sms.answers = [message.UnableToSend("SMSC: HTTP 502")]
        delivery.deliver()
        notice.refresh_from_db()
        assert notice.error == "SMSC: HTTP 502"
        if notice.state == NoticeState.QUEUED:
            waits.append(waits_seconds(notice))
        make_due()
    assert [-(-wait // 60) * 60 for wait in waits] == [60, 300, 900, 3600, 10800]
    assert (notice.state, notice.attempts) == (NoticeState.FAILED, 6)
    delivery.deliver()
    assert sms.sent == []


def test_after_a_refusal_it_may_succeed(sms: Gateway) -> None:
    notice = queue("activated", people.contract("Anna", phone=PHONE).pk)
    sms.answers = [message.UnableToSend("SMSC: HTTP 502")]
    delivery.deliver()
    delivery.deliver()
    assert sms.sent == []  # not before its time
    make_due()
    delivery.deliver()
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.error) == (NoticeState.SENT, 2, "")
    assert [one.notice_id for one in sms.sent] == [notice.pk]


def test_a_refusal_for_good_is_not_tried_again(sms: Gateway) -> None:
    notice = queue("activated", people.contract("Anna", phone="+70000000000").pk)
    sms.answers = [message.UnableToEverSend("SMSC 7: invalid number")]
    delivery.deliver()
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.error) == (NoticeState.FAILED, 1, "SMSC 7: invalid number")


def test_a_mistake_of_ours_delays_its_notice_and_no_other(sms: Gateway) -> None:
    first = queue("activated", people.contract("Anna", phone=PHONE).pk)
    Notice.objects.filter(pk=first.pk).update(kind="suspended")  # whose text needs a sum
    queue("activated", people.contract("Boris", phone=PHONE).pk)
    unknown = queue("activated", people.contract("Vera", phone=PHONE).pk)
    Notice.objects.filter(pk=unknown.pk).update(kind="greeting")
    delivery.deliver()
    first.refresh_from_db()
    unknown.refresh_from_db()
    assert (first.state, first.error) == (NoticeState.QUEUED, "KeyError")
    assert (unknown.state, unknown.error) == (NoticeState.FAILED, "no text for greeting")
    assert len(sms.sent) == 1


def test_more_than_a_batch_is_sent_in_one_go(sms: Gateway) -> None:
    for n in range(delivery.BATCH * 2 + 1):
        queue("activated", people.contract(f"Anna {n}", phone=PHONE).pk)
    delivery.deliver()
    assert len({one.notice_id for one in sms.sent}) == len(sms.sent) == delivery.BATCH * 2 + 1


def test_a_long_queue_is_handed_over_so_that_a_worker_can_stop(sms: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RUN_SECONDS", -1)
    for n in range(delivery.BATCH + 1):
        queue("activated", people.contract(f"Anna {n}", phone=PHONE).pk)
    delivery.deliver()
    assert len(sms.sent) == delivery.BATCH
    assert jobs.run_due() == 2  # the rest, and one more look that finds nothing
    assert len(sms.sent) == delivery.BATCH + 1


def test_delivery_comes_back_when_the_next_notice_is_due(sms: Gateway) -> None:
    notice = queue("activated", people.contract("Anna", phone=PHONE).pk)
    sms.answers = [message.UnableToSend("SMSC: HTTP 502")]
    delivery.deliver()
    wait = "extract(epoch from scheduled_at - statement_timestamp())::int as seconds"
    scheduled = database.rows(f"select {wait} from procrastinate_jobs where status = 'todo'")
    assert len(scheduled) == 1
    assert 58 <= scheduled[0]["seconds"] <= 65
    notice.delete()


def test_the_schedule_makes_a_lost_wake_good(sms: Gateway, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        delivery.wake_if_due()
    assert jobs.run_due() == 0  # nothing is due: nothing is woken
    queue("activated", people.contract("Anna", phone=PHONE).pk)  # its own wake never comes: no commit here
    with django_capture_on_commit_callbacks(execute=True):
        delivery.wake_if_due()
    assert jobs.run_due() == 1
    assert len(sms.sent) == 1


def test_killed_between_sending_and_marking_it_is_sent_again_under_the_same_id(
    sms: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = queue("activated", people.contract("Anna", phone=PHONE).pk)

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_mark", killed)
        with pytest.raises(KeyboardInterrupt):
            delivery.deliver()
    assert 0 < waits_seconds(notice) <= delivery.CLAIMED_SECONDS  # nobody else takes it meanwhile
    delivery.deliver()
    assert len(sms.sent) == 1
    make_due()
    delivery.deliver()
    assert [one.notice_id for one in sms.sent] == [notice.pk, notice.pk]
    assert sms.sent[0] == sms.sent[1]  # word for word: the gateway keeps a repeat once


QUIET = [  # skynet: from 22:00 to 09:00
    (time(21, 59), 0),
    (time(22, 0), 11 * 3600 + 1),
    (time(23, 30), int(9.5 * 3600) + 1),
    (time(0, 0), 9 * 3600 + 1),
    (time(8, 59), 61),
    (time(9, 0), 0),
    (time(12, 0), 0),
]


@pytest.mark.parametrize(("at", "seconds"), QUIET)
def test_quiet_hours_end_in_the_morning(at: time, seconds: int) -> None:
    assert delivery.seconds_of_quiet(operator_time(at)) == seconds


def test_quiet_hours_within_one_day(settings: Any) -> None:
    hours = settings.PROFILE.quiet_hours.model_copy(update={"start": time(13), "end": time(15)})
    settings.PROFILE = settings.PROFILE.model_copy(update={"quiet_hours": hours})
    assert delivery.seconds_of_quiet(operator_time(time(12, 59))) == 0
    assert delivery.seconds_of_quiet(operator_time(time(14, 0))) == 3601
    assert delivery.seconds_of_quiet(operator_time(time(15, 0))) == 0


def operator_time(at: time) -> datetime:
    return datetime.combine(date(2026, 12, 14), at, tzinfo=clock.zone()).astimezone(UTC)


def at_night(run: Callable[[], object]) -> None:
    with clock.frozen(operator_time(time(23, 0))):
        run()


def test_at_night_an_sms_waits_for_the_morning_and_no_try_is_counted(sms: Gateway) -> None:
    notice = queue("suspended", people.contract("Anna", phone=PHONE).pk)
    at_night(delivery.deliver)
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, sms.sent) == (NoticeState.QUEUED, 0, [])
    assert 10 * 3600 - 5 < waits_seconds(notice) <= 10 * 3600 + 1
    make_due()
    delivery.deliver()
    assert len(sms.sent) == 1


def test_at_night_mail_goes_and_so_does_what_its_reader_waits_for(sms: Gateway, email: Gateway) -> None:
    queue("resumed", people.contract("Anna", email=EMAIL).pk)
    queue("payment_received", people.contract("Boris", phone=PHONE).pk)
    queue("password_changed", people.contract("Vera", phone=PHONE).pk)
    at_night(delivery.deliver)
    assert [one.kind for one in email.sent] == ["resumed"]
    assert sorted(one.kind for one in sms.sent) == ["password_changed", "payment_received"]
