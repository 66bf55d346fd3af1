"""Connecting offers: what is refused, and what a subscription keeps."""

import pytest
from django.db import IntegrityError, transaction

from abonent.billing import subscriptions
from abonent.billing.models import Subscription, Terms
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core import db as database
from abonent.subscribers.models import Line

pytestmark = pytest.mark.django_db


def test_a_subscription_keeps_the_price_of_its_day_and_waits() -> None:
    anna = builder.account()
    internet = builder.subscribe(anna, "550,00", "2026-11-10")
    assert (internet.price_kop, internet.charging, internet.kind) == (550_00, "month", "internet")
    assert (internet.state, internet.paid_until, internet.started_on) == ("waiting", None, day("2026-11-10"))


def test_a_second_internet_tariff_on_a_line_is_refused() -> None:
    anna = builder.account()
    builder.subscribe(anna, "550,00", "2026-11-10")
    with pytest.raises(subscriptions.UnableToSubscribe, match="has an internet tariff"):
        builder.subscribe(anna, "650,00", "2026-11-10")
    copy = Subscription.objects.get(account_id=anna.id)
    copy.pk = None
    with pytest.raises(IntegrityError, match="billing_one_internet_tariff_a_line"), transaction.atomic():
        copy.save(force_insert=True)


def test_an_ended_tariff_frees_its_line() -> None:
    anna = builder.account()
    first = builder.subscribe(anna, "550,00", "2026-11-10")
    Subscription.objects.filter(id=first.id).update(state="ended")
    assert builder.subscribe(anna, "650,00", "2026-11-10").id != first.id


def test_another_contract_s_line_is_refused() -> None:
    anna, boris = builder.account(), builder.account()
    with pytest.raises(subscriptions.UnableToSubscribe, match="is not of account"), transaction.atomic():
        subscriptions.subscribe(
            account_id=anna.id,
            line_id=builder.line_of(boris).id,
            version_id=builder.version("550,00").id,
            on=day("2026-11-10"),
        )


def test_an_offer_of_another_segment_is_refused() -> None:
    anna = builder.account()
    Line.objects.update(segment="business")
    version = builder.version("550,00")
    version.offer.segments = ["apartment"]
    version.offer.save()
    with pytest.raises(subscriptions.UnableToSubscribe, match="business"):
        builder.subscribe(anna, "550,00", "2026-11-10")


def test_an_addon_needs_its_tariff_on_the_same_line() -> None:
    anna, boris = builder.account(), builder.account()
    with pytest.raises(subscriptions.UnableToSubscribe, match="needs its tariff"):
        builder.subscribe(anna, "100,00", "2026-11-10", role="addon")
    his = builder.subscribe(boris, "550,00", "2026-11-10")
    with pytest.raises(subscriptions.UnableToSubscribe, match="needs its tariff"):
        builder.subscribe(anna, "100,00", "2026-11-10", role="addon", parent=his)
    with pytest.raises(subscriptions.UnableToSubscribe, match="no parent"):
        builder.subscribe(anna, "550,00", "2026-11-10", parent=his)


def test_an_absurd_price_is_refused() -> None:
    anna = builder.account()
    with pytest.raises(subscriptions.UnableToSubscribe, match="make no sense"):
        builder.subscribe(anna, "100000000,01", "2026-11-10")


def test_terms_keep_what_is_not_named() -> None:
    anna = builder.account(first_top_up="500,00")
    with transaction.atomic():
        subscriptions.set_terms(anna.id, credit_limit_kop=100_00)
    terms = Terms.objects.get(account_id=anna.id)
    assert (terms.first_top_up_kop, terms.credit_limit_kop) == (500_00, 100_00)


@pytest.mark.parametrize("sql", ["delete from billing_subscription", "truncate billing_subscription cascade"])
def test_a_subscription_is_never_deleted(sql: str) -> None:
    builder.subscribe(builder.account(), "550,00", "2026-11-10")
    database.run("set constraints all immediate")  # what waits for the commit would stand in the way of the refusal
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        database.run(sql)
    assert Subscription.objects.count() == 1
