"""Changes of tariff that wait for the staff's yes (profile `tariff_change.mode = "on_approval"`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import gate, screen
from abonent.billing import changes, tariff_prices
from abonent.billing.models import Change
from abonent.billing.models_changes import ChangeState, ChangeWhat
from abonent.core import clock, money
from abonent.flows import change_tariff
from abonent.identity import permissions
from abonent.ui import formats

if TYPE_CHECKING:
    from datetime import date

_SAID = {
    ChangeState.DONE: gettext_lazy("%(contract)s: the tariff is changed, the subscriber is told."),
    ChangeState.PLANNED: gettext_lazy("%(contract)s: the tariff changes on %(day)s, the subscriber is told."),
    ChangeState.TO_AGREE: gettext_lazy(
        "%(contract)s: today it costs more than was agreed to; the subscriber is asked again."
    ),
    ChangeState.REFUSED: gettext_lazy("%(contract)s: refused; the subscriber reads why."),
}
MOST = 200  # on one page: the oldest first, so that the rest comes up by itself


class Waiting(NamedTuple):
    """A request as the page shows it."""

    id: int
    contract: str
    owner: str
    was: str
    wanted: str
    is_now: bool
    on: date
    agreed_kop: int  # below zero: comes back
    asked_on: date
    until: date | None


class Today(NamedTuple):
    """What a yes would do today."""

    lines: Sequence[tuple[str, str]] = ()
    obstacle: str = ""  # why it cannot be
    is_dearer: bool = False  # than was agreed to: the subscriber is asked again
    stamp: str = ""  # binds the yes to what was looked at


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.APPROVE_TARIFF_CHANGES)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/approvals/: what waits, the oldest first; POST `id` with `do` approve, `stamp`; or refuse, `why`."""
    if request.method == "POST":
        return _decide(request)
    return _show(request)


@require_safe
@gate.permitted(permissions.APPROVE_TARIFF_CHANGES)
def one(request: gate.StaffRequest, change_id: int) -> HttpResponse:
    """/staff/approvals/<id>/: what a yes would do today, and the two answers."""
    found = _asked().filter(id=change_id).first() if change_id < 2**62 else None
    if found is None:
        raise Http404
    return _look(request, found)


def _decide(request: gate.StaffRequest) -> HttpResponse:
    change_id = _number(request.POST.get("id", ""))
    refusing, why = request.POST.get("do") == "refuse", request.POST.get("why", "").strip()[:500]
    if refusing and not why:
        return _show(request, wrong=(change_id, _("Say why: the subscriber reads it.")))
    found = _asked().filter(id=change_id).first()
    if found is not None and not refusing and request.POST.get("stamp", "") != _today(found).stamp:
        return _look(request, found, _("The sums have changed since the page was opened. Look at them once more."))
    try:
        if refusing:
            change = change_tariff.refuse(change_id, by=request.actor, why=why, address=request.address)
        else:
            change = change_tariff.approve(change_id, by=request.actor, address=request.address)
    except tariff_prices.UnableToChange as refused:
        return _show(request, wrong=(change_id, _why(refused)))
    return HttpResponseRedirect(f"{reverse('staff_approvals')}?done={change.pk}")


def _look(request: gate.StaffRequest, found: Change, problem: str = "") -> HttpResponse:
    gate.looked(request, f"account:{found.account_id}")
    context = {"here": "staff_approvals", "one": _row(found), "today": _today(found), "problem": problem}
    return screen.show(request, "backoffice/approval.html", context, status=409 if problem else 200)


def _today(one: Change) -> Today:
    try:
        priced = change_tariff.look_asked(one)
    except tariff_prices.UnableToChange as refused:
        return _stamped(one, Today(obstacle=_why(refused)))
    language = formats.language()
    lines = [
        (_("To pay today"), money.show(priced.offered.total_kop))
        if priced.offered.total_kop >= 0
        else (_("Comes back today"), money.show(-priced.offered.total_kop)),
        (_("Balance after"), money.show(priced.balance_after_kop)),
        *((_("Is disconnected"), each.version.offer.name(language)) for each in priced.dropped),
    ]
    if priced.next_on:
        lines.append((_("Next charge"), f"{money.show(priced.next_kop)}, {formats.day(priced.next_on)}"))
    if priced.missing_kop:
        short = _("%(sum)s is missing on the account. The request goes on waiting: it can be approved after a payment.")
        return _stamped(one, Today(lines, obstacle=short % {"sum": money.show(priced.missing_kop)}))
    return _stamped(one, Today(lines, is_dearer=priced.offered.total_kop > one.total_kop))


def _stamped(one: Change, today: Today) -> Today:
    said = repr((one.pk, today.lines, today.obstacle))
    return today._replace(stamp=salted_hmac("abonent.backoffice.approvals", said, algorithm="sha256").hexdigest())


def _show(request: gate.StaffRequest, wrong: tuple[int, str] | None = None) -> HttpResponse:
    """wrong: of which request, and what was wrong; 0 or one that waits no more is told above the list."""
    waiting = [_row(each) for each in _asked()[:MOST]]
    ids = {one.id for one in waiting}
    context = {
        "here": "staff_approvals",
        "waiting": waiting,
        "wrong_id": wrong[0] if wrong and wrong[0] in ids else 0,
        "wrong": wrong[1] if wrong else "",
        "done": "" if wrong else _done(request.GET.get("done", "")),
    }
    return screen.show(request, "backoffice/approvals.html", context, status=422 if wrong else 200)


def _asked() -> QuerySet[Change]:
    asked = Change.objects.filter(state=ChangeState.ASKED, what=ChangeWhat.TARIFF).order_by("id")
    return asked.select_related("version__offer", "subscription__version__offer", "account__contract__customer")


def _row(one: Change) -> Waiting:
    contract, version = one.account.contract, one.version
    assert contract is not None, one.pk
    assert version is not None, one.pk
    language = formats.language()
    return Waiting(
        id=one.pk,
        contract=contract.number,
        owner=contract.customer.full_name,
        was=one.subscription.version.offer.name(language),
        wanted=version.offer.name(language),
        is_now=one.is_now,
        on=one.effective_on,
        agreed_kop=one.total_kop,
        asked_on=clock.on_date(one.made_at),
        until=one.waits_until,
    )


def _done(typed: str) -> str:
    """What became of the request that was just decided; "" where none was."""
    change = Change.objects.select_related("account__contract").filter(id=_number(typed)).exclude(decided_by="").first()
    if change is None or change.account.contract is None or change.state not in _SAID:
        return ""
    facts = {"contract": change.account.contract.number, "day": formats.day(change.effective_on)}
    return str(_SAID[ChangeState(change.state)]) % facts


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0


def _why(refused: tariff_prices.UnableToChange) -> str:
    if isinstance(refused, tariff_prices.MoneyShort):
        text = _("%(sum)s is missing on the account. The request goes on waiting: it can be approved after a payment.")
        return text % {"sum": money.show(refused.missing_kop)}
    if isinstance(refused, changes.NotOpen):
        return _("This request waits no more: somebody has just decided, or the subscriber took it back.")
    if isinstance(refused, tariff_prices.TariffWithdrawn):
        return _("The tariff is not offered any more: refuse the request and say which one to take instead.")
    return _("It cannot be changed now: the service is paused, ends, or is being charged. Look at the contract.")
