"""Send what the outbox holds. The only module that changes a Notice's state.

Claim (attempts + 1, the next try pushed ahead) → send, outside any transaction → mark. Killed between the last two,
it is sent again under the same id, which the gateways keep once; an SMS centre that keeps no ids tells of what it has
by its receipts, before that next try.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from datetime import datetime, timedelta
from datetime import time as hours
from typing import Any, NamedTuple

from django.conf import settings

from abonent.core import clock, db, jobs, sealing
from abonent.notifications import inbox, mailings, push_devices, pushing, refusals, texts, ways, wording
from abonent.notifications.channels import console, message, smpp, smsc, smsru, smtp, webpush
from abonent.notifications.models import Channel, NoticeState

BATCH = 64
THREADS = 8
CLAIMED_SECONDS = 300  # longer than the slowest channel may take
RUN_SECONDS = 5  # then the job hands over to a next one, so that a worker can stop
MARK_EVERY = 16  # what is done is noted in such groups
RETRY_AFTER_SECONDS = (60, 300, 900, 3600, 3 * 3600)  # after the first try, the second…; then it has failed

log = logging.getLogger(__name__)

_CLAIM = db.read_sql(__file__, "delivery_claim")
_MARK = db.read_sql(__file__, "delivery_mark")
_COPIES = db.read_sql(__file__, "delivery_copies")
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
    is_unknown: bool = False  # it may have gone: a receipt can still tell
    any_way: bool = False  # its one channel is no more: look for another


class _Words(NamedTuple):
    """What threads, which ask no database, must be given."""

    own: dict[tuple[str, str], wording.Own]
    devices: dict[int, list[webpush.Device]]  # by contract
    now: datetime


@jobs.job(queue="notifications", lock="notices", queueing_lock="notices", retry=3)
def deliver() -> None:
    """Send everything that is due, then sleep until the next one is."""
    until = time.monotonic() + RUN_SECONDS
    _ask_what_became()
    note_receipts(smpp.receipts())
    with futures.ThreadPoolExecutor(THREADS, "deliver") as threads:
        while batch := db.rows(_CLAIM, {"most": BATCH, "claimed_seconds": CLAIMED_SECONDS}):
            _send_batch(batch, threads)
            note_receipts(smpp.receipts())
            if time.monotonic() > until:
                deliver.defer()
                return
    wait = db.rows(
        "select ceil(extract(epoch from min(next_try_at) - statement_timestamp()))::int as seconds "
        "from notifications_notice where state = 'queued'"
    )[0]["seconds"]
    if wait is not None:
        deliver.defer_in(max(wait, 1))


def _ask_what_became() -> None:
    """A killed worker has left some: the centre tells what it has of them as soon as somebody listens."""
    if settings.SMS_GATEWAY == "smpp" and db.rows(
        "select 1 from notifications_notice where claimed_at is not null and state = 'queued' limit 1"
    ):
        smpp.listen()


def note_receipts(received: Sequence[message.Receipt]) -> None:
    """What SMS centres have told of the messages since: arrived, or will not."""
    for one in received:
        db.run(
            _RECEIPTS,
            {
                "ids": one.ids,
                "arrived": one.arrived,
                "error": one.said[:80],
                "reference": one.reference,
                "phone": one.phone,
            },
        )
    smpp.noted(received)


def wake_if_due() -> None:
    """For the schedule: a wake that a killed process took with it is made good."""
    note_receipts(smpp.receipts())
    mailings.finish()
    if db.rows(
        "select 1 from notifications_notice where state = 'queued' and next_try_at <= statement_timestamp() limit 1"
    ):
        deliver.wake()


def sms_gateway() -> Gateway:
    """For what is said to one who has no contract."""
    return _SMS_GATEWAYS[settings.SMS_GATEWAY]


def email_gateway() -> Gateway:
    """The same by e-mail."""
    return _EMAIL_GATEWAYS[settings.EMAIL_GATEWAY]


def _send_batch(batch: list[dict[str, Any]], threads: futures.ThreadPoolExecutor) -> None:
    for one in batch:
        one["choices"] = json.loads(one["choices"] or "{}")
    _copy(batch)
    pushed = [one["contract_id"] for one in batch if one["has_push"]]
    words = _Words(wording.current(), push_devices.of_contracts(pushed), clock.now())
    inbox.keep([one for one in batch if not _is_refused(one)], words.now, words.own)
    running = {threads.submit(_send, notice, words): notice for notice in batch}
    done: list[tuple[dict[str, Any], _Outcome]] = []
    for ended in futures.as_completed(running):
        done.append((running[ended], ended.result()))
        if len(done) >= MARK_EVERY:
            _mark(done)
            done = []
    if done:
        _mark(done)
    touched = {one["mailing_id"] for one in batch if one["mailing_id"]}
    if touched:
        mailings.tell(touched)


def _copy(batch: list[dict[str, Any]]) -> None:
    """Rows for the further channels of each; committed before anything of them goes."""
    asked = []
    for one in batch:
        kind = texts.KINDS.get(one["kind"])
        first, *others = (ways.of(one, kind) if kind else []) or [Channel.INBOX]
        if others:
            asked += [{"id": one["id"], "first": first.value, "channel": other.value} for other in others]
            one["only_by"] = first.value
    if asked:
        db.run(_COPIES, {"asked": json.dumps(asked)})


def _send(notice: dict[str, Any], words: _Words) -> _Outcome:
    kind = texts.KINDS.get(notice["kind"])
    if kind is None:
        return _Outcome(NoticeState.FAILED, "", f"no text for {notice['kind']}")
    if notice["not_after"] and notice["not_after"] <= words.now:
        return _Outcome(NoticeState.FAILED, "", "it is good no more", counts=False)
    if _is_refused(notice):
        return _Outcome(NoticeState.CANCELED, "", "refused by its reader", counts=False)
    if notice["to_address"]:
        which = "email" if "@" in notice["to_address"] else "phone"
        notice |= {"email": "", "phone": "", which: notice["to_address"]}
    channel = next(iter(ways.of(notice, kind)), None)
    if channel == Channel.INBOX or (channel is None and ways.is_wanted_nowhere(notice)):
        return _Outcome(NoticeState.SENT, Channel.INBOX)
    if channel is None:
        return _nowhere(notice)
    quiet_seconds = seconds_of_quiet(words.now, _hours(notice))
    if channel in (Channel.SMS, Channel.PUSH) and not kind.at_any_hour and quiet_seconds:
        return _Outcome(NoticeState.QUEUED, "", retry_seconds=quiet_seconds, counts=False)
    return _try(notice, channel, words)


def _try(notice: dict[str, Any], channel: Channel, words: _Words) -> _Outcome:
    try:
        gateway_id = _hand_over(notice, channel, words)
    except pushing.NoDeviceLeft:
        return _nowhere(notice)
    except message.UnableToEverSend as error:
        is_unknown = isinstance(error, message.UnknownResult)
        return _Outcome(NoticeState.FAILED, channel, str(error), is_unknown=is_unknown)
    except message.UnableToSend as error:
        return _after_failure(notice, channel, str(error))
    except Exception as error:  # a mistake of ours: the others of the batch must go on
        log.error("notice %s %s: %s", notice["id"], notice["kind"], type(error).__name__)
        return _after_failure(notice, channel, type(error).__name__)
    return _Outcome(NoticeState.SENT, channel, gateway_id=gateway_id)


def _nowhere(notice: dict[str, Any]) -> _Outcome:
    """His one way is no more: a notice looks for another, a copy or a mailing's has none."""
    if notice["only_by"] and not notice["mailing_id"] and not inbox.is_copy(notice):
        return _Outcome(NoticeState.QUEUED, "", retry_seconds=1, any_way=True)
    return _Outcome(NoticeState.FAILED, "", "the customer has neither a phone nor an e-mail")


def _hand_over(notice: dict[str, Any], channel: Channel, words: _Words) -> str:
    params = json.loads(notice["params"])
    if notice["secret"]:
        params["secret"] = sealing.unseal(SECRETS, notice["secret"])
    if channel == Channel.PUSH:
        pushing.push(notice, words.devices.get(notice["contract_id"], []))
        return ""
    text = wording.render(
        words.own,
        notice["kind"],
        params,
        language=notice["language"],
        contract_number=notice["contract_number"],
        today=clock.on_date(words.now),
    )
    is_sms = channel == Channel.SMS
    refusal_url = refusals.url(notice["customer_id"], channel) if notice["kind"] == texts.MAILING_OFFER else ""
    send = (_SMS_GATEWAYS[settings.SMS_GATEWAY]) if is_sms else _EMAIL_GATEWAYS[settings.EMAIL_GATEWAY]
    spoken = notice["language"]
    given = send(
        message.Message(
            notice_id=notice["id"],
            key=notice["key"],
            kind=notice["kind"],
            address=notice["phone"] if is_sms else notice["email"],
            subject=text.subject,
            body=texts.sms(text, language=spoken, refusal_url=refusal_url)
            if is_sms
            else texts.letter(text, language=spoken, refusal_url=refusal_url),
            refusal_url=refusal_url,
        )
    )
    return (given or "")[:64]


def _is_refused(notice: dict[str, Any]) -> bool:
    """An offer goes only to who agrees to it at the moment it goes."""
    if notice["kind"] != texts.MAILING_OFFER:
        return False
    return ways.CONSENTS.get(notice["only_by"]) not in (notice["consents"] or [])


def _hours(notice: dict[str, Any]) -> tuple[hours, hours] | None:
    """His own; an offer never comes in the operator's night."""
    if notice["quiet_from"] is None or notice["kind"] == texts.MAILING_OFFER:
        return None
    return notice["quiet_from"], notice["quiet_to"]


def seconds_of_quiet(now: datetime, own: tuple[hours, hours] | None = None) -> int:
    """How long SMS must still wait by his own quiet hours, else the profile's; 0 outside them."""
    start, end = own or (settings.PROFILE.quiet_hours.start, settings.PROFILE.quiet_hours.end)
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


def _mark(done: Sequence[tuple[dict[str, Any], _Outcome]]) -> None:
    said = [
        {
            "id": notice["id"],
            "state": outcome.state.value,
            "channel": str(outcome.channel),
            "error": outcome.error,
            "uncounted": 0 if outcome.counts else 1,
            "gateway_id": outcome.gateway_id,
            "is_unknown": outcome.is_unknown,
            "any_way": outcome.any_way,
            "wait": outcome.retry_seconds,
        }
        for notice, outcome in done
    ]
    db.run(_MARK, {"said": json.dumps(said)})
    push_devices.forget(pushing.taken_gone())
    for notice, outcome in done:
        if outcome.state == NoticeState.FAILED:
            log.warning("notice %s %s has failed after %s tries", notice["id"], notice["kind"], notice["attempts"])
