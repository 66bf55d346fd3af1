"""What the staff do to a contract from its card: typed, looked at with the sums, confirmed with a reason, done once.

An act is a row: who may, what is typed, what it would do, the verb. `acts` has them; this is how they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from abonent.backoffice import because, gate, screen
from abonent.billing import queries as billing
from abonent.core import clock, money
from abonent.subscribers import finding

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

DONE_KEY = "act_done"  # in the session: the card says what was done
MOST_CHARS, MOST_WHY_CHARS = 100, 500


class Refused(Exception):
    """It cannot be; the text is for the page.   field: beside which; "" for all of it."""

    def __init__(self, said: str, field: str = "") -> None:
        super().__init__(said)
        self.said, self.field = said, field


class Field(NamedTuple):
    name: str
    label: StrPromise
    kind: str = "text"  # "text", "sum", "date", "choice", "hidden"
    choices: Sequence[tuple[str, str]] = ()
    initial: str = ""
    required: bool = True


class Line(NamedTuple):
    """Of what would be done; a sum in kopecks, a day, or words."""

    what: str
    value: str


class Look(NamedTuple):
    lines: list[Line]
    token: str = ""  # what binds the yes to this look: a quote's, a form's
    warning: str = ""


class Case(NamedTuple):
    """One act on one contract, as it stands now."""

    request: gate.StaffRequest
    contract: finding.FoundContract
    seen: billing.Overview
    today: date
    typed: Mapping[str, str]
    why: str
    token: str

    @property
    def by(self) -> dict[str, Any]:
        """Who does it and why, as the flows take it."""
        return {"actor": self.request.actor, "why": self.why, "address": self.request.address}


class Act(NamedTuple):
    permission: str
    label: StrPromise
    icon: str  # of the lucide package
    fields: Callable[[Case], list[Field]]
    look: Callable[[Case], Look]  # raises Refused
    do: Callable[[Case], str]  # what was done, in words; raises Refused
    fits: Callable[[billing.Overview], bool] = lambda seen: True
    binds: bool = False  # its token is checked by the verb; else the look is made anew and compared


def page(request: gate.StaffRequest, contract: finding.FoundContract, seen: billing.Overview, act: Act) -> HttpResponse:
    """GET the form; POST `do` look: what it would do; `do` yes: done, if it would still do the same."""
    posted = request.POST if request.method == "POST" else request.GET
    why = request.POST.get("why", "").strip()[:MOST_WHY_CHARS]
    said = {name: str(value)[:MOST_CHARS] for name, value in posted.items()}
    case = Case(request, contract, seen, clock.today(), said, why, request.POST.get("token", "")[:64])
    if request.method != "POST" or request.POST.get("do") == "edit":
        return _form(case, act)
    try:
        if not why:
            raise Refused(_("Write why: it stands in the log."), "why")
        if request.POST.get("do") != "yes":
            return _preview(case, act, act.look(case))
        if not act.binds:
            look = act.look(case)
            if _stamp(case, look) != request.POST.get("stamp", ""):
                return _preview(case, act, look, _("It would do something else now. Look once more."))
        done = act.do(case)
    except Refused as refused:
        return _form(case, act, refused)
    request.session[DONE_KEY] = done
    return HttpResponseRedirect(f"{reverse('staff_contract', args=[contract.number])}{_back(case)}")


def read_sum(case: Case, name: str = "sum") -> int:
    """In kopecks, more than 0.   Raises Refused."""
    try:
        amount_kop = money.parse(case.typed.get(name, ""))
    except money.UnableToParse:
        amount_kop = 0
    if not amount_kop:
        raise Refused(_("Write the sum as 1 500,00."), name)
    return amount_kop


def require_within(case: Case, amount_kop: int, field: str = "sum") -> None:
    """What one act of this role may move at most.   Raises Refused."""
    role = case.request.user.role
    if role is not None and role.most_kop is not None and amount_kop > role.most_kop:
        said = {"sum": money.show(role.most_kop)}
        raise Refused(_("Your role moves %(sum)s at once at most: ask somebody whose role may more.") % said, field)


def read_day(case: Case, name: str) -> date:
    """Raises Refused."""
    try:
        day = date.fromisoformat(case.typed.get(name, "").strip())
    except ValueError:
        day = date.min
    if not date(2000, 1, 1) <= day < date(3000, 1, 1):
        raise Refused(_("This is not a day. Write it like 30.11.2026."), name)
    return day


def _back(case: Case) -> str:
    return because.query(because.of(case.request, case.contract.id))


def _stamp(case: Case, look: Look) -> str:
    said = repr((case.contract.id, look.lines, case.why))
    return salted_hmac("abonent.backoffice.acting", said, algorithm="sha256").hexdigest()


def _form(case: Case, act: Act, refused: Refused | None = None) -> HttpResponse:
    fields = act.fields(case)
    context = {
        "here": "staff_search",
        "contract": case.contract,
        "act": act,
        "fields": [(one, case.typed.get(one.name, one.initial)) for one in fields],
        "why": case.why,
        "because": because.of(case.request, case.contract.id),
        "back": _back(case),
        "refused": refused,
    }
    return screen.show(case.request, "backoffice/act.html", context, status=422 if refused else 200)


def _preview(case: Case, act: Act, look: Look, problem: str = "") -> HttpResponse:
    names = [one.name for one in act.fields(case)]
    context = {
        "here": "staff_search",
        "contract": case.contract,
        "act": act,
        "look": look,
        "kept": [(name, case.typed[name]) for name in names if name in case.typed],
        "why": case.why,
        "stamp": "" if act.binds else _stamp(case, look),
        "because": because.of(case.request, case.contract.id),
        "back": _back(case),
        "problem": problem,
    }
    return screen.show(case.request, "backoffice/act_look.html", context, status=409 if problem else 200)
