"""What goes over the wire of money: payments, cards, autopay, quotes, wishes. As shapes.py."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from abonent.api.v1 import shapes


# --- money ----------------------------------------------------------------------------------------------------
class Payment(Schema):
    token: str
    state: str  # "new", "pending", "succeeded", "canceled", "parked"
    amount_kop: int
    channel: str
    method: str
    on: date | None
    created_at: datetime
    confirmation_url: str  # where the payer goes on; "" where there is nothing to do
    cancel_reason: str


class NewPayment(shapes.In):
    amount_kop: shapes.PaidKop
    card_id: shapes.Id | None = None  # a bound card, in one tap
    kind: Annotated[str, Field(pattern="^(bank_card|sbp|)$")] = ""  # "": chosen on the bank's page
    remember: Annotated[str, Field(max_length=20)] = ""  # the version of the agreement, where the card is to be kept


class Started(Schema):
    token: str
    redirect_url: str


class Agreement(Schema):
    version: str
    text: str


class Agreements(Schema):
    binding: Agreement
    autopay: Agreement


class Card(Schema):
    id: int
    name: str
    kind: str
    system: str
    title: str  # "•• 4242"
    is_default: bool
    expires_on: date | None


class NewCard(shapes.In):
    kind: Annotated[str, Field(pattern="^(bank_card|sbp)$")] = "bank_card"
    agreed: Annotated[str, Field(max_length=20)]  # the version of the agreement that was shown


class CardChange(shapes.In):
    name: Annotated[str, Field(max_length=40)] | None = None
    is_default: bool = False


class Binding(Schema):
    token: str
    state: str
    confirmation_url: str


class Attempt(Schema):
    id: int
    rule: str
    state: str
    amount_kop: int
    due_on: date
    reason: str


class Autopay(Schema):
    is_on: bool
    card_id: int | None
    before_days: int | None
    below_kop: int | None
    sum_kop: int | None
    month_limit_kop: int | None
    spent_kop: int  # of this month's limit
    off_why: str
    announced: list[Attempt]
    finished: list[Attempt]


class AutopayRules(shapes.In):
    card_id: shapes.Id
    before_days: Annotated[int, Field(ge=1, le=7)] | None = None
    below_kop: Annotated[int, Field(ge=0, le=10**12)] | None = None
    sum_kop: shapes.PaidKop | None = None
    month_limit_kop: shapes.PaidKop
    agreed: Annotated[str, Field(max_length=20)]


# --- what one has ---------------------------------------------------------------------------------------------
class Tariff(Schema):
    code: str
    name: str
    description: str
    price_kop: int
    charging: str
    down_mbps: int | None
    up_mbps: int | None
    included_octets: int | None
    channels: int | None
    beside_id: int  # the service it would replace, or the tariff it would stand beside


class AskedQuote(shapes.In):
    what: Annotated[str, Field(pattern="^(tariff|addon_on|addon_off)$")]
    service_id: shapes.Id  # the tariff to change, to stand beside, or the add-on to disconnect
    code: Annotated[str, Field(max_length=64)] = ""  # of the tariff or add-on wanted
    when: Annotated[str, Field(pattern="^(now|next)$")] = "now"


class Quote(Schema):
    token: str
    what: str
    total_kop: int
    effective_on: date
    good_until: datetime
    missing_kop: int
    balance_after_kop: int
    next_on: date | None
    next_kop: int
    lines: list[dict[str, Any]]


class Change(Schema):
    id: int
    what: str
    state: str
    name: str
    is_now: bool
    effective_on: date
    total_kop: int


# --- wishes ---------------------------------------------------------------------------------------------------
class Deferral(Schema):
    possible: bool
    why: str  # of a refusal: its code
    possible_on: date | None
    least_kop: int
    most_kop: int
    advised_kop: int
    amount_kop: int  # what the cost is of
    fee_kop: int
    cost_kop: int  # the fee, and what is charged at once
    last_day: date | None


class AskedDeferral(shapes.In):
    amount_kop: shapes.PaidKop
    cost_kop: shapes.Kop  # as it was shown


class Resume(Schema):
    possible: bool
    cost_kop: int
    missing_kop: int


class AskedResume(shapes.In):
    cost_kop: shapes.Kop


class AskedPause(shapes.In):
    first_day: date
    last_day: date
