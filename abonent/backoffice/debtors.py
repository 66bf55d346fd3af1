"""Debtors: who owes since when, whose turn it is for what; acts on many; a promise that holds one back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from abonent.backoffice import building_filter, debt_words, gate, screen
from abonent.billing import debts
from abonent.billing.documents import demands
from abonent.billing.models import DebtStep, Subscription
from abonent.billing.models_debts import DebtStage
from abonent.catalog import queries as catalog
from abonent.core import clock, money
from abonent.flows import batching, debt_acts
from abonent.identity import permissions
from abonent.subscribers import contacts, finding
from abonent.subscribers.models import Contract
from abonent.ui import formats

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

SHOWN = 50
FILTERS = ("stage", "age", "least", "most", "building", "tariff")
FIRST = (date(1, 1, 1), 0)


class Cell(NamedTuple):
    age: str
    debtors: int
    owed_kop: int


class Sum(NamedTuple):
    """A row of the sum: a stage, by age."""

    stage: str
    mark: str
    word: StrPromise
    cells: list[Cell]
    debtors: int
    owed_kop: int


class Shown(NamedTuple):
    """A debtor as the list shows him."""

    debtor: debts.Debtor
    contract: finding.FoundContract
    tariff: str
    mark: str
    word: StrPromise
    next: str  # the stage that comes, and when


class Asked(NamedTuple):
    """What the filters say."""

    typed: dict[str, str]
    choice: debts.Choice
    wrong: str


@require_safe
@gate.permitted(permissions.WORK_DEBTORS, permissions.VIEW_REPORTS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/debtors/?stage=&age=&least=&most=&building=&tariff=&after=: the oldest debts first."""
    return _show(request, _asked(request))


@require_POST
@gate.permitted(permissions.WORK_DEBTORS)
def act(request: gate.StaffRequest) -> HttpResponse:
    """/staff/debtors/act/: a preview of `kind` for the ticked (`account`), or for all that the filters find."""
    asked, kind = _asked(request), request.POST.get("kind", "")
    if asked.wrong:
        return _show(request, asked, status=422)
    if kind not in batching.KINDS:
        return _show(request, asked, problem=_("Choose what to do."))
    if missing := [one for one in batching.KINDS[kind].needs if not gate.may(request, one)]:
        return gate.refuse(request, tuple(missing))
    ticked = [int(one) for one in request.POST.getlist("account") if one.isascii() and one.isdigit() and len(one) < 18]
    choice = debts.Choice(accounts=ticked) if ticked else asked.choice
    said = {"subject": request.POST.get("subject", ""), "text": request.POST.get("text", "")}
    said = {
        "subject": said["subject"][: debt_acts.MOST_SUBJECT_CHARS],
        "text": said["text"][: debt_acts.MOST_TEXT_CHARS],
    }
    try:
        made = batching.draw(
            kind, chosen=choice._asdict(), params=said, why=request.POST.get("why", ""), by=request.user
        )  # fmt: skip
    except batching.UnableToBegin as refused:
        problems = {
            "why": _("Write why: it stands in the log."),
            "subject": _("Write a subject: it stands above the letter."),
            "text": _("Write the text."),
        }
        return _show(request, asked, problem=problems[str(refused)])
    return HttpResponseRedirect(reverse("staff_batch", args=[made.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.WORK_DEBTORS, permissions.VIEW_REPORTS)
def one(request: gate.StaffRequest, number: str) -> HttpResponse:
    """/staff/debtors/<number>/: the debt and what was done. POST `do`: hold (`until`, `why`), release (`why`)."""
    found = finding.one(number)
    if found is None:
        raise Http404
    contract = Contract.objects.select_related("account", "customer").get(pk=found.id)
    if request.method == "POST":
        return _promise(request, contract)
    gate.looked(request, f"contract:{contract.pk}")
    return _show_one(request, contract)


@require_safe
@gate.permitted(permissions.WORK_DEBTORS)
def letter(request: gate.StaffRequest, step_id: int) -> HttpResponse:
    """/staff/debtors/letters/<id>.pdf: as it was given."""
    found = DebtStep.objects.filter(pk=step_id, stage=DebtStage.LETTER).select_related("debt").first()
    if found is None:
        raise Http404
    gate.looked(request, f"account:{found.debt.account_id}", "backoffice.print")
    return screen.pdf(demands.pdf([found], "ru"), demands.file_name([found]))


def _promise(request: gate.StaffRequest, contract: Contract) -> HttpResponse:
    if not gate.may(request, permissions.WORK_DEBTORS):
        return gate.refuse(request, (permissions.WORK_DEBTORS,))
    why, typed, today = request.POST.get("why", "").strip()[:500], request.POST.get("until", ""), clock.today()
    until: date | None = None
    if request.POST.get("do") == "hold":
        try:
            until = date.fromisoformat(typed[:10])
        except ValueError:
            return _show_one(request, contract, wrong=_("Say by which day he has promised to pay."), typed=typed)
    if not why:
        return _show_one(request, contract, wrong=_("Write why: it stands in the log."), typed=typed)
    try:
        debt_acts.hold(
            account_id=contract.account.pk, until=until, why=why, on=today, actor=request.actor,
            address=request.address,
        )  # fmt: skip
    except debts.UnableToHold:
        last = formats.day(today + timedelta(days=debts.HELD_MOST_DAYS))
        said = _("There is no debt any more, or the day is not between today and %(last)s.") % {"last": last}
        return _show_one(request, contract, wrong=said, typed=typed)
    return HttpResponseRedirect(f"{reverse('staff_debtor', args=[contract.number])}?done={'held' if until else 'free'}")


def _show_one(request: gate.StaffRequest, contract: Contract, *, wrong: str = "", typed: str = "") -> HttpResponse:
    today = clock.today()
    debtor = debts.of(contract.account.pk, on=today)
    mark, word = debt_words.PLACES[debtor.place] if debtor else ("ok", "")
    done = request.GET.get("done", "") if not wrong else ""
    context = {
        "here": "staff_debtors",
        "contract": contract,
        "debtor": debtor,
        "debt": debts.open_debt(contract.account.pk),
        "mark_kind": mark,
        "word": word,
        "next": _next(debtor, today) if debtor else "",
        "steps": [(one, debt_words.STEPS[one.stage]) for one in debts.steps(contract.account.pk)],
        "may_work": gate.may(request, permissions.WORK_DEBTORS),
        "today": today,
        "last": today + timedelta(days=debts.HELD_MOST_DAYS),
        "typed": typed,
        "why": request.POST.get("why", ""),
        "wrong": wrong,
        "done": done,
    }
    return screen.show(request, "backoffice/debtor.html", context, status=422 if wrong else 200)


def _show(request: gate.StaffRequest, asked: Asked, *, problem: str = "", status: int = 200) -> HttpResponse:
    today = clock.today()
    shown = [] if asked.wrong else debts.page(asked.choice, on=today, after=_after(request), most=SHOWN + 1)
    last = shown[SHOWN - 1] if len(shown) > SHOWN else None
    sums = [] if asked.wrong else _sums(asked, today)
    acts = [
        (kind, word)
        for kind, word in debt_words.KINDS.items()
        if all(gate.may(request, each) for each in batching.KINDS[kind].needs)
    ]
    context = {
        "here": "staff_debtors",
        "asked": asked.typed,
        "wrong": asked.wrong,
        "problem": problem,
        "found": _rows(shown[:SHOWN], today),
        "sums": sums,
        "debtors": sum(one.debtors for one in sums),
        "owed_kop": sum(one.owed_kop for one in sums),
        "of_filter": _of_filter(sums, asked),
        "stages": debt_words.PLACES,
        "ages": debt_words.AGES,
        "tariffs": _tariffs(today),
        "acts": acts,
        "typed": {name: request.POST.get(name, "") for name in ("kind", "why", "subject", "text")},
        "ticked": set(request.POST.getlist("account")),
        "facts": debt_acts.FACTS,
        "show_phone": contacts.show_phone,
        "policy": settings.PROFILE.debts,
        "query": urlencode({name: value for name, value in asked.typed.items() if value}),
        "query_of": _query_of(asked),
        "next_after": f"{last.began_on.isoformat()}.{last.debt_id}" if last else "",
        "is_first": not request.GET.get("after"),
    }
    return screen.show(request, "backoffice/debtors.html", context, status=422 if problem or asked.wrong else status)


def _asked(request: HttpRequest) -> Asked:
    said = request.POST if request.method == "POST" else request.GET
    typed = {name: said.get(name, "").strip()[:120] for name in FILTERS}
    wrong, sums = "", {"least": 0, "most": 0}
    for name in sums:
        try:
            sums[name] = money.parse(typed[name]) if typed[name] else 0
        except money.UnableToParse:
            wrong = _("Write the sum as 1 500,00.")
    building = building_filter.read(typed["building"])
    if typed["building"] and building is None:
        wrong = _("Type one building as the directory has it: street, house.")
    choice = debts.Choice(
        place=typed["stage"] if typed["stage"] in debt_words.PLACES else "",
        age=typed["age"] if typed["age"] in debt_words.AGES else "",
        least_kop=sums["least"],
        most_kop=sums["most"],
        building_id=building.pk if building else 0,
        tariff=typed["tariff"],
    )
    return Asked(typed, choice, wrong)


def _after(request: HttpRequest) -> tuple[date, int]:
    day, _dot, number = request.GET.get("after", "").partition(".")
    try:
        return date.fromisoformat(day), int(number) if len(number) < 18 else 0
    except ValueError:
        return FIRST


def _sums(asked: Asked, today: date) -> list[Sum]:
    """By stage and age, of what the other filters leave: the two are what one chooses here."""
    found = debts.totals(asked.choice._replace(place="", age=""), on=today)
    known = {(one.place, one.age): one for one in found}
    lines = []
    for stage, (mark, word) in debt_words.PLACES.items():
        of_stage = [one for one in found if one.place == stage]
        if of_stage:
            cells = [
                Cell(age, one.debtors if one else 0, one.owed_kop if one else 0)
                for age in debt_words.AGES
                for one in [known.get((stage, age))]
            ]
            lines.append(
                Sum(
                    stage,
                    mark,
                    word,
                    cells,
                    sum(one.debtors for one in of_stage),
                    sum(one.owed_kop for one in of_stage),
                )
            )
    return lines


def _of_filter(sums: list[Sum], asked: Asked) -> Cell:
    """How many the whole filter finds."""
    cells = [
        cell
        for line in sums
        if asked.choice.place in ("", line.stage)
        for cell in line.cells
        if asked.choice.age in ("", cell.age)
    ]
    return Cell("", sum(one.debtors for one in cells), sum(one.owed_kop for one in cells))


def _query_of(asked: Asked) -> Any:
    kept = {name: value for name, value in asked.typed.items() if value and name not in ("stage", "age")}

    def query(stage: str, age: str = "") -> str:
        return urlencode({**kept, "stage": stage, **({"age": age} if age else {})})

    return query


def _rows(found: list[debts.Debtor], today: date) -> list[Shown]:
    """Two statements for a page."""
    if not found:
        return []
    contracts = {one.id: one for one in finding.show([one.contract_id for one in found])}
    subscriptions = Subscription.objects.filter(account_id__in=[one.account_id for one in found], role="tariff")
    language = formats.language()
    tariffs = {
        one.account_id: one.version.offer.name(language)
        for one in sorted(
            subscriptions.select_related("version__offer"), key=lambda each: (each.state != "ended", -each.priority)
        )
    }
    return [
        Shown(
            debtor=one,
            contract=contracts[one.contract_id],
            tariff=tariffs.get(one.account_id, ""),
            mark=debt_words.PLACES[one.place][0],
            word=debt_words.PLACES[one.place][1],
            next=_next(one, today),
        )
        for one in found
    ]


def _next(one: debts.Debtor, today: date) -> str:
    """Beside the stage: until when he is held, when the next stage comes, or that its sum is too small."""
    if one.held_until is not None:
        return _("by %(day)s") % {"day": formats.day(one.held_until)}
    if one.place != "waiting" or one.due_on is None:
        return ""
    facts = {"what": str(debt_words.PLACES[one.turn][1]).lower(), "day": formats.day(one.due_on)}
    if one.due_on > today:
        return _("%(what)s from %(day)s") % facts
    least = getattr(settings.PROFILE.debts, one.turn).least_kop
    return _("too small: under %(sum)s") % {"sum": money.show(least)}


def _tariffs(today: date) -> list[tuple[str, str]]:
    language = formats.language()
    return [(one.offer.code, one.offer.name(language)) for one in catalog.on_sale(today)]
