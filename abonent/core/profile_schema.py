"""The keys of an operator's profile, typed: what profile.toml, catalog.toml and addresses.csv may say.

A sum is written in roubles and read in kopecks: the key `fee` becomes the field `fee_kop`. No Django here.
"""

import itertools
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from abonent.core import check_digits, typed_files
from abonent.core.profile_places import Department, Office, Text
from abonent.core.profile_values import (
    Code,
    Email,
    Host,
    Hour,
    Inn,
    Ogrn,
    Phone,
    Some,
    Sum,
    Zone,
    not_a_switch,
    tel,
)

Language = Literal["ru", "en"]
ServiceKind = Literal["internet", "tv", "telephony", "video", "colocation"]
Segment = Literal["apartment", "private", "business"]
SERVICE_KINDS: tuple[ServiceKind, ...] = ("internet", "tv", "telephony", "video", "colocation")


class TariffChange(typed_files.Model):
    mode: Literal["instant", "on_approval"]
    max_per_month: int = Field(ge=1, le=31)
    fee_kop: Sum = Field(alias="fee")  # of the current tariff's change; the future one is free
    request_days: int = Field(default=14, ge=1, le=90)  # on_approval: a request without an answer expires after them


class Deferral(typed_files.Model):
    max_kop: int = Field(ge=0, le=100_000_00)
    days: int = Field(ge=1, le=31)
    every_days: int = Field(ge=1, le=366)
    fee_kop: Sum = Field(alias="fee")
    automatic: bool


class Pause(typed_files.Model):
    min_days: int = Field(ge=1, le=366)
    max_days: int = Field(ge=1, le=366)
    fee_kop: Sum = Field(alias="fee")

    @model_validator(mode="after")
    def _ordered(self) -> "Pause":
        if self.min_days > self.max_days:
            raise ValueError(f"min_days {self.min_days} is more than max_days {self.max_days}")
        return self


class DebtStage(typed_files.Model):
    """When it is the turn of a stage: the debt is so many days old, and at least so large."""

    days: int = Field(ge=0, le=1500)
    least_kop: Sum = Field(alias="least")


class Debts(typed_files.Model):
    """What is done with who owes, one stage after another."""

    notice: DebtStage
    suspension: DebtStage
    letter: DebtStage
    contract_end: DebtStage
    pay_days: int = Field(default=10, ge=1, le=90)  # a letter asks to pay within them

    @model_validator(mode="after")
    def _ordered(self) -> "Debts":
        stages = (self.notice, self.suspension, self.letter, self.contract_end)
        for first, second in itertools.pairwise(stages):
            if second.days <= first.days:
                raise ValueError("the days must grow: notice, suspension, letter, contract_end")
            if second.least_kop < first.least_kop:
                raise ValueError("the least sums must not shrink: notice, suspension, letter, contract_end")
        return self


class Outage(typed_files.Model):
    credit_after_hours: int = Field(ge=1, le=720)  # an interruption as long as this gives days back


class Retention(typed_files.Model):
    """Whole years; the law's least are 3 after a contract's end and 5 for accounting."""

    contract_years: int = Field(ge=3, le=75)
    accounting_years: int = Field(ge=5, le=75)
    request_days: int = Field(default=365, ge=30, le=1095)  # of a request that led to no contract, since it was closed


class QuietHours(typed_files.Model):
    """No SMS from `start` to `end` of the operator's day; it may span midnight."""

    start: Hour = Field(alias="from")
    end: Hour = Field(alias="to")


class ContractNumberScheme(typed_files.Model):
    prefix: str = Field(pattern=r"^[A-Z0-9-]{0,8}$", description="up to 8 of A-Z, 0-9 and -, or nothing")
    digits: int = Field(ge=4, le=12)
    first: int = Field(ge=1, le=10**12 - 1)

    def number(self, counter: int) -> str:
        """The number of a contract; `counter` counts up from `first`."""
        return f"{self.prefix}{counter:0{self.digits}d}"

    @model_validator(mode="after")
    def _fits(self) -> "ContractNumberScheme":
        if len(str(self.first)) > self.digits:
            raise ValueError(f"first {self.first} is longer than {self.digits} digits")
        return self


class CardChannel(typed_files.Model):
    """Payment by bank card on the site."""

    gateway: Literal["yookassa"]
    min_kop: Sum = Field(alias="min")
    max_kop: Sum = Field(alias="max")
    confirmation_hosts: Annotated[tuple[Host, ...], Some]

    @model_validator(mode="after")
    def _ordered(self) -> "CardChannel":
        if not 0 < self.min_kop <= self.max_kop:
            raise ValueError("min must be more than 0 and not more than max")
        return self


class CheckPay(typed_files.Model):
    """What is agreed with whoever speaks check/pay to us: agents' terminals, a bank."""

    min_kop: Sum = Field(alias="min")
    max_kop: Sum = Field(alias="max")
    time_zone: Zone  # of the times it sends
    encoding: Literal["utf-8", "windows-1251"]  # of our answers

    @model_validator(mode="after")
    def _ordered(self) -> "CheckPay":
        if not 0 < self.min_kop <= self.max_kop:
            raise ValueError("min must be more than 0 and not more than max")
        return self


class Contacts(typed_files.Model):
    """What stands on every page."""

    support_phone: Phone
    support_hours: Text
    support_email: Email

    @property
    def support_tel(self) -> str:
        return tel(self.support_phone)


class Bank(typed_files.Model):
    """Where the operator is paid."""

    name: str = Field(min_length=1)
    bik: str = Field(pattern=r"^04\d{7}$", description='a BIK of 9 digits in quotes, for example "044525225"')
    account: str
    correspondent_account: str

    @model_validator(mode="after")
    def _checked(self) -> "Bank":
        if not check_digits.settlement_account(self.account, self.bik):
            raise ValueError(f"account {self.account} is mistyped: 20 digits, one checks them against the BIK")
        if not check_digits.correspondent_account(self.correspondent_account, self.bik):
            raise ValueError(
                f"correspondent_account {self.correspondent_account} is mistyped: 20 digits that end as the BIK does"
            )
        return self


class Requisites(typed_files.Model):
    """The seller on invoices, acts and VAT invoices. Who serves no legal entities may leave the table out."""

    inn: Inn
    kpp: Annotated[str, Field(pattern=r"^\d{9}$", description="a KPP of 9 digits in quotes")] | None = None
    ogrn: Ogrn
    address: Text  # as in the register
    director: Text  # who signs: surname and initials
    director_position: Text
    accountant: Text | None = None
    bank: Bank

    @model_validator(mode="after")
    def _whole(self) -> "Requisites":
        if (self.kpp is None) != (len(self.inn) == 12):
            raise ValueError("kpp: a company has one, an entrepreneur has none")
        return self


class Offer(typed_files.Model):
    """A tariff or an add-on as the operator publishes it; the catalog keeps its versions."""

    code: Code
    role: Literal["tariff", "addon"]
    kind: ServiceKind
    segments: Annotated[tuple[Segment, ...], Some]
    charging: Literal["month", "day", "per_day", "once"]
    price_kop: Sum = Field(alias="price")  # of a month for `month` and `day`, of a day for `per_day`, or of the thing
    name: Text
    description: Text
    down_mbps: int | None = Field(default=None, ge=1, le=100_000)
    up_mbps: int | None = Field(default=None, ge=1, le=100_000)
    # Of a tariff: a billing period; None: unlimited. Of an add-on charged once: what it adds to the period.
    included_gb: int | None = Field(default=None, ge=1, le=1_000_000)
    when_used_up: Literal["slow", "stop"] | None = None  # None: it goes on as before
    slow_mbps: int | None = Field(default=None, ge=1, le=100_000)  # the speed from then on
    gives: Literal["static_address"] | None = None  # what the network gives with an add-on
    channels: int | None = Field(default=None, ge=1, le=10_000)
    requires: Annotated[tuple[Code, ...], Field(strict=False)] = ()  # service kinds, or codes of offers
    excludes: Annotated[tuple[Code, ...], Field(strict=False)] = ()  # codes of offers
    featured: bool = False
    equipment: bool = False  # a thing of ours stands at the subscriber's: handed in before the account is closed
    valid_from: date

    @model_validator(mode="after")
    def _whole(self) -> "Offer":
        if self.role == "tariff":
            if self.charging == "once":
                raise ValueError("a tariff is charged by the month or by the day; allowed: month, day, per_day")
            if self.kind == "internet" and (self.down_mbps is None or self.up_mbps is None):
                raise ValueError("an internet tariff needs down_mbps and up_mbps")
            if self.kind == "tv" and self.channels is None:
                raise ValueError("a TV tariff needs channels")
        if self.when_used_up is not None and (self.role != "tariff" or self.included_gb is None):
            raise ValueError("when_used_up is of a tariff with included_gb")
        if (self.when_used_up == "slow") != (self.slow_mbps is not None):
            raise ValueError("slow_mbps is the speed of when_used_up = slow: give both or neither")
        if self.gives is not None and (self.role, self.kind) != ("addon", "internet"):
            raise ValueError("gives is of an add-on of internet")
        return self


class Catalog(typed_files.Model):
    offer: Annotated[tuple[Offer, ...], Some]

    @model_validator(mode="after")
    def _consistent(self) -> "Catalog":
        known = [one.code for one in self.offer]
        for code in known:
            if known.count(code) > 1:
                raise ValueError(f"the code «{code}» stands twice; allowed: each code once")
            if code in SERVICE_KINDS:
                raise ValueError(f"the code «{code}» is a service kind's; choose another")
        for one in self.offer:
            for key, codes, allowed in (
                ("requires", one.requires, {*SERVICE_KINDS, *known}),
                ("excludes", one.excludes, {*known}),
            ):
                for code in codes:
                    if code not in allowed - {one.code}:
                        raise ValueError(f"offer[{one.code}].{key}: no other offer has the code «{code}»")
        return self


class Building(typed_files.Model):
    """A row of addresses.csv; the fields are its columns, those with a default may be left out."""

    model_config = ConfigDict(strict=False)  # every cell of a CSV is a text

    settlement: str
    street: str = ""  # a village may have none
    house: str
    korpus: str = ""
    stroenie: str = ""
    liter: str = ""
    segment: Segment
    connected: Literal["yes", "planned", "no"]
    planned_on: date | None = None  # by when, of what is planned
    technology: Literal["fttb", "gpon", "wireless"] | None = None
    entrances: int | None = Field(default=None, ge=1, le=100)
    floors: int | None = Field(default=None, ge=1, le=100)
    flats: int | None = Field(default=None, ge=1, le=5000)

    @model_validator(mode="after")
    def _whole(self) -> "Building":
        if self.planned_on is not None and self.connected != "planned":
            raise ValueError("planned_on is of what is planned")
        return self


class ProfileFile(typed_files.Model):
    """The keys of profile.toml, as domain.md names them."""

    brand: str = Field(min_length=1)
    legal_name: Text
    tagline: Text
    city: Text
    languages: Annotated[tuple[Language, ...], Some]
    segments: Annotated[tuple[Segment, ...], Some]
    contacts: Contacts
    departments: Annotated[tuple[Department, ...], Some]
    offices: Annotated[tuple[Office, ...], Some]
    requisites: Requisites | None = None

    time_zone: Zone
    billing_cycle: Literal["calendar", "anniversary"]
    proration_days: Literal["period", "calendar_month", "thirty"]
    priority: Annotated[tuple[ServiceKind, ...], Some]
    first_top_up_kop: Sum = Field(alias="first_top_up")
    tariff_change: TariffChange
    deferral: Deferral
    pause: Pause
    outage: Outage
    # How long before a dearer tariff whoever has it is told; the law's least is 10 days.
    price_notice_days: int = Field(ge=10, le=90)
    debts: Debts
    addon_return: Literal["unused_days", "none"]
    password_recovery: Literal["sms", "office"]
    password_must_change: bool
    staff_two_factor: Literal["required", "offered"]
    device_limit: int = Field(ge=1, le=100)
    second_yes_kop: Sum = Field(alias="second_yes_above")
    refund_days: int = Field(ge=1, le=60)
    overdue_days: int = Field(ge=1, le=366)
    run_tolerance_per_mille: int = Field(alias="run_tolerance", ge=0, le=1000)
    max_late_days: int = Field(ge=1, le=366)
    retention: Retention
    vat_rate: Annotated[
        Literal["none", 0, 5, 7, 10, 22], BeforeValidator(not_a_switch)
    ]  # per cent; "none" does not pay VAT
    receipts: Literal["yookassa", "atol", "none"]
    quiet_hours: QuietHours
    contract_number_scheme: ContractNumberScheme
    card: CardChannel
    osmp: CheckPay | None = None
    sber: CheckPay | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "ProfileFile":
        if sorted(self.priority) != sorted(SERVICE_KINDS):
            raise ValueError(f"priority: must name each kind once; allowed: {', '.join(SERVICE_KINDS)}")
        if "ru" not in self.languages or len(set(self.languages)) != len(self.languages):
            raise ValueError("languages: must name ru, and each language once")
        if len({one.key for one in self.departments}) != len(self.departments):
            raise ValueError("departments: two have one key; allowed: each key once")
        return self
