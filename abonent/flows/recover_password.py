"""A forgotten password: a one-time one goes to the phone given at connection, signs in once, and must be replaced.

The forgotten password stays until the one-time one is used: who only knows a number changes nothing for its owner.
"""

import logging
from datetime import datetime

from abonent.core import alarms, audit, clock, db, jobs, sealing
from abonent.identity import codes, limits, queries, users
from abonent.identity.models import User
from abonent.identity.models_codes import CodePurpose, OneTimeCode
from abonent.notifications import outbox
from abonent.subscribers import contacts, contracts
from abonent.subscribers import queries as subscribers

_PURPOSE = "recovery"

log = logging.getLogger(__name__)


def ask(*, typed: str, address: str, at: datetime) -> None:
    """Somebody has typed a contract's number. Looks nobody up: the answer and its time tell nothing.

    Raises limits.TooManyTries.
    """
    number = contracts.tidy_number(typed)
    limits.take(limits.of_recovery(number, address), at)
    if contracts.NUMBER.fullmatch(number):
        with db.atomic():
            send.defer(sealed=sealing.seal(_PURPOSE, number))


@jobs.job(queue="notifications", retry=3)
def send(sealed: str) -> None:
    """Send a one-time password, if the number is somebody's and his phone may be written to again.

    sealed: a person may have typed his password instead of his number, and jobs lie in the database for days.
    """
    number = sealing.unseal(_PURPOSE, sealed)
    user = queries.subscriber_by_number(number)
    found = next((one for one in subscribers.contracts_of(user.pk) if one.number == number), None) if user else None
    if user is None or found is None:
        return
    phone = contacts.phone_of_recovery(found.customer_id)
    if phone is None:
        log.warning("user %s has no phone for a one-time password", user.pk)
        return
    now = clock.now()
    if not may_send(user.pk, phone, now):
        return
    with db.atomic():
        issued = codes.issue(user.pk, CodePurpose.PASSWORD, phone, now)
        outbox.queue(
            key=f"one_time_password:{issued.id}",
            contract_id=found.id,
            kind="one_time_password",
            params={"minutes": codes.LIVES[CodePurpose.PASSWORD].seconds // 60},
            to=phone,
            secret=issued.plain,
            not_after=issued.expires_at,
        )
        audit.record(
            actor="system:recovery",
            action="identity.send_one_time_password",
            subject=f"user:{user.pk}",
            new={"to": contacts.hidden(phone)},
        )


def may_send(user_id: int, to: str, at: datetime) -> bool:
    """Count one message with a code. False: a budget is used up; that of all people together raises an alarm."""
    try:
        limits.take(limits.of_code(user_id, to), at)
    except limits.TooManyTries as full:
        if full.key == limits.CODES_OF_ALL:
            alarms.raise_alarm(
                key=f"codes:{clock.on_date(at)}",
                what="as many codes as ABONENT_CODES_A_DAY allows were sent within a day: look who asks for them",
            )
        return False
    return True


def use(*, user: User, typed: str, address: str | None, at: datetime) -> User | None:
    """The one-time password signs in, once: the forgotten one and its sessions end. None: it is not the one sent."""
    with db.atomic():
        if not isinstance(codes.use(user.pk, CodePurpose.PASSWORD, typed, at), OneTimeCode):
            return None
        ended = users.end_password(user)
        audit.record(
            actor=user.username,
            action="identity.use_one_time_password",
            subject=f"user:{user.pk}",
            address=address,
        )
    return ended
