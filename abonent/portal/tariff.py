"""«Change the current or the future tariff»: a table, a quote, one confirm, and what was done."""

from datetime import date
from typing import NamedTuple, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from abonent.billing import changes, obstacles, quotes, tariff_prices
from abonent.billing import queries as billing
from abonent.billing.models import Change, Quote, Subscription
from abonent.billing.models_changes import ChangeState, ChangeWhat
from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferVersion
from abonent.core import clock, money, periods
from abonent.flows import change_tariff
from abonent.portal import advice, cabinet, planned, quoted, scope, site, sums, words
from abonent.ui import formats, refusals

NOW, NEXT = "now", "next"


class SeeOther(HttpResponseRedirect):
    """After a form: the page it leads to is asked for, not posted to."""

    status_code = 303


class Choice(NamedTuple):
    """A row of the table."""

    code: str
    name: str
    facts: str
    price_kop: int
    per: str
    is_current: bool
    is_future: bool


class Limit(NamedTuple):
    """How many times more the current tariff may be changed this month."""

    left: int
    again_on: date  # the first date of the next month

    @property
    def text(self) -> str:
        if not self.left:
            return _("It was changed as often as is possible this month. Possible again from %(day)s.") % {
                "day": formats.day(self.again_on)
            }
        return ngettext(
            "Possible %(count)s time more this month.", "Possible %(count)s times more this month.", self.left
        ) % {"count": self.left}


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/tariff/: GET `?of=<service>` shows the table; POST `action` quotes, confirms or takes back."""
    own = cast(scope.OwnRequest, request)
    seen = cabinet.overview(own)
    if request.method != "POST":
        return _table(own, seen)
    verb = {"quote": _quote, "confirm": _confirm, "cancel": _cancel}.get(request.POST.get("action", ""))
    return verb(own, seen) if verb else _table(own, seen)


def _table(
    own: scope.OwnRequest, seen: billing.Overview, *, problem: str = "", picked: str = "", when: str = ""
) -> HttpResponse:
    tariffs = [one for one in seen.subscriptions if one.role == "tariff"]
    current = _picked_service(own, tariffs)
    today = clock.today()
    opened = planned.open_changes(seen.account_id)
    limit = _limit(current, today)
    on_sale = _on_sale(current, today) if current else []
    context = {
        "here": "cabinet_services",
        "seen": seen,
        "tariffs": tariffs,
        "current": current,
        "current_facts": ", ".join(site.facts(current)) if current else "",
        "choices": _choices(current, opened, on_sale) if current else [],
        "advice": advice.of(seen, current, on_sale, today) if current else None,
        "opened": [one for one in opened if current and one.subscription_id == current.id],
        "done": _done(own, seen),
        "problem": problem,
        "picked": picked,
        "when": when or (NEXT if limit and not limit.left else NOW),
        "limit": limit,
        "closed": _closed(current) if current and not any(one.is_now for one in opened) else None,
        "next_on": _next_on(current, today),
        "policy": settings.PROFILE.tariff_change,
        "per": words.PER,
    }
    return render(own, "portal/tariff.html", context, status=422 if problem else 200)


def _quote(own: scope.OwnRequest, seen: billing.Overview) -> HttpResponse:
    """The price of what was picked, every line of it."""
    code, when = own.POST.get("tariff", "")[:64], own.POST.get("when", NOW)
    if not code:
        return _table(own, seen, problem=_("Choose a tariff in the table, then send."), when=when)
    try:
        found = change_tariff.quote(
            account_id=seen.account_id,
            subscription_id=number(own.POST.get("of", "")),
            code=code,
            is_now=when != NEXT,
        )
        return _show(own, found)
    except tariff_prices.UnableToChange as refused:
        return _table(own, seen, problem=why(refused), picked=code, when=when)


def _confirm(own: scope.OwnRequest, seen: billing.Overview) -> HttpResponse:
    token = own.POST.get("token", "")[:64]
    address = own.META.get("REMOTE_ADDR")
    try:
        change = change_tariff.confirm(
            account_id=seen.account_id, token=token, actor=own.user.get_username(), address=address
        )
    except quotes.QuoteUsed as used:
        done = changes.of_quote(used.quote.id)  # sent twice: the first one's answer
        return _to(done) if done else _table(own, seen, problem=_("This was done already."))
    except (quotes.QuoteChanged, quotes.QuoteExpired) as changed:
        return _fresh(own, seen, changed)
    except quotes.UnableToConfirm:
        return _table(own, seen, problem=_("This form is not known. Choose the tariff once more."))
    except tariff_prices.MoneyShort as short:
        text = _("%(sum)s is missing. Nothing was changed: top up and send once more.")
        return _table(own, seen, problem=text % {"sum": money.show(short.missing_kop)})
    except tariff_prices.UnableToChange as refused:
        return _table(own, seen, problem=why(refused))
    return _to(change)


def _cancel(own: scope.OwnRequest, seen: billing.Overview) -> HttpResponse:
    try:
        change = change_tariff.cancel(
            number(own.POST.get("change", "")),
            account_id=seen.account_id,
            actor=own.user.get_username(),
            address=own.META.get("REMOTE_ADDR"),
        )
    except changes.NotOpen:
        return _table(own, seen, problem=_("There was nothing to take back any more: look at what stands below."))
    return _to(change)


def _fresh(
    own: scope.OwnRequest, seen: billing.Overview, changed: quotes.QuoteChanged | quotes.QuoteExpired
) -> HttpResponse:
    try:
        found = change_tariff.fresh(changed)
        assert found is not None
        return _show(own, found, said=said_of(changed), status=409)
    except tariff_prices.UnableToChange as refused:
        return _table(own, seen, problem=why(refused))


def said_of(changed: quotes.QuoteChanged | quotes.QuoteExpired) -> str:
    """Why another quote is shown."""
    if isinstance(changed, quotes.QuoteExpired):
        return _("The price shown before was too old. Nothing was done; this is the price now.")
    return _("While you looked, the price became another. Nothing was done; this is the price now.")


def _show(own: scope.OwnRequest, found: Quote, *, said: str = "", status: int = 200) -> HttpResponse:
    priced = change_tariff.look(found)
    language = formats.language()
    context = {
        "here": "cabinet_services",
        "quote": found,
        "is_now": found.params["is_now"],
        "lines": quoted.lines(found.lines),
        "old_name": priced.subscription.version.offer.name(language),
        "new_name": priced.version.offer.name(language),
        "new_facts": ", ".join(site.facts(priced.version)),
        "new_price_kop": priced.version.price_kop,
        "per": words.PER[priced.version.charging],
        "dropped": [one.version.offer.name(language) for one in priced.dropped],
        "priced": priced,
        "typed": sums.typed(priced.missing_kop) if priced.missing_kop else "",
        "by_request": settings.PROFILE.tariff_change.mode == "on_approval",
        "said": said,
    }
    return render(own, "portal/tariff_quote.html", context, status=status)


def why(refused: tariff_prices.UnableToChange) -> str:
    """What happened and what to do, for a person."""
    if isinstance(refused, tariff_prices.LimitReached):
        return _(
            "The current tariff was changed this month already: it is possible again from %(day)s. "
            "The future tariff can be set at any time."
        ) % {"day": formats.day(refused.again_on)}
    if isinstance(refused, tariff_prices.MoneyShort):
        return _("%(sum)s is missing.") % {"sum": money.show(refused.missing_kop)}
    if isinstance(refused, obstacles.ContractEnds):
        text = _("The contract ends: %(day)s is its last day. Call the end off first, if you stay with us.")
        return text % {"day": formats.day(refused.ends_on - periods.ONE_DAY)}
    if isinstance(refused, obstacles.BeginsLater):
        return _("This service begins on %(day)s: it can be changed from then on.") % {
            "day": formats.day(refused.starts_on)
        }
    return str(refusals.TARIFF.get(type(refused).__name__, refusals.TARIFF_OTHERWISE))


def _on_sale(current: billing.SubscriptionRow, today: date) -> list[OfferVersion]:
    line = Subscription.objects.select_related("line").get(id=current.id).line
    return catalog.on_sale(today, kind=current.kind, segment=line.segment if line else None)


def _choices(current: billing.SubscriptionRow, opened: list[planned.Open], on_sale: list[OfferVersion]) -> list[Choice]:
    future = {one.code for one in opened if not one.is_now and one.subscription_id == current.id}
    return [
        Choice(
            code=one.offer.code,
            name=one.offer.name(formats.language()),
            facts=", ".join(site.facts(one)),
            price_kop=one.price_kop,
            per=str(words.PER[one.charging]),
            is_current=one.offer.code == current.code,
            is_future=one.offer.code in future,
        )
        for one in on_sale
    ]


def _picked_service(own: scope.OwnRequest, tariffs: list[billing.SubscriptionRow]) -> billing.SubscriptionRow | None:
    """The service asked for among the contract's own; the first otherwise."""
    wanted = number(own.GET.get("of", "") or own.POST.get("of", ""))
    return next((one for one in tariffs if one.id == wanted), tariffs[0] if tariffs else None)


def _next_on(current: billing.SubscriptionRow | None, today: date) -> date | None:
    if current is None:
        return None
    return tariff_prices.next_period(Subscription.objects.get(id=current.id), tariff_prices.today_of(today))


def _limit(current: billing.SubscriptionRow | None, today: date) -> Limit | None:
    if current is None:
        return None
    today = tariff_prices.today_of(today)
    done = tariff_prices.changes_this_month(Subscription.objects.get(id=current.id), today)
    left = settings.PROFILE.tariff_change.max_per_month - done
    return Limit(max(0, left), periods.calendar_month(today).end)


def _closed(current: billing.SubscriptionRow) -> dict[str, object] | None:
    """The last request of this service, if it was refused or nobody answered it."""
    last = Change.objects.filter(subscription_id=current.id, what=ChangeWhat.TARIFF).select_related("version__offer")
    change = last.order_by("id").last()
    if change is None or change.version is None or change.state not in (ChangeState.REFUSED, ChangeState.EXPIRED):
        return None
    return {
        "state": str(change.state),
        "why": change.why,
        "name": change.version.offer.name(formats.language()),
    }


def _done(own: scope.OwnRequest, seen: billing.Overview) -> dict[str, object] | None:
    """What has just been done, looked up through the account."""
    wanted = number(own.GET.get("done", ""))
    change = Change.objects.filter(id=wanted, account_id=seen.account_id, what=ChangeWhat.TARIFF).first()
    if change is None or change.version is None:
        return None
    return {
        "state": str(change.state),
        "name": change.version.offer.name(formats.language()),
        "on": change.effective_on,
        "total_kop": change.total_kop,
        "lines": quoted.lines(change.lines) if change.state == ChangeState.DONE else [],
    }


def _to(change: Change) -> HttpResponse:
    service = change.result_id or change.subscription_id
    return SeeOther(f"{reverse('tariff')}?of={service}&done={change.id}")


def number(typed: str) -> int:
    """0 for what is no id."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
