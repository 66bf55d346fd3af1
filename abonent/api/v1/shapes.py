"""What goes over the wire, in and out. Sums are kopecks, days are the operator's dates, instants are UTC."""

from datetime import UTC, date, datetime
from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

Kop = Annotated[int, Field(ge=-(10**15), le=10**15)]
PaidKop = Annotated[int, Field(gt=0, le=10**12)]
Id = Annotated[int, Field(ge=0, le=2**53 - 1)]
Line = Annotated[str, Field(max_length=200)]
Secret = Annotated[str, Field(min_length=1, max_length=256)]


def _in_utc(sent: datetime) -> datetime:
    """PostgreSQL knows zones of up to sixteen hours, Python of up to a day."""
    try:
        return sent.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of the years 1 to 9999") from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class In(Schema):
    """What an app sends: an unknown field is a slip, and refused."""

    model_config = ConfigDict(extra="forbid")


# --- signing in -----------------------------------------------------------------------------------------------
class SignIn(In):
    login: Annotated[str, Field(min_length=1, max_length=64)]  # the number of any contract of the person
    password: Secret
    code: Annotated[str, Field(max_length=20)] = ""  # of the second factor, where one is on
    device_name: Annotated[str, Field(min_length=1, max_length=60)]  # "Pixel 9"


class App(Schema):
    id: int
    device_name: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


class SignedIn(Schema):
    token: str  # Authorization: Bearer …
    id: int
    password_must_change: bool


class Password(In):
    password: Secret


class NewPassword(In):
    old_password: Annotated[str, Field(max_length=256)] = ""  # none where a one-time one has signed in
    new_password: Secret


class Operator(Schema):
    brand: str
    support_phone: str
    support_email: str
    languages: list[str]
    time_zone: str
    today: date
    card_min_kop: int
    card_max_kop: int
    password_recovery: str


class Contract(Schema):
    number: str
    signed_on: date
    ended_on: date | None
    address: str


class Me(Schema):
    given_name: str
    full_name: str
    password_must_change: bool
    second_factor: bool
    contracts: list[Contract]


# --- the account ----------------------------------------------------------------------------------------------
class Service(Schema):
    id: int
    role: str  # "tariff", "addon"
    kind: str
    name: str
    code: str
    charging: str  # "month", "day", "per_day", "once"
    price_kop: int
    state: str
    paid_through: date | None
    down_mbps: int | None
    up_mbps: int | None
    included_octets: int | None


class Coming(Schema):
    on: date
    amount_kop: int


class Paused(Schema):
    kind: str
    state: str
    starts_on: date
    ends_on: date | None  # the first date with the service
    fee_kop: int


class Account(Schema):
    number: str
    owner: str
    state: str  # "working", "suspended", "paused", "waiting", "none"
    since: date | None
    balance_kop: int
    credit_limit_kop: int
    missing_kop: int  # to be paid today so that everything works; 0: nothing
    paid_through: date | None
    next_charge: Coming | None
    deferral_kop: int
    deferral_last_day: date | None
    pause: Paused | None
    contract_ends_on: date | None
    services: list[Service]


class Step(Schema):
    on: date
    charged_kop: int
    balance_kop: int  # after it
    suspends: bool
    events: list[str]


class Ahead(Schema):
    balance_kop: int
    stops_on: date | None
    missing_kop: int
    steps: list[Step]


class Entry(Schema):
    on: date
    reason: str
    channel: str | None  # of a payment: "cash", "yookassa"
    name: str | None  # of what was charged
    period_start: date | None
    period_end: date | None
    amount_kop: int
    balance_kop: int
    arithmetic: str


class Month(Schema):
    month: date
    opening_kop: int
    came_kop: int
    went_kop: int
    closing_kop: int
    lines: list[Entry]
    months: list[date]  # that there are, the newest first


# --- the line -------------------------------------------------------------------------------------------------
class Device(Schema):
    id: int
    line_id: int
    name: str
    mac: str
    maker: str
    is_online: bool
    last_seen_at: datetime | None


class Sighting(Schema):
    id: int
    line_id: int
    mac: str
    maker: str
    seen_at: datetime


class Devices(Schema):
    most: int
    devices: list[Device]
    seen: list[Sighting]  # not registered


class NewDevice(In):
    line_id: Id | None = None  # the first one, where none is named
    mac: Annotated[str, Field(max_length=60)] = ""
    sighting_id: Id | None = None
    name: Annotated[str, Field(max_length=60)] = ""


class DeviceName(In):
    name: Annotated[str, Field(max_length=60)]


class Day(Schema):
    on: date
    down_octets: int
    up_octets: int


class Session(Schema):
    started_at: datetime
    ended_at: datetime | None
    address: str | None
    down_octets: int
    up_octets: int


class Check(Schema):
    mark: str  # "ok", "warn", "wait", "quiet"
    label: str
    text: str


class Diagnosis(Schema):
    """Why there is no internet on a line: the one cause, in the words of the account."""

    line_id: int | None  # null: the contract has no line with the internet
    cause: str
    mark: str
    title: str
    why: str
    helps: str  # "pay", "devices", "traffic", "pause", "restart", "support"; empty: to wait
    missing_kop: int
    checks: list[Check]


class Traffic(Schema):
    line_id: int
    period_start: date
    period_end: date
    included_octets: int | None  # what was bought for this period is in it
    when_used_up: str  # "slow", "stop"; empty: it goes on
    slow_mbps: int | None
    used_octets: int
    days: list[Day]
    sessions: list[Session]


# --- being in touch -------------------------------------------------------------------------------------------
class File(Schema):
    id: int
    name: str
    size: str  # "1,2 MB"
    is_picture: bool


class Message(Schema):
    sequence: int
    side: str  # "mine", "theirs", "system"
    name: str
    text: str
    at: datetime
    is_read: bool
    files: list[File]


class Conversation(Schema):
    token: str
    contract: str
    kind: str
    folder: str
    topic: str
    subject: str
    about: str
    state: str
    is_unread: bool
    is_archived: bool
    last_at: datetime
    last_sequence: int
    excerpt: str
    mark: int | None


class Talk(Conversation):
    queue_place: int | None
    wait_minutes: int | None
    answer_by: datetime | None
    messages: list[Message]


class SentFile(In):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(max_length=14_000_000, json_schema_extra={"contentEncoding": "base64"})]


class NewConversation(In):
    contract: Annotated[str, Field(max_length=64)]
    kind: Annotated[str, Field(pattern="^(chat|request|mail)$")] = "request"
    topic: Annotated[str, Field(pattern="^(general|connection|finance|technical)$")] = "general"
    department: Annotated[str, Field(max_length=40)] = ""
    subject: Annotated[str, Field(max_length=120)] = ""
    about: Line = ""
    text: Annotated[str, Field(max_length=4000)]
    files: Annotated[list[SentFile], Field(max_length=5)] = []


class NewMessage(In):
    text: Annotated[str, Field(max_length=4000)] = ""
    files: Annotated[list[SentFile], Field(max_length=5)] = []


class Seen(In):
    sequence: Annotated[int, Field(ge=0, le=2**31 - 1)]


class Mark(In):
    mark: Annotated[int, Field(ge=1, le=5)]


class Archive(In):
    archived: bool = True


class Document(Schema):
    id: int
    kind: str
    title: str
    month: date
    total_kop: int


class Contact(Schema):
    id: int
    kind: str
    value: str
    is_confirmed: bool


class NewContact(In):
    kind: Annotated[str, Field(pattern="^(phone|email)$")]
    value: Annotated[str, Field(min_length=1, max_length=254)]


class ContactCode(In):
    kind: Annotated[str, Field(pattern="^(phone|email)$")]
    code: Annotated[str, Field(min_length=1, max_length=20)]


class FieldProblem(Schema):
    field: str
    text: str


class Problem(Schema):
    """application/problem+json. `code` is for the app, `title` for the person; a refusal's dates and sums go along."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    errors: list[FieldProblem] = []
