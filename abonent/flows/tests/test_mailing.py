"""Mailings: whom they mean, once each whatever is killed, refused, stopped; what one person waits for comes first."""

from datetime import date
from typing import Any

import pytest

from abonent.conversations.models import Message as Said
from abonent.core import clock, jobs
from abonent.core import db as database
from abonent.flows import mailing
from abonent.notifications import choices, delivery, mailings, outbox
from abonent.notifications.models import Channel, Mailing, Notice, NoticeState
from abonent.subscribers import consents
from abonent.subscribers.models import Contract
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing
NOON = clock.at_noon(date(2026, 12, 14))


@pytest.fixture
def sent(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    database.run("update notifications_notice set state = 'sent'")  # what the three months have said
    found: list[Any] = []
    monkeypatch.setitem(delivery._SMS_GATEWAYS, "console", found.append)
    monkeypatch.setitem(delivery._EMAIL_GATEWAYS, "console", found.append)
    return found


def make(**changed: Any) -> Mailing:
    wish = mailings.Wish(
        name="Works", is_offer=False, channel="sms", audience="all", audience_value="", subject_ru="",
        body_ru="{name}, ночью работы на линии. Договор {contract}.",
    )._replace(**changed)  # fmt: skip
    return mailings.make(wish, by="admin", address=None)


def customer(who: Subscriber) -> int:
    return Contract.objects.get(pk=who.contract_id).customer_id


def start(one: Mailing) -> mailing.Counted:
    return mailing.start(one.pk, by="admin", address=None)


@pytest.mark.parametrize(
    ("audience", "value", "meant"),
    [
        ("all", "", 6),  # daria has two contracts and is told once
        ("tariff", "city-300", 3),
        ("segment", "private", 2),
        ("segment", "business", 1),
        ("debtors", "0", 1),
        ("debtors", "1000000", 0),
        ("building", "0", 0),
    ],
)
def test_whom_it_means(world: World, audience: str, value: str, meant: int) -> None:
    counted = mailing.count(make(audience=audience, audience_value=value))
    assert counted.all == meant
    assert counted.cost_kop == counted.reached * counted.parts * 350


def test_each_customer_has_it_once_whatever_is_repeated_and_it_ends_by_itself(
    world: World, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "CHUNK", 2)
    one = make()
    with clock.frozen(NOON):
        assert start(one).all == 6
        with pytest.raises(mailings.UnableToStart):
            start(one)
        assert mailing.queue_chunk(one.pk)
        # Killed here; a tick finds it, another process runs beside, and the position is lost besides.
        Mailing.objects.filter(pk=one.pk).update(queued_through=0)
        mailing.go_on()
        for _ in range(3):
            mailing.queue(one.pk)
        jobs.run_due()
        delivery.deliver()
    assert len(sent) == 6
    assert len({message.address for message in sent}) == 6
    assert "SkyNet: Анна, ночью работы на линии. Договор 100001." in {message.body for message in sent}
    one.refresh_from_db()
    assert (one.state, one.planned) == ("done", 6)
    assert mailings.progress(one) == mailings.Progress(6, 0, 6, 0, 0)
    assert Said.objects.filter(text__contains="ночью работы").count() == 6


def test_stopped_it_goes_no_further_and_what_had_gone_has_gone(world: World, sent: Any) -> None:
    one = make()
    with clock.frozen(NOON):
        start(one)
        mailing.queue(one.pk)
        first = Notice.objects.filter(mailing=one).order_by("id")[0]
        delivery._mark([(vars(first), delivery._Outcome(NoticeState.SENT, "sms"))])
        assert mailings.stop(one.pk, by="admin", at=NOON, address=None) == 5
        jobs.run_due()
        mailing.queue(one.pk)
        delivery.deliver()
    assert sent == []
    one.refresh_from_db()
    assert mailings.progress(one) == mailings.Progress(6, 0, 1, 0, 5)
    assert mailings.stop(one.pk, by="admin", at=NOON, address=None) == 0


def test_an_offer_goes_only_to_who_agrees_now_and_says_how_to_refuse(world: World, sent: Any) -> None:
    anna, boris = customer(world.anna), customer(world.boris)
    for customer_id in (anna, boris):
        consents.give(customer_id, "marketing_email", text="yes", language="ru", actor="x", at=NOON)
    consents.give(anna, "marketing_sms", text="yes", language="ru", actor="x", at=NOON)
    one = make(is_offer=True, channel="email", subject_ru="Скидка")
    with clock.frozen(NOON):
        assert start(one).all == 2
        mailing.queue(one.pk)
        consents.withdraw(boris, "marketing_email", actor="x", at=NOON)  # between queueing and sending
        delivery.deliver()
    (letter,) = sent
    assert letter.refusal_url.startswith("http://localhost:8000/u/e")
    assert letter.refusal_url in letter.body
    one.refresh_from_db()
    assert mailings.progress(one) == mailings.Progress(2, 0, 1, 0, 1)


def test_who_has_switched_the_channel_off_has_it_in_mail(world: World, sent: Any) -> None:
    choices.choose(customer(world.anna), {"services": {Channel.EMAIL}}, actor="x", at=NOON)
    one = make()
    with clock.frozen(NOON):
        counted = start(one)
        assert (counted.reached, counted.only_mail) == (5, 1)
        mailing.queue(one.pk)
        delivery.deliver()
    assert len(sent) == 5
    assert Notice.objects.get(mailing=one, contract_id=world.anna.contract_id).channel == Channel.INBOX


def test_a_code_does_not_wait_behind_a_mailing(world: World, sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "BATCH", 2)
    monkeypatch.setattr(delivery, "RUN_SECONDS", -1)
    one = make()
    with clock.frozen(NOON):
        start(one)
        mailing.queue(one.pk)
        with database.atomic():
            outbox.queue(
                key="contact_code:1", contract_id=world.vera.contract_id, kind="contact_code", params={},
                to="+79161234567", secret="123456",
            )  # fmt: skip
        delivery.deliver()
    assert "contact_code" in {message.kind for message in sent}
    assert len(sent) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"name": " "}, {"body_ru": ""}, {"body_ru": "<script>"}, {"body_ru": "{secret}"}, {"channel": "fax"},
        {"is_offer": True, "channel": "inbox", "subject_ru": "x"}, {"channel": "email"}, {"body_ru": "я" * 336},
    ],
)  # fmt: skip
def test_what_is_not_fit_to_be_sent_is_not_kept(db: None, changed: dict[str, Any]) -> None:
    with pytest.raises(mailings.UnableToKeep):
        make(**changed)


def test_a_test_goes_to_one_address_and_is_noted(world: World, sent: Any) -> None:
    one = make()
    mailing.try_on(one, "+79990000000", language="ru", by="admin", address=None)
    mailing.try_on(one, "+79990000000", language="ru", by="admin", address=None)
    assert [message.address for message in sent] == ["+79990000000"] * 2
    assert sent[0].notice_id != sent[1].notice_id
    assert not Notice.objects.filter(mailing=one).exists()
    Mailing.objects.filter(pk=one.pk).update(tests_sent=mailings.TESTS_MOST)
    with pytest.raises(mailing.UnableToTry):
        mailing.try_on(one, "+79990000000", language="ru", by="admin", address=None)
