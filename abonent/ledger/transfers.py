"""Move money between ledger accounts. The only module that writes Transfer, LedgerKey and balances.

Locks are taken in one order: the transfer's key, then the account that keeps a balance; of two such accounts both come
first, by id.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction

from abonent.core import alarms, db, money
from abonent.ledger import accounts
from abonent.ledger.models import Account, Reason, Transfer

_PARTS = db.read_sql(__file__, "post")
_POST = f"with {_PARTS.format(source='')} select transfer_id, (select count(*) from changed) as changed from taken"
_PARTS_OF_CAUSE = _PARTS.format(source="from cause")
_POST_BATCH = db.read_sql(__file__, "post_batch")
_BOUNDS = """
    select min(case when debit_id < 1000 then credit_id when credit_id < 1000 then debit_id
                    else least(debit_id, credit_id) end) as first,
           max(greatest(debit_id, credit_id)) as last
    from {table} where amount_kop > 0
"""
# The same body as `_hash` says.
_TAKE_KEYS = """
    insert into ledger_key (key, body_hash, transfer_on, transfer_id)
    select key, sha256(convert_to(concat_ws('|', debit_id, credit_id, amount_kop, "on", reason), 'UTF8')), "on", id
    from {table} order by key
    on conflict do nothing
"""
_TAKE_GUARD = """
    insert into ledger_key (key, body_hash, transfer_on, transfer_id)
    values (%s, %s, %s, %s)
    on conflict do nothing
"""
_KNOWN_KEY = "select body_hash, transfer_on, transfer_id from ledger_key where key = %s"


class UnableToPost(Exception):
    """The money was not moved."""


class KeyReusedWithOtherBody(UnableToPost):
    """The key is known with another body: two causes claim one name, and a person must look."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the ledger key {key} is known with another body: nothing was moved")
        self.key = key


class BalancesDisagree(UnableToPost):
    """An account of a transfer does not exist or keeps no balance: nothing was moved."""


class UnableToReverse(UnableToPost):
    """There is no such transfer, it is a reversal itself, or it is reversed already under another key."""


class Posted(NamedTuple):
    """The key of a transfer in its table, and whether an earlier call had moved the money."""

    on: date
    id: int
    repeated: bool


def post(
    *,
    key: str,
    debit_id: int,
    credit_id: int,
    amount_kop: int,
    on: date,
    reason: Reason | str,
    transfer_id: int | None = None,
) -> Posted:
    """Move `amount_kop` from one ledger account to another exactly once.

    A repeat with the same key and body returns the first result. The accounts stay locked until the caller's
    transaction ends.

    key: "<what>:<source>:<id>", from the cause, never random: "payment:yookassa:17".
    amount_kop: kopecks, > 0.   on: the operator's date the money moved, from the cause, not from the moment.
    transfer_id: one taken from the sequence before, where the cause's own row has had to name it.
    Raises KeyReusedWithOtherBody when the key is known with another body; nothing is written. Raises
    BalancesDisagree when an account does not exist: a bug, the transaction must not stand.
    Wrap the flow's transaction in `alarm_on_refusal()`.
    """
    return _post(
        key,
        Transfer(
            id=transfer_id, debit_id=debit_id, credit_id=credit_id, amount_kop=amount_kop, on=on, reason=str(reason)
        ),
    )


def parts(
    *, key: str, debit_id: int, credit_id: int, amount_kop: int, on: date, reason: Reason | str, transfer_id: int
) -> db.Statement:
    """`post` between a house and a subscriber as parts of a WITH; where its part `cause` has no row, nothing is moved.

    Its last part `changed` has the account, locked, with its `id` and `balance_kop`; a key that is known leaves it
    empty, and who makes the statement must raise then.
    """
    assert 0 < amount_kop <= money.MAX_KOP, amount_kop
    assert not (accounts.keeps_balance(debit_id) and accounts.keeps_balance(credit_id)), (debit_id, credit_id)
    body = Transfer(
        id=transfer_id, debit_id=debit_id, credit_id=credit_id, amount_kop=amount_kop, on=on, reason=str(reason)
    )
    return db.Statement(_PARTS_OF_CAUSE, _params(key, body, _hash(body)))


def reverse(*, key: str, on_of: date, id_of: int, on: date) -> Posted:
    """Move a transfer's money back by a transfer that names it. A transfer is reversed once.

    key: of the cause, as in `post`; a repeat with the same key returns the first result.
    on_of, id_of: the transfer to be reversed.   on: the operator's date of the reversal.
    Raises UnableToReverse, KeyReusedWithOtherBody.
    """
    first = Transfer.objects.filter(on=on_of, id=id_of).first()
    if first is None:
        raise UnableToReverse(f"there is no transfer {id_of} of {on_of}")
    if first.reason == Reason.REVERSAL:
        raise UnableToReverse(f"transfer {id_of} of {on_of} is a reversal itself: post the money anew instead")
    back = Transfer(
        debit_id=first.credit_id,
        credit_id=first.debit_id,
        amount_kop=first.amount_kop,
        on=on,
        reason=Reason.REVERSAL,
        reverses_on=on_of,
        reverses_id=id_of,
    )
    with transaction.atomic():
        posted = _post(key, back)
        if not posted.repeated:
            # Partitions let no index say «once», so the reversed transfer's name is taken as a second key.
            once = db.run(_TAKE_GUARD, [f"reversed:{on_of}:{id_of}", _hash_of_name(key), posted.on, posted.id])
            if not once:
                raise UnableToReverse(f"transfer {id_of} of {on_of} is reversed already")
    return posted


def post_batch(table: str, params: Mapping[str, Any] | None = None) -> int:
    """Post every row of a temporary table in one statement; give the number of transfers.

    table: its name, or another source of rows with its alias, whose parameters are in `params`. Its columns:
    `id` bigint (from the sequence of ledger_transfer), `"on"` date, `debit_id`, `credit_id`, `amount_kop`
    bigint, `reason` text. A row of 0 kopecks moves nothing and is passed over.
    The caller has locked the accounts, in id order, and keeps what makes each row happen once (a charge's own
    key); no LedgerKey is written.
    Raises BalancesDisagree when an account does not exist; the caller's transaction must not stand then.
    """
    db.require_transaction()
    bounds = db.rows(_BOUNDS.format(table=table), params)[0]
    if bounds["first"] is None:
        return 0
    done = db.rows(_POST_BATCH.format(table=table), {**(params or {}), **bounds})[0]
    if done["balances"] != done["accounts"]:
        raise BalancesDisagree(f"{done['accounts']} accounts were to change, {done['balances']} did")
    return int(done["transfers"])


def post_keyed_batch(table: str) -> int:
    """`post_batch` of rows that come from outside (an import): each has its `key` text too, and takes it first.

    Raises KeyReusedWithOtherBody when any of the keys is known: a batch is posted whole or not at all.
    """
    db.require_transaction()
    wanted = db.rows(f"select count(*) as n from {table}")[0]["n"]
    if db.run(_TAKE_KEYS.format(table=table)) != wanted:
        raise KeyReusedWithOtherBody(f"one of {wanted} in {table}")
    return post_batch(table)


@contextmanager
def alarm_on_refusal() -> Iterator[None]:
    """Around a flow's whole transaction: a reused key raises an alarm in its own, after the roll-back.

        with transfers.alarm_on_refusal(), db.atomic():
            ...
            transfers.post(...)

    The refusal goes on to the caller. Inside a transaction the alarm would be lost: `db.atomic()` refuses.
    """
    try:
        yield
    except KeyReusedWithOtherBody as refused:
        with db.atomic():
            alarms.raise_alarm(key=f"ledger_key:{refused.key}", what=str(refused))
        raise


def _post(key: str, body: Transfer) -> Posted:
    db.require_transaction()
    assert 0 < body.amount_kop <= money.MAX_KOP, body.amount_kop
    assert body.debit_id != body.credit_id, body.debit_id
    body_hash = _hash(body)
    balanced = [one for one in (body.debit_id, body.credit_id) if accounts.keeps_balance(one)]
    if len(balanced) > 1:
        _lock(balanced)
    done = db.prepared_rows(_POST, _params(key, body, body_hash))
    if not done:
        known = db.rows(_KNOWN_KEY, [key])[0]
        if bytes(known["body_hash"]) != body_hash:
            raise KeyReusedWithOtherBody(key)
        return Posted(known["transfer_on"], known["transfer_id"], repeated=True)
    if done[0]["changed"] != len(balanced):
        raise BalancesDisagree(f"{key}: {len(balanced)} accounts were to change, {done[0]['changed']} did")
    return Posted(body.on, done[0]["transfer_id"], repeated=False)


def _params(key: str, body: Transfer, body_hash: bytes) -> dict[str, Any]:
    return {
        "key": key,
        "body_hash": body_hash,
        "id": db.prepared_value(body.id),
        "on": body.on,
        "debit_id": db.prepared_value(body.debit_id),
        "credit_id": db.prepared_value(body.credit_id),
        "amount_kop": db.prepared_value(body.amount_kop),
        "reason": str(body.reason),
        "reverses_on": body.reverses_on,
        "reverses_id": db.prepared_value(body.reverses_id),
    }


def _lock(account_ids: Sequence[int]) -> None:
    try:
        db.lock(Account, account_ids)
    except db.UnableToLock as missing:
        raise BalancesDisagree(str(missing)) from missing


def _hash(body: Transfer) -> bytes:
    """What a repeat must repeat. `verify` computes the same in SQL."""
    said = [body.debit_id, body.credit_id, body.amount_kop, body.on, str(body.reason)]
    if body.reverses_id is not None:
        said += [body.reverses_on, body.reverses_id]
    return hashlib.sha256("|".join(str(one) for one in said).encode()).digest()


def _hash_of_name(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
