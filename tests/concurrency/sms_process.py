"""A worker that only delivers, over SMPP: `python -m tests.concurrency.sms_process smpp://… [seconds of a claim]`."""

import sys
import time
from datetime import date

import django


def main(url: str, claimed_seconds: str) -> None:
    """Until nothing is queued any more."""
    django.setup()
    from django.conf import settings

    from abonent.core import clock, db
    from abonent.notifications import delivery
    from tests import smsc

    settings.SMS_GATEWAY, settings.SMPP_URL, settings.SMS_SENDER = "smpp", url, "SkyNet"
    settings.SMPP_SYSTEM_ID, settings.SMPP_PASSWORD = "us", smsc.PASSWORD
    delivery.CLAIMED_SECONDS = int(claimed_seconds)
    with clock.frozen(clock.at_noon(date(2026, 12, 14))):  # no quiet hours
        while db.rows("select 1 from notifications_notice where state = 'queued' limit 1"):
            delivery.deliver()
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
