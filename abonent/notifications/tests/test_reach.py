"""What goes by which channel when a person has chosen, and what the operator's own words make of it."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.db import transaction

from abonent.conversations.models import Message as Said
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.notifications import choices, delivery, outbox, refusals, subjects, texts, wording
from abonent.notifications.channels import message, webpush
from abonent.notifications.models import Channel, Notice, PushDevice
from abonent.notifications.tests import people
from abonent.notifications.tests.test_texts import RUSSIAN
from abonent.subscribers import consents
from abonent.subscribers.models import Contract

NOON = clock.at_noon(date(2026, 12, 14))
PHONE, EMAIL = "+79161234567", "anna@example.ru"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, db: None) -> Any:
    """What went, as (channel, address or device, text)."""
    found: list[tuple[str, Any, str]] = []
    monkeypatch.setitem(delivery._SMS_GATEWAYS, "console", lambda one: found.append(("sms", one.address, one.body)))
    monkeypatch.setitem(delivery._EMAIL_GATEWAYS, "console", lambda one: found.append(("email", one.address, one.body)))
    monkeypatch.setattr(webpush, "send", lambda device, said, **_: found.append(("push", device.id, said.decode())))
    with clock.frozen(NOON):
        yield found


def device(customer_id: int, endpoint: str = "https://push.example.org/1") -> PushDevice:
    return PushDevice.objects.create(
        customer_id=customer_id, endpoint=endpoint, public_key="k", auth_secret="a", browser_hash=b"b"
    )


def say(contract: Contract, kind: str = "payment_received", **params: Any) -> Notice:
    known = params or {"amount_kop": 50000, "balance_kop": 50000, "missing_kop": 32500, "on": "2026-12-01"}
    with transaction.atomic():
        outbox.queue(key=f"{kind}:{contract.pk}", contract_id=contract.pk, kind=kind, params=known)
    delivery.deliver()
    return Notice.objects.get(key=f"{kind}:{contract.pk}")


def choose(contract: Contract, subject: str, *channels: Channel) -> None:
    choices.choose(contract.customer_id, {subject: set(channels)}, actor="100001", at=NOON)


def test_every_kind_has_a_subject_and_the_ones_the_law_needs_say_why() -> None:
    of = {kind: subjects.of_kind(kind).name for kind in texts.KINDS}
    assert of["suspended"] == of["deferral_ends"] == "charges"
    assert of["payment_received"] == "payments"
    assert of["tariff_changed"] == "contract"
    assert of["card_bound"] == of["autopay_ahead"] == "autopay"
    assert of["answer_waits"] == "answers"
    assert of["resumed"] == of["mailing"] == "services"
    assert {one.name for one in subjects.SUBJECTS if one.why_required} == {
        "charges", "security", "autopay", "contract",
    }  # fmt: skip


def test_what_is_chosen_goes_by_each_chosen_channel_once(sent: Any) -> None:
    anna = people.contract("Anna", phone=PHONE, email=EMAIL)
    found = device(anna.customer_id)
    choose(anna, "payments", Channel.SMS, Channel.EMAIL, Channel.PUSH)
    say(anna)
    delivery.deliver()
    assert sorted(one[:2] for one in sent) == [("email", EMAIL), ("push", found.pk), ("sms", PHONE)]
    assert Said.objects.count() == 1  # one letter in Mail
    assert "50" not in next(one[2] for one in sent if one[0] == "push")  # no sum, no name, no contract
    say(anna, "resumed", paid_until="2027-01-01")  # nothing chosen of it: the usual way, and the device
    assert sorted(one[0] for one in sent[3:]) == ["email", "push"]


def test_what_is_switched_off_stands_in_mail_alone_and_what_the_law_needs_cannot_be(sent: Any) -> None:
    anna = people.contract("Anna", phone=PHONE, email=EMAIL)
    choose(anna, "payments")
    assert (say(anna).state, sent) == ("sent", [])
    assert Notice.objects.get().channel == Channel.INBOX
    assert Said.objects.count() == 1
    for nothing in ((), (Channel.PUSH,)):
        with pytest.raises(choices.UnableToSwitchOff):
            choose(anna, "charges", *nothing)
    choose(anna, "charges", Channel.EMAIL)
    say(anna, "suspended")
    assert [one[0] for one in sent] == ["email"]
    anna.customer.contacts.filter(kind="email").delete()
    say(anna, "deferral_ends", ends_on="2026-12-19")
    assert [one[0] for one in sent] == ["email", "sms"]  # told all the same
    assert AuditEntry.objects.filter(action="notifications.choose").count() == 2


def test_own_quiet_hours_take_the_place_of_the_operators(sent: Any) -> None:
    night = datetime.combine(date(2026, 12, 14), time(23), tzinfo=clock.zone()).astimezone(UTC)
    anna, boris = (people.contract(name, phone=PHONE) for name in ("Anna", "Boris"))
    choices.set_hours(anna.customer_id, (time(0), time(0)), actor="100001")
    choices.set_hours(boris.customer_id, (time(12), time(14)), actor="100002")
    with clock.frozen(night):
        say(anna, "suspended")
        say(boris, "suspended")
    assert [one[0] for one in sent] == ["sms", "sms"]
    say(boris, "resumed", paid_until="2027-01-01")
    assert len(sent) == 2  # it is noon: he rests
    choices.as_usual(boris.customer_id, actor="100002")
    assert choices.hours_of(boris.customer_id) is None


def test_a_device_that_is_gone_is_forgotten_and_the_notice_finds_another_way(
    sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = people.contract("Anna", phone=PHONE)
    gone, stays = device(anna.customer_id), device(anna.customer_id, "https://push.example.org/2")

    def send(one: webpush.Device, said: bytes, **_: Any) -> None:
        if one.id == gone.pk:
            raise webpush.Gone("push: HTTP 410")
        sent.append(("push", one.id, said.decode()))

    monkeypatch.setattr(webpush, "send", send)
    choose(anna, "payments", Channel.PUSH)
    say(anna)
    assert [one[:2] for one in sent] == [("push", stays.pk)]
    assert [one.pk for one in PushDevice.objects.all()] == [stays.pk]
    PushDevice.objects.filter(pk=stays.pk).update(endpoint="https://push.example.org/3")
    gone = PushDevice.objects.get()
    choose(anna, "charges", Channel.SMS, Channel.PUSH)
    say(anna, "suspended")
    delivery.deliver()
    assert [one[0] for one in sent] == ["push", "sms"]
    assert not PushDevice.objects.exists()


def test_a_push_service_that_is_busy_is_asked_again(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = people.contract("Anna")
    device(anna.customer_id)

    def busy(*_: Any, **__: Any) -> None:
        raise message.UnableToSend("push: HTTP 503")

    monkeypatch.setattr(webpush, "send", busy)
    notice = say(anna)
    assert (notice.state, notice.error, notice.attempts) == ("queued", "push: HTTP 503", 1)


def test_the_operators_words_take_the_place_of_ours(sent: Any) -> None:
    anna = people.contract("Anna", phone=PHONE, number="100001")
    words = ("Деньги пришли", "Спасибо! {amount} на договоре {contract}. {text}")
    wording.keep("payment_received", "ru", *words, by="admin", at=NOON, address=None)
    say(anna)
    assert sent[0][2] == (
        "SkyNet: Спасибо! 500,00\u00a0₽ на договоре 100001. Получен платёж 500,00\u00a0₽. Баланс договора 100001: "
        "500,00\u00a0₽."
    )
    assert Said.objects.get().text.startswith("Спасибо!")
    assert wording.give_back("payment_received", "ru", by="admin", address=None)
    assert not wording.give_back("payment_received", "ru", by="admin", address=None)
    assert (
        AuditEntry.objects.filter(action__in=["notifications.change_wording", "notifications.drop_wording"]).count()
        == 2
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("payment_received", "<script>alert(1)</script>"), ("payment_received", "<img src=x>"),
        ("payment_received", "{secret}"), ("payment_received", "{amount"), ("payment_received", "}"),
        ("payment_received", "{0}"), ("payment_received", "{amount.__class__}"), ("payment_received", "{}"),
        ("payment_received", ""), ("payment_received", "я" * 501), ("payment_received", "a\u202eb"),
        ("payment_received", "a\x00b"), ("contact_code", "Your code is on its way"),
    ],
)  # fmt: skip
def test_a_broken_template_is_refused(db: None, kind: str, body: str) -> None:
    with pytest.raises(wording.UnableToUse):
        wording.keep(kind, "ru", "Subject", body, by="admin", at=NOON, address=None)


def test_every_kind_fills_a_template_of_all_its_facts() -> None:
    """And a last day is told as the program tells it, not the first day without."""
    for kind, params, subject, body in RUSSIAN:
        names = wording.facts_of(kind)
        own = {(kind, "ru"): wording.Own("{title}", " ".join(f"{{{name}}}" for name in names))}
        said = wording.render(own, kind, params, language="ru", contract_number="100001", today=date(2026, 12, 14))
        assert said.subject == subject, kind
        assert body in said.body, kind
    last = wording.render(
        {("resumed", "ru"): wording.Own("x", "{last_day}")}, "resumed", {"paid_until": "2027-01-01"}, language="ru",
        contract_number="100001", today=date(2026, 12, 14),
    )  # fmt: skip
    assert last.body == "31 декабря"


def test_one_tap_stops_offers_and_a_made_up_address_is_nobodys(db: None) -> None:
    anna = people.contract("Anna").customer_id
    consents.give(anna, "marketing_sms", text="yes", language="ru", actor="100001", at=NOON)
    token = refusals.token(anna, Channel.SMS)
    assert refusals.read(token) == (anna, Channel.SMS)
    for wrong in (token[:-1] + ("0" if token[-1] != "0" else "1"), token.replace("s", "e", 1), "", "s1-", token + "0"):
        assert refusals.read(wrong) is None
    assert refusals.read(refusals.token(10**9, Channel.SMS)) is None
    assert refusals.refuse(anna, Channel.SMS, at=NOON, address=None)
    assert not refusals.refuse(anna, Channel.SMS, at=NOON, address=None)
    assert consents.in_force(anna) == {}
