"""Who may open what: docs/ACCESS.md as rows, and how each address is knocked at."""

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction
from django.test import Client
from django.urls import URLPattern

from abonent.billing.documents import invoices
from abonent.billing.models import Document
from abonent.conversations import talks
from abonent.conversations.models import Conversation, Kind, Topic
from abonent.core import clock
from abonent.payments.models import Payment
from abonent.payments.models_receipts import Receipt
from tests.world import Subscriber, World

TABLE = Path(__file__).parent.parent.parent.joinpath("docs", "ACCESS.md")
ROLES = ("manager", "support", "cashier", "engineer", "accountant", "admin")
API = "api/v1/"
OUTCOMES = ("opens", "sign in", "refused", "hidden")
ALL, NOBODY = "all", "—"

_OF_A_TALK = (
    "cabinet/support/<str:token>/",
    "mail/<str:token>/",
    "mail/<str:token>/archive/",
    "talk/<str:token>/after/",
    "talk/<str:token>/transcript/",
    "talk/<str:token>/say/",
)


def _in_a_talk(pattern: str) -> Callable[[World], tuple[Subscriber, str]]:
    return lambda world: (world.anna, pattern.replace("<str:token>", _talk(world).token))


def _of_contract(part: str) -> Callable[[World], tuple[Subscriber, str]]:
    return lambda world: (world.anna, f"api/v1/contracts/100001/{part}")


# What stands in an address, where it must be something that exists; else nothing that exists is asked for, and one
# who may come in is told "hidden" of it.
_ROOMS: dict[str, Callable[[World], tuple[Subscriber, str]]] = {
    "cabinet/receipts/<int:receipt_id>/": lambda world: _receipt(world),
    "cabinet/documents/<int:document_id>/": lambda world: _document(world),
    "cabinet/pay/<str:token>/": lambda world: _payment(world),
    "cabinet/privacy/data.<slug:form>": lambda world: (world.anna, "cabinet/privacy/data.pdf"),
    **{pattern: _in_a_talk(pattern) for pattern in _OF_A_TALK},
    "staff/desk/<int:number>/": lambda world: (world.anna, f"staff/desk/{_talk(world).pk}/"),
    "services/<slug:kind>/": lambda world: (world.anna, "services/internet/"),
    "connect/<slug:tariff>/": lambda world: (world.anna, "connect/city-100/"),
    "staff/contracts/<str:number>/": lambda world: (world.anna, "staff/contracts/100001/"),
    "sandbox/<str:key>/": lambda world: (world.anna, "sandbox/bank/"),
    "cabinet/reconciliation/": lambda world: (world.romashka, "cabinet/reconciliation/"),
    "cabinet/contract/": lambda world: (world.anna, "cabinet/contract/"),
}
_ROOMS |= {
    "api/v1/contracts/<str:number>": lambda world: (world.anna, "api/v1/contracts/100001"),
    **{
        f"api/v1/contracts/<str:number>/{part}": _of_contract(part)
        for part in ("ahead", "history", "payments", "cards", "tariffs", "devices", "traffic", "documents", "deferral")
    },
    "api/v1/conversations/<str:token>": lambda world: (world.anna, f"api/v1/conversations/{_talk(world).token}"),
}
_SENT_BY_APPS: dict[str, dict[str, object]] = {
    "api/v1/conversations/<str:token>/seen": {"sequence": 1},
    "api/v1/conversations/<str:token>/mark": {"mark": 5},
    "api/v1/notices/<str:name>": {"channels": []},
}
_numbers = itertools.count()
_DATA = {"cabinet/contract/": {"contract": "100001"}}
_NOTHING = {"int": "999999999", "str": "nothing-of-that-name", "slug": "nothing-of-that-name", "path": "nothing"}


class Row(NamedTuple):
    """What each meets at an address."""

    stranger: str
    owner: str
    another: str  # a subscriber, at what is the owner's
    roles: frozenset[str]  # who of the staff come in
    others: str  # what the rest of the staff meet

    def of_role(self, role: str) -> str:
        return "opens" if role in self.roles else self.others


class Door(NamedTuple):
    pattern: str
    path: str
    owner: Subscriber
    exists: bool  # what stands in the address


def read() -> dict[str, Row]:
    """docs/ACCESS.md by address."""
    rows: dict[str, Row] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| `/") or len(cells) != 6:
            continue
        address = cells[0].strip("`").removeprefix("/")
        assert address not in rows, f"docs/ACCESS.md: {address} stands twice"
        named = {ALL: ROLES, NOBODY: ()}.get(cells[4], tuple(re.split(r",\s*", cells[4])))
        assert set(named) <= set(ROLES), f"docs/ACCESS.md: {address}: {cells[4]}"
        row = Row(cells[1], cells[2], cells[3], frozenset(named), cells[5])
        assert {row.stranger, row.owner, row.another} <= set(OUTCOMES), f"docs/ACCESS.md: {address}"
        assert row.others in OUTCOMES or (row.others == NOBODY and cells[4] == ALL), f"docs/ACCESS.md: {address}"
        rows[address] = row
    return rows


def row_of(at: Door, met: dict[str, str]) -> str:
    """A row for the table from what was met, to be thought over before it is put there.   met: by visitor."""
    staff = {role: met[role] for role in ROLES}
    if not at.exists:
        staff = {role: "opens" if one == "hidden" else one for role, one in staff.items()}
    roles = [role for role in ROLES if staff[role] == "opens"]
    others = sorted({one for one in staff.values() if one != "opens"})
    named = ALL if len(roles) == len(ROLES) else ", ".join(roles) or NOBODY
    cells = [f"`/{at.pattern}`", met["stranger"], met["owner"], met["another"], named, " or ".join(others) or NOBODY]
    return f"| {' | '.join(cells)} |"


def address_of(pattern: URLPattern) -> str:
    return str(pattern.pattern)


def door(pattern: str, world: World) -> Door:
    if pattern in _ROOMS:
        owner, path = _ROOMS[pattern](world)
        return Door(pattern, f"/{path}", owner, True)
    path = re.sub(r"<(\w+):\w+>", lambda match: _NOTHING[match[1]], pattern)
    return Door(pattern, f"/{path}", world.anna, path == pattern)


def expected(said: str, at: Door) -> str:
    """What the table says, at a door behind which there may be nothing."""
    return "hidden" if said == "opens" and not at.exists else said


def knock(visitor: Client, at: Door) -> str:
    """What the visitor meets: one of OUTCOMES; looks only, where a look is answered at all."""
    answer = visitor.get(at.path)
    if answer.status_code == 405:
        answer = send(visitor, at, "POST" if "POST" in answer["Allow"] else sorted(answer["Allow"].split(", "))[0])
    return outcome(answer)


def send(visitor: Client, at: Door, method: str = "POST") -> Any:
    """A form, or what an app would send."""
    if not at.pattern.startswith(API):
        return visitor.post(at.path, _DATA.get(at.pattern, {}))
    key = {"Idempotency-Key": f"the-walk-{next(_numbers)}"}
    body = json.dumps(_SENT_BY_APPS.get(at.pattern, {}))
    return visitor.generic(method, at.path, body, "application/json", headers=key)


def outcome(answer: Any) -> str:
    if answer.status_code in (301, 302, 303):
        return "sign in" if re.match(r"(/staff|/mail)?/login/", answer["Location"]) else "opens"
    return {401: "refused", 403: "refused", 405: "refused", 429: "refused", 404: "hidden"}.get(
        answer.status_code, "opens"
    )


def _document(world: World) -> tuple[Subscriber, str]:
    """Romashka's invoice of the last month."""
    invoices.make_due(world.today)
    found = Document.objects.filter(contract_id=world.romashka.contract_id).order_by("id").first()
    assert found is not None
    return world.romashka, f"cabinet/documents/{found.pk}/"


def _talk(world: World) -> Conversation:
    """Anna's question from inside her account."""
    opening = talks.Opening(
        "the-walk", Kind.REQUEST, Topic.GENERAL, "private", subject="Walk", contract_id=world.anna.contract_id
    )
    with transaction.atomic():
        return talks.begin(opening, at=clock.now(), answer_by=None, place=0)[0]


def _payment(world: World) -> tuple[Subscriber, str]:
    """Anna's, called off: its page asks nobody."""
    Payment.objects.get_or_create(
        submit_token="the-walk",
        defaults={
            "account_id": world.anna.account_id, "channel": "yookassa", "amount_kop": 100_00, "state": "canceled",
            "idempotence_key": "the-walk", "created_at": clock.now(),
        },
    )  # fmt: skip
    return world.anna, "cabinet/pay/the-walk/"


def _receipt(world: World) -> tuple[Subscriber, str]:
    """Of Anna's first payment."""
    payment = Payment.objects.filter(account_id=world.anna.account_id, state="succeeded").order_by("id")[0]
    made = Receipt.objects.get_or_create(
        cause="advance:the-walk",
        defaults={
            "kind": "refund", "way": "yookassa", "account_id": world.anna.account_id, "payment": payment,
            "amount_kop": 100_00, "on": world.today, "state": "done", "key": "the-walk", "fn_number": "1",
            "fd_number": "1",
        },
    )[0]  # fmt: skip
    return world.anna, f"cabinet/receipts/{made.pk}/"
