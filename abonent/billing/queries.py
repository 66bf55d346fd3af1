"""What an account's pages show: one statement for a page, then pure functions over its values."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from abonent.billing import policies, rules, waking
from abonent.core import db

LINES = 5  # of the ledger, on the first screen
_LINES_DAYS = 92  # how far back they are looked for: each month more is a partition more to plan
_OVERVIEW = db.read_sql(__file__, "overview")


class SubscriptionRow(NamedTuple):
    """A subscription that has not ended, with its offer and address, in the order of charging."""

    id: int
    parent_id: int | None
    line_id: int | None
    role: str
    kind: str
    charging: str
    price_kop: int
    state: str
    paid_until: date | None
    stopped_on: date | None
    started_on: date
    priority: int
    code: str
    name_ru: str
    name_en: str
    down_mbps: int | None
    up_mbps: int | None
    included_octets: int | None
    channels: int | None
    settlement: str | None
    street: str | None
    house: str | None
    korpus: str | None
    stroenie: str | None
    liter: str | None
    flat: str | None
    anchor_day: int
    discounts: tuple[rules.Discount, ...]
    new_prices: tuple[rules.NewPrice, ...] = ()  # announced, in order: with the first period from their dates on

    def name(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name_ru


class LedgerLine(NamedTuple):
    """Money in (more than 0) or out (less than 0), with what a label needs."""

    on: date
    reason: str  # a value of ledger.models.Reason
    amount_kop: int
    house: str | None  # the other side: "clearing:cash", "bonus"; None of a charge
    period_start: date | None  # of a charge
    period_end: date | None
    name_ru: str | None
    name_en: str | None
    transfer_id: int

    def name(self, language: str) -> str | None:
        return self.name_en if language.startswith("en") else self.name_ru


class PauseRow(NamedTuple):
    """The service off at the subscriber's wish, now or to come."""

    kind: str  # "pause"; "daily": switched off until it is switched on
    state: str  # "planned", "running"
    starts_on: date
    ends_on: date | None  # the first date with the service
    fee_kop: int


class Overview(NamedTuple):
    account_id: int
    contract_id: int
    balance_kop: int
    number: str
    signed_on: date
    customer_kind: str
    full_name: str
    given_name: str
    credit_limit_kop: int
    deferral_kop: int
    deferral_ends_on: date | None  # the first date without the deferral; None: none counts
    pause: PauseRow | None
    contract_ends_on: date | None  # planned: the first date without service
    has_open_changes: bool  # asked for or planned: changes.open_changes() tells which
    first_top_up_kop: int
    activated_on: date | None
    paid_in_kop: int | None  # since signing; only while the first top-up is waited for
    charged_through: date | None
    subscriptions: tuple[SubscriptionRow, ...]
    lines: tuple[LedgerLine, ...]  # the newest first
    withheld_limit_kop: int | None = None  # the credit limit agreed, while an overdue invoice withholds it

    @property
    def available_kop(self) -> int:
        return self.balance_kop + self.credit_limit_kop + self.deferral_kop

    @property
    def first_top_up_left_kop(self) -> int:
        return 0 if self.paid_in_kop is None else max(0, self.first_top_up_kop - self.paid_in_kop)


class ServiceState(NamedTuple):
    """In one word, by the first tariff in the order of charging."""

    word: str  # "working", "suspended", "paused", "waiting" (for the first top-up or the first charge), "none"
    since: date | None = None  # suspended or paused since
    missing_kop: int = 0  # what must be paid today so that everything works


class NextCharge(NamedTuple):
    on: date
    lines: tuple[tuple[SubscriptionRow, int], ...]  # what is charged, and how much
    amount_kop: int
    balance_after_kop: int  # below zero by more than the credit: something will be suspended
    missing_kop: int


def overview(contract_id: int, on: date) -> Overview | None:
    """One statement. None: the contract has no account.

    on: the operator's today.
    """
    bounds = {"since": on - timedelta(days=_LINES_DAYS), "until": on + timedelta(days=31), "lines": LINES}
    found = db.prepared_rows(_OVERVIEW, {"contract_id": contract_id, **bounds})
    if not found:
        return None
    row = found[0]
    row["pause"] = _pause(row["pause"])
    row["subscriptions"] = tuple(_subscription(one) for one in row["subscriptions"] or ())
    row["lines"] = tuple(_line(one) for one in row["lines"] or ())
    return Overview(**row)


def settled(seen: Overview, on: date) -> date:
    """The operator's date, never before the last date whose run has finished: its days are settled."""
    return max(on, seen.charged_through or on)


def woken(seen: Overview, on: date) -> waking.Woken:
    """What `resume` would do today: what it would charge, and what is missing."""
    return waking.wake(
        held(seen),
        available_kop=seen.available_kop,
        on=on,
        policy=policies.in_force(),
        first_top_up_left_kop=seen.first_top_up_left_kop,
    )


def held(seen: Overview) -> list[waking.Held]:
    """What the account holds, as the rules of money ask for it."""
    return [
        waking.Held(
            one.id,
            one.parent_id,
            one.charging,
            one.price_kop,
            one.state,
            one.paid_until,
            one.stopped_on,
            one.started_on,
            one.anchor_day,
            one.discounts,
        )
        for one in seen.subscriptions
    ]


def service_state(seen: Overview, on: date) -> ServiceState:
    tariff = next((one for one in seen.subscriptions if one.role == "tariff"), None)
    if tariff is None:
        return ServiceState("none")
    if all(one.state == waking.ACTIVE for one in seen.subscriptions):
        return ServiceState("working")
    missing_kop = woken(seen, on).missing_kop
    if tariff.state == waking.ACTIVE:
        return ServiceState("working", None, missing_kop)
    if tariff.state == waking.WAITING:
        return ServiceState("waiting", None, missing_kop)
    if tariff.state == waking.PAUSED:
        return ServiceState("paused", tariff.stopped_on)
    return ServiceState("suspended", tariff.stopped_on, missing_kop)


def paid_through(seen: Overview) -> date | None:
    """The last paid day of the first tariff that works; None when none does."""
    for one in seen.subscriptions:
        if one.role == "tariff" and one.state == waking.ACTIVE and one.paid_until:
            return one.paid_until - timedelta(days=1)
    return None


def next_charge(seen: Overview, on: date) -> NextCharge | None:
    """The one next date on which something is charged, and what it costs. None: nothing works."""
    active = [one for one in seen.subscriptions if one.state == waking.ACTIVE and one.paid_until]
    if not active:
        return None
    first = min(one.paid_until for one in active if one.paid_until)
    lines = tuple((one, _next_kop(one)) for one in active if one.paid_until == first)
    amount_kop = sum(kop for _, kop in lines)
    return NextCharge(
        on=max(first, on),
        lines=lines,
        amount_kop=amount_kop,
        balance_after_kop=seen.balance_kop - amount_kop,
        missing_kop=max(0, amount_kop - seen.available_kop),
    )


def subscriptions_by_version() -> dict[int, int]:
    """How many have not ended, by the version's id. Reads them all: a page of the staff's directory asks."""
    counted = "select version_id, count(*) as n from billing_subscription where state <> 'ended' group by version_id"
    return {row["version_id"]: row["n"] for row in db.rows(counted)}


def _next_kop(one: SubscriptionRow) -> int:
    assert one.paid_until is not None
    due = rules.next_due(one.charging, one.paid_until, one.anchor_day)
    price_kop = rules.price_on(one.paid_until, one.price_kop, one.new_prices)
    return rules.cost(one.charging, price_kop, one.discounts, due, policies.in_force().proration_days).amount_kop


def _subscription(row: Any) -> SubscriptionRow:
    for column in (8, 9, 10):  # the three dates
        row[column] = _date(row[column])
    row[-2] = tuple(rules.discount(one) for one in row[-2] or ())
    row[-1] = rules.new_prices(row[-1])
    return SubscriptionRow._make(row)


def _pause(row: Any) -> PauseRow | None:
    return None if row is None else PauseRow(row[0], row[1], date.fromisoformat(row[2]), _date(row[3]), row[4])


def _line(row: Any) -> LedgerLine:
    for column in (0, 4, 5):
        row[column] = _date(row[column])
    return LedgerLine._make(row)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
