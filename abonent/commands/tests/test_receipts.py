"""`abonent receipts`: what is stuck, why, and another try."""

import pytest

from abonent.billing.tests import builder
from abonent.commands import main
from abonent.commands import receipts as command
from abonent.core import clock, db
from abonent.payments import payments, receipts
from abonent.payments.models import Channel
from abonent.payments.models_receipts import Receipt, ReceiptKind, ReceiptState

pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck() -> Receipt:
    account = builder.account()
    with db.atomic():
        payment = payments.open_received(
            channel=Channel.CASH, account_id=account.id, amount_kop=500_00, external_id="A-1", on=builder.SIGNED_ON,
            at=clock.now(),
        )  # fmt: skip
        receipts.queue(
            receipts.Wanted(
                cause=f"advance:{payment.id}", kind=ReceiptKind.ADVANCE, way="atol", account_id=account.id,
                amount_kop=500_00, on=builder.SIGNED_ON, known_as="advance:cash:A-1", payment_id=payment.id,
            )
        )  # fmt: skip
        (receipt,) = receipts.claim(most=1, claimed_seconds=60)
        receipts.stop(receipt, error="32: wrong e-mail", refused=True)
    return Receipt.objects.get(id=receipt.id)


def run(*words: str) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_it_is_among_the_commands() -> None:
    assert "receipts" in main.COMMANDS


def test_what_is_stuck_is_listed_and_explained(stuck: Receipt, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert run("explain", str(stuck.id)) == 0
    said = capsys.readouterr().out
    assert "32: wrong e-mail" in said
    assert "mend the contact or the INN it names" in said


def test_it_is_tried_again_once(stuck: Receipt) -> None:
    assert run("retry", str(stuck.id)) == 0
    assert Receipt.objects.get(id=stuck.id).state == ReceiptState.QUEUED
    assert run("retry", str(stuck.id)) == 1
    assert run("retry") == 1
    assert run("explain", "999999") == 1
