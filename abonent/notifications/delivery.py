"""Send what the outbox holds. The only module that changes a Notice's state.

Claim (attempts + 1, the next try pushed ahead) → send, outside any transaction → mark. Killed between the
last two, it is sent again under the same id, which the gateways keep once: the reader has it once.
"""

import json
import logging
import time
from collections.abc import Callable
from concurrent import futures
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from abonent.core import clock, db, jobs, sealing
from abonent.notifications import inbox, texts
from abonent.notifications.channels import console, message, smpp, smsc, smsru, smtp
from abonent.notifications.models import Channel, NoticeState

BATCH = 16
THREADS = 8
CLAIMED_SECONDS = 300  # longer than the slowest channel may take
RUN_SECONDS = 5  # then the job hands over to a next one, so that a worker can stop
RETRY_AFTER_SECONDS = (60, 300, 900, 3600, 3 * 3600)  # after the first try, the second…; then it has failed

log = logging.getLogger(__name__)

_CLAIM = db.read_sql(__file__, "delivery_claim")
_RECEIPTS = db.read_sql(__file__, "delivery_receipts")
Gateway = Callable[[message.Message], str | None]  # gives the gateway's own id of it, if its receipt will name one
_SMS_GATEWAYS: dict[str, Gateway] = {
    "console": console.send,
    "smsc": smsc.send,
    "smsru": smsru.send,
    "smpp": smpp.send,
}
_EMAIL_GATEWAYS: dict[str, Gateway] = {"console": console.send, "smtp": smtp.send}
SECRETS = "notices"  # the purpose that a notice's secret is sealed for


class _Outcome(NamedTuple):
    state: NoticeState
    channel: str
    error: str = ""
    retry_seconds: int = 0
    counts: bool = True  # False: nothing was tried
    gateway_id: str = ""


@jobs.job(queue="notifications", lock="notices", queueing_lock="notices", retry=3)
def deliver() -> None:
    """Send everything that is due, then sleep until the next one is."""
    until = time.monotonic() + RUN_SECONDS
    note_receipts(smpp.receipts())
    with futures.ThreadPoolExecutor(THREADS, "deliver") as threads:
        while batch := db.rows(_CLAIM, {"most": BATCH, "claimed_seconds": CLAIMED_SECONDS}):
            now = clock.now()  # threads ask no database
            inbox.keep(batch, now)
            running = {threads.submit(_send, notice, now): notice for notice in batch}
            for done in futures.as_completed(running):
                _mark(running[done], done.result())
            if time.monotonic() > until:
                deliver.defer()
                return
    wait = db.rows(
        "select ceil(extract(epoch from min(next_try_at) - statement_timestamp()))::int as seconds "
        "from notifications_notice where state = 'queued'"
    )[0]["seconds"]
    if wait is not None:
        deliver.defer_in(max(wait, 1))


def note_receipts(received: list[message.Receipt]) -> None:
    """What SMS centres have told of the messages since: arrived, or will not."""
    for one in received:
        db.run(_RECEIPTS, {"ids": one.ids, "arrived": one.arrived, "error": one.said[:80]})


def wake_if_due() -> None:
    """For the schedule: a wake that a killed process took with it is made good."""
    note_receipts(smpp.receipts())
    if db.rows(
        "select 1 from notifications_notice where state = 'queued' and next_try_at <= statement_timestamp() limit 1"
    ):
        deliver.wake()


def sms_gateway() -> Gateway:
    """For what is said to one who has no contract."""
    return _SMS_GATEWAYS[settings.SMS_GATEWAY]


def _send(notice: dict[str, Any], now: datetime) -> _Outcome:
    kind = texts.KINDS.get(notice["kind"])
    if kind is None:
        return _Outcome(NoticeState.FAILED, "", f"no text for {notice['kind']}")
    if notice["not_after"] and notice["not_after"] <= now:
        return _Outcome(NoticeState.FAILED, "", "it is good no more", counts=False)
    if notice["to_address"]:
        which = "email" if "@" in notice["to_address"] else "phone"
        notice |= {"email": "", "phone": "", which: notice["to_address"]}
    channel = _channel(kind, email=bool(notice["email"]), phone=bool(notice["phone"]))
    if channel is None:
        return _Outcome(NoticeState.FAILED, "", "the customer has neither a phone nor an e-mail")
    if channel == Channel.SMS and not kind.at_any_hour and (quiet_seconds := seconds_of_quiet(now)):
        return _Outcome(NoticeState.QUEUED, "", retry_seconds=quiet_seconds, counts=False)
    try:
        gateway_id = _hand_over(notice, channel, now)
    except message.UnableToEverSend as error:
        return _Outcome(NoticeState.FAILED, channel, str(error))
    except message.UnableToSend as error:
        return _after_failure(notice, channel, str(error))
    except Exception as error:  # a mistake of ours: the others of the batch must go on
        log.error("notice %s %s: %s", notice["id"], notice["kind"], type(error).__name__)
        return _after_failure(notice, channel, type(error).__name__)
    return _Outcome(NoticeState.SENT, channel, gateway_id=gateway_id)


def _hand_over(notice: dict[str, Any], channel: Channel, now: datetime) -> str:
    params = json.loads(notice["params"])
    if notice["secret"]:
        params["secret"] = sealing.unseal(SECRETS, notice["secret"])
    text = texts.render(
        notice["kind"],
        params,
        language=notice["language"],
        contract_number=notice["contract_number"],
        today=clock.on_date(now),
    )
    is_sms = channel == Channel.SMS
    send = (_SMS_GATEWAYS[settings.SMS_GATEWAY]) if is_sms else _EMAIL_GATEWAYS[settings.EMAIL_GATEWAY]
    given = send(
        message.Message(
            notice_id=notice["id"],
            key=notice["key"],
            kind=notice["kind"],
            address=notice["phone"] if is_sms else notice["email"],
            subject=text.subject,
            body=texts.sms(text) if is_sms else texts.letter(text, language=notice["language"]),
        )
    )
    return (given or "")[:64]


def _channel(kind: texts.Kind, *, email: bool, phone: bool) -> Channel | None:
    if phone and (kind.sms_first or not email):
        return Channel.SMS
    return Channel.EMAIL if email else None


def seconds_of_quiet(now: datetime) -> int:
    """How long SMS must still wait by the profile's quiet hours; 0 outside them."""
    start, end = settings.PROFILE.quiet_hours.start, settings.PROFILE.quiet_hours.end
    local = clock.local(now)
    at = local.time()
    quiet = start <= at < end if start <= end else at >= start or at < end
    if not quiet:
        return 0
    day = local.date() if at < end else local.date() + timedelta(days=1)
    ends_at = datetime.combine(day, end, tzinfo=local.tzinfo)
    return max(1, int(ends_at.timestamp() - local.timestamp()) + 1)


def _after_failure(notice: dict[str, Any], channel: Channel, error: str) -> _Outcome:
    tried = notice["attempts"]
    if tried > len(RETRY_AFTER_SECONDS):
        return _Outcome(NoticeState.FAILED, channel, error)
    return _Outcome(NoticeState.QUEUED, channel, error, RETRY_AFTER_SECONDS[tried - 1])


def _mark(notice: dict[str, Any], outcome: _Outcome) -> None:
    db.run(
        "update notifications_notice set state = %(state)s, channel = %(channel)s, error = %(error)s, "
        "sent_at = case when %(state)s = 'sent' then now() end, "
        "attempts = attempts - case when %(counts)s then 0 else 1 end, "
        "gateway_id = %(gateway_id)s, secret = case when %(state)s = 'queued' then secret else '' end, "
        "next_try_at = case when %(state)s = 'queued' then statement_timestamp() + make_interval(secs => %(wait)s) "
        "else next_try_at end where id = %(id)s and state = 'queued'",
        {
            "id": notice["id"],
            "state": outcome.state.value,
            "channel": outcome.channel,
            "error": outcome.error,
            "counts": outcome.counts,
            "wait": outcome.retry_seconds,
            "gateway_id": outcome.gateway_id,
        },
    )
    if outcome.state == NoticeState.FAILED:
        log.warning("notice %s %s has failed after %s tries", notice["id"], notice["kind"], notice["attempts"])
