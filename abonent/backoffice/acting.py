"""What the staff do to a contract from its card: typed, looked at with the sums, confirmed with a reason, done once.

An act is a row: who may, what is typed, what it would do, the verb. `acts` has them; this is how they are shown.
"""

from __future__ import annotations

import secrets
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
from abonent.flows import four_eyes
from abonent.payments import refunds, warrants
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
    any_of: tuple[str, ...]  # permissions
    label: StrPromise
    icon: str  # of the lucide package
    fields: Callable[[Case], list[Field]]
    look: Callable[[Case], Look]  # raises Refused
    do: Callable[[Case], str]  # what was done, in words; raises Refused
    fits: Callable[[billing.Overview, finding.FoundContract], bool] = lambda seen, found: found.ended_on is None
    binds: bool = False  # its token is checked by the verb; else the look is made anew and compared
    gives: Callable[[Case], four_eyes.Wanted] | None = None  # money away: beyond one's own sum a colleague says yes


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
        beyond = _beyond(case, act)
        if beyond is not None or not act.binds:
            look = act.look(case)
            if _stamp(case, look) != request.POST.get("stamp", ""):
                return _preview(case, act, look, _("It would do something else now. Look once more."))
        done = act.do(case) if beyond is None else _ask(case, beyond)
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


def read_day(case: Case, name: str) -> date:
    """Raises Refused."""
    try:
        day = date.fromisoformat(case.typed.get(name, "").strip())
    except ValueError:
        day = date.min
    if not date(2000, 1, 1) <= day < date(3000, 1, 1):
        raise Refused(_("This is not a day. Write it like 30.11.2026."), name)
    return day


def _beyond(case: Case, act: Act) -> four_eyes.Wanted | None:
    """What it would give away, where that is more than this person may alone.   Raises Refused."""
    wanted = act.gives(case) if act.gives is not None else None
    return wanted if wanted is not None and four_eyes.needs_second(case.request.user, wanted.amount_kop) else None


def _second(case: Case, wanted: four_eyes.Wanted) -> dict[str, Any]:
    """What may be given alone, and whose yes would do.   Raises Refused."""
    names = four_eyes.who_may(wanted.amount_kop, but=case.request.actor)
    alone_kop = four_eyes.alone_kop(case.request.user)
    if not names:
        said = {"sum": money.show(alone_kop)}
        raise Refused(_("Alone you give %(sum)s at most, and there is no colleague who may say the second yes.") % said)
    return {"alone_kop": alone_kop, "names": names}


def _ask(case: Case, wanted: four_eyes.Wanted) -> str:
    """Instead of doing it.   Raises Refused."""
    try:
        four_eyes.ask(
            wanted, token=case.token, why=case.why, actor=case.request.actor, at=clock.now(),
            address=case.request.address,
        )  # fmt: skip
    except four_eyes.NobodyMay:
        raise Refused(_("There is no colleague who may say the second yes.")) from None
    except warrants.WaitsAlready:
        raise Refused(_("The same waits for a second yes at this contract already.")) from None
    except (warrants.TokenUsed, refunds.UnableToRefund):
        raise Refused(_("It would do something else now. Look once more.")) from None
    return _("%(sum)s: a colleague is asked for the second yes. It is done when he says it.") % {
        "sum": money.show(wanted.amount_kop)
    }


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
    beyond = _beyond(case, act)
    token = (case.token if problem else "") or look.token or secrets.token_urlsafe(24)
    context = {
        "here": "staff_search",
        "contract": case.contract,
        "act": act,
        "look": look,
        "kept": [(name, case.typed[name]) for name in names if name in case.typed],
        "why": case.why,
        "stamp": _stamp(case, look),
        "token": token,
        "second": None if beyond is None else _second(case, beyond),
        "because": because.of(case.request, case.contract.id),
        "back": _back(case),
        "problem": problem,
    }
    return screen.show(case.request, "backoffice/act_look.html", context, status=409 if problem else 200)
