"""Resume what an account's money covers again: the one verb after whatever raises what is available."""

import json
from datetime import date
from typing import Any, NamedTuple

from abonent.billing import charges, policies, rules, runs, waking
from abonent.core import db
from abonent.ledger import accounts, queries
from abonent.ledger.models import Account

_HELD = db.read_sql(__file__, "held")
_SEE = f"""
    select a.contract_id, a.balance_kop, c.closed_on, w.account_id is not null as credit_is_withheld, h.*
    from ledger_account a
    left join subscribers_contract c on c.id = a.contract_id
    left join billing_terms w on w.account_id = a.id and w.withheld_limit_kop is not null
    left join ({_HELD.replace("%s", "%(account_id)s::text::bigint")}) h on true
    where a.id = %(account_id)s::text::bigint
    order by h.priority, h.id
"""
_TRANSFER_IDS = "select nextval('ledger_transfer_id_seq') as id from generate_series(1, %s)"
_STAND = """
    update billing_subscription s
    set state = 'active', stopped_on = null, paid_until = stood.paid_until, anchor_day = stood.anchor_day
    from jsonb_to_recordset(%s::jsonb) as stood (id bigint, paid_until date, anchor_day smallint)
    where s.id = stood.id and s.state = 'standing' and s.account_id = %s
"""
# What `charges.write` asks of its source, from a few rows: no temporary table for each payment.
_DUE = """jsonb_to_recordset(%(due)s::jsonb) as due (
    id bigint, "on" date, debit_id bigint, credit_id bigint, amount_kop bigint, reason text, fits boolean,
    subscription_id bigint, turn smallint, period_start date, period_end date, whole_start date,
    whole_end date, price_kop bigint, discount_kop bigint, charging text, anchor_day smallint, was_state text,
    was_paid_until date)"""


class Resumed(NamedTuple):
    """What `resume` did, in kopecks and ids, for the flow to tell."""

    charged_kop: int = 0
    subscription_ids: tuple[int, ...] = ()  # active again, or for the first time; what stood is among them
    activated: bool = False  # the first top-up or the first charge has just opened the access
    paid_until: date | None = None  # of the first of them: the tariff
    still_suspended: bool = False  # something still waits or is suspended
    missing_kop: int = 0  # what must be paid today for it


class Seen(NamedTuple):
    """An account that the caller has locked, and what it holds."""

    account_id: int
    contract_id: int
    balance_kop: int
    closed_on: date | None  # of the contract: since then its account opens no more
    credit_is_withheld: bool  # for an overdue invoice
    held: list[dict[str, Any]]  # rows of held.sql


def resume(account_id: int, *, on: date) -> Resumed:
    """Charge and resume, in order, what waits or is suspended and the money covers; then what stood.

    It costs the part from `on` to the period's end, or a whole period where each has its own (anniversary), or the
    day. Call it in the transaction
    that raised what is available (payment, bonus, reversal, higher limit) or connected something. Locks the
    account. Nothing waits: two short statements, nothing is written. Safe to repeat. A parked account stays
    as it is. A flow that resumes two accounts locks both before it resumes the first.

    on: the operator's date, never before the last date whose run has finished: its days are settled.
    """
    db.lock(Account, [account_id])
    return resume_seen(see(account_id), on=on)


def see(account_id: int) -> Seen:
    """For `resume_seen`: one statement, after the account was locked, as a transfer to it does."""
    db.require_transaction()
    found = db.prepared_rows(_SEE, {"account_id": str(account_id)})
    first = found[0]
    held = [row for row in found if row["id"] is not None]
    return Seen(
        account_id, first["contract_id"], first["balance_kop"], first["closed_on"], first["credit_is_withheld"], held
    )


def resume_seen(seen: Seen, *, on: date) -> Resumed:
    """`resume`, for who has locked the account and looked: where nothing waits, no statement more."""
    account_id, held = seen.account_id, seen.held
    if all(row["state"] == waking.ACTIVE for row in held) or held[0]["parked"]:
        return Resumed()
    on = max(on, runs.hold_charged_through() or on)
    left_kop = first_top_up_left_kop(account_id, held[0], seen.contract_id)
    woken = waking.wake(
        [held_of(row) for row in held],
        available_kop=seen.balance_kop + held[0]["credit_limit_kop"] + held[0]["deferral_kop"],
        on=on,
        policy=policies.in_force(),
        first_top_up_left_kop=left_kop,
    )
    by_id = {row["id"]: row for row in held}
    if woken.charged:
        charge(account_id, woken.charged, by_id, on)
    if woken.stood:
        stood = json.dumps([one._asdict() for one in woken.stood], default=str)
        charges.check("standing", wanted=len(woken.stood), done=db.run(_STAND, [stood, account_id]))
    waited = any(row["state"] == waking.WAITING for row in held)
    if waited and held[0]["may_activate"] and not left_kop:
        db.run("update billing_terms set activated_on = %s where account_id = %s", [on, account_id])
    return Resumed(
        charged_kop=sum(one.amount_kop for one in woken.charged),
        subscription_ids=(*(one.id for one in woken.charged), *(one.id for one in woken.stood)),
        activated=any(by_id[one.id]["state"] == waking.WAITING for one in woken.charged),
        paid_until=woken.charged[0].due.period.end if woken.charged else None,
        still_suspended=bool(woken.asleep),
        missing_kop=woken.missing_kop,
    )


def held_of(row: dict[str, Any]) -> waking.Held:
    """row: of held.sql."""
    read = {
        "discounts": tuple(rules.discount(one) for one in row["discounts"] or ()),
        "new_prices": rules.new_prices(row["new_prices"]),
    }
    return waking.Held(**{field: row[field] for field in waking.Held._fields} | read)


def first_top_up_left_kop(account_id: int, terms: dict[str, Any], contract_id: int) -> int:
    """What of the first top-up is not paid in yet.   terms: a row of held.sql."""
    if not terms["first_top_up_kop"]:
        return 0
    since = db.rows("select signed_on from subscribers_contract where id = %s", [contract_id])[0]["signed_on"]
    return max(0, int(terms["first_top_up_kop"]) - queries.paid_in_kop(account_id, since=since))


def charge(account_id: int, wakes: list[waking.Wake], by_id: dict[int, dict[str, Any]], on: date) -> None:
    """Charge what was decided.   by_id: rows of held.sql as the decision saw them. The account is locked."""
    moving = [one for one in wakes if one.amount_kop]
    transfer_ids = iter([row["id"] for row in db.rows(_TRANSFER_IDS, [len(moving)])])
    due = []
    for one in wakes:
        was = by_id[one.id]
        due.append(
            {
                "id": next(transfer_ids) if one.amount_kop else None,
                "on": on,
                "debit_id": account_id,
                "credit_id": accounts.house_id(f"revenue:{was['kind']}"),
                "amount_kop": one.amount_kop,
                "reason": "charge",
                "fits": True,
                "subscription_id": one.id,
                "turn": was["turn"],
                "period_start": one.due.period.start,
                "period_end": one.due.period.end,
                "whole_start": one.due.whole.start,
                "whole_end": one.due.whole.end,
                "price_kop": was["price_kop"],
                "discount_kop": one.discount_kop,
                "charging": was["charging"],
                "anchor_day": one.anchor_day,
                "was_state": was["state"],
                "was_paid_until": was["paid_until"],
            }
        )
    charges.write(
        _DUE,
        {
            "due": json.dumps(due, default=str),
            "first_account_id": account_id,
            "last_account_id": account_id,
        },
        charges=len(wakes),
        transfers_wanted=len(moving),
    )
