"""«Additional services»: what is connected, what may be, what each costs; connect and disconnect by a quote."""

from typing import NamedTuple, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.billing import addons as billing_addons
from abonent.billing import changes, obstacles, quotes, rules, tariff_prices
from abonent.billing import queries as billing
from abonent.billing.models import Change, Quote, Subscription
from abonent.billing.models_changes import ChangeWhat
from abonent.core import clock, money
from abonent.flows import change_addons
from abonent.portal import cabinet, quoted, scope, sums, tariff, words
from abonent.ui import formats


class Offered(NamedTuple):
    """An add-on that may be connected, beside which tariff."""

    code: str
    name: str
    description: str
    price_kop: int
    per: str
    beside_id: int
    beside: str
    works: bool  # its tariff does: it can be connected now
    once: bool  # bought, not connected


class Unfit(NamedTuple):
    """What cannot be connected now, and why."""

    name: str
    price_kop: int
    per: str
    why: str


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/addons/: GET lists; POST `action` quotes, confirms or takes a plan back."""
    own = cast(scope.OwnRequest, request)
    seen = cabinet.overview(own)
    verbs = {"quote": _quote, "confirm": _confirm, "cancel": _cancel}
    verb = verbs.get(request.POST.get("action", "")) if request.method == "POST" else None
    return verb(own, seen) if verb else _list(own, seen)


def _list(own: scope.OwnRequest, seen: billing.Overview, *, problem: str = "") -> HttpResponse:
    opened = [one for one in changes.open_changes(seen.account_id) if one.what != ChangeWhat.TARIFF]
    tariffs = _tariffs(seen)
    leaving = {one.subscription_id for one in opened if one.what == ChangeWhat.ADDON_OFF}
    context = {
        "here": "cabinet_services",
        "connected": [one for one in seen.subscriptions if one.role == "addon"],
        "leaving": leaving,
        "offered": _offered(tariffs),
        "unfit": _unfit(tariffs),
        "once": rules.ONCE,
        "opened": opened,
        "done": _done(own, seen),
        "problem": problem,
        "per": words.PER,
        "states": words.STATES,
        "returns": settings.PROFILE.addon_return == "unused_days",
        "spoken": formats.language(),
    }
    return render(own, "portal/addons.html", context, status=422 if problem else 200)


def _tariffs(seen: billing.Overview) -> list[Subscription]:
    own = Subscription.objects.select_related("version__offer", "line").filter(
        id__in=[one.id for one in seen.subscriptions if one.role == "tariff"]
    )
    return list(own.order_by("priority", "id"))


def _unfit(tariffs: list[Subscription]) -> list[Unfit]:
    spoken = formats.language()
    found = []
    for one in billing_addons.unfit(tariffs, clock.today()):
        if one.excluded_by:
            text = _("Does not go together with %(names)s.")
            names = [offer.name(spoken) for offer in one.excluded_by]
        else:
            text = _("Needs: %(names)s.")
            names = [str(words.KINDS[kind]) for kind in one.needs_kinds] + [offer.name(spoken) for offer in one.needs]
        price_kop, per = one.version.price_kop, str(words.PER[one.version.charging])
        found.append(Unfit(one.version.offer.name(spoken), price_kop, per, text % {"names": _quoted(names)}))
    return found


def _quoted(names: list[str]) -> str:
    return _(" or ").join(f"«{name}»" for name in names)


def _offered(tariffs: list[Subscription]) -> list[Offered]:
    spoken = formats.language()
    return [
        Offered(
            code=one.offer.code,
            name=one.offer.name(spoken),
            description=one.offer.description_en if spoken == "en" else one.offer.description_ru,
            price_kop=one.price_kop,
            per=str(words.PER[one.charging]),
            beside_id=beside.id,
            beside=beside.version.offer.name(spoken),
            works=beside.state == "active",
            once=one.charging == rules.ONCE,
        )
        for beside in tariffs
        for one in billing_addons.offered(beside, clock.today())
    ]


def _quote(own: scope.OwnRequest, seen: billing.Overview) -> HttpResponse:
    what = change_addons.OFF if own.POST.get("what") == "off" else change_addons.ON
    try:
        found = change_addons.quote(
            account_id=seen.account_id,
            what=what,
            subscription_id=tariff.number(own.POST.get("of", "")),
            code=own.POST.get("addon", "")[:64],
            is_now=own.POST.get("when") != tariff.NEXT,
        )
        return _show(own, found)
    except tariff_prices.UnableToChange as refused:
        return _list(own, seen, problem=_why(refused))


def _confirm(own: scope.OwnRequest, seen: billing.Overview) -> HttpResponse:
    what = change_addons.OFF if own.POST.get("what") == "off" else change_addons.ON
    try:
        change = change_addons.confirm(
            account_id=seen.account_id,
            token=own.POST.get("token", "")[:64],
            what=what,
            actor=own.user.get_username(),
            address=own.META.get("REMOTE_ADDR"),
        )
    except quotes.QuoteUsed as used:
        done = changes.of_quote(used.quote.id)
        return _to(done) if done else _list(own, seen, problem=_("This was done already."))
    except (quotes.QuoteChanged, quotes.QuoteExpired) as refused:
        try:
            return _show(own, change_addons.fresh(refused), said=tariff.said_of(refused), status=409)
        except tariff_prices.UnableToChange as gone:
            return _list(own, seen, problem=_why(gone))
    except quotes.UnableToConfirm:
        return _list(own, seen, problem=_("This form is not known. Choose once more."))
    except tariff_prices.UnableToChange as refused:
        return _list(own, seen, problem=_why(refused))
    return _to(change)


def _cancel(own: scope.OwnRequest, seen: billing.Overview) -> HttpResponse:
    try:
        change = change_addons.cancel(
            tariff.number(own.POST.get("change", "")),
            account_id=seen.account_id,
            actor=own.user.get_username(),
            address=own.META.get("REMOTE_ADDR"),
        )
    except changes.NotOpen:
        return _list(own, seen, problem=_("There was nothing to take back any more: look at what stands below."))
    return _to(change)


def _show(own: scope.OwnRequest, found: Quote, *, said: str = "", status: int = 200) -> HttpResponse:
    priced = change_addons.look(found)
    context = {
        "here": "cabinet_services",
        "quote": found,
        "is_on": found.what == change_addons.ON,
        "once": priced.version.charging == rules.ONCE,
        "name": priced.version.offer.name(formats.language()),
        "price_kop": priced.version.price_kop,
        "per": words.PER[priced.version.charging],
        "lines": quoted.lines(found.lines),
        "priced": priced,
        "typed": sums.typed(priced.missing_kop) if priced.missing_kop else "",
        "said": said,
    }
    return render(own, "portal/addon_quote.html", context, status=status)


def _why(refused: tariff_prices.UnableToChange) -> str:
    if isinstance(refused, billing_addons.CannotStand):
        return _("This service is connected already, or cannot stand beside what you have. Nothing was done.")
    if isinstance(refused, tariff_prices.MoneyShort):
        text = _("%(sum)s is missing. Nothing was changed: top up and send once more.")
        return text % {"sum": money.show(refused.missing_kop)}
    if isinstance(refused, tariff_prices.NothingToChange):
        return _("This service was changed a moment ago, perhaps in another window. Nothing more was done.")
    if isinstance(refused, tariff_prices.TariffWithdrawn):
        return _("This service is not offered any more. Nothing was done.")
    if isinstance(refused, billing_addons.TariffAsleep):
        return _("Its tariff does not work now: top up first, or connect the service from the next period.")
    if isinstance(refused, change_addons.NoAddressFree):
        return _("All our addresses are given out just now. Nothing was charged; ask us, and we will find one.")
    if isinstance(refused, billing_addons.OnlyNow):
        return _("This is charged once, when you order it. Nothing was done.")
    if isinstance(refused, obstacles.ContractEnds | obstacles.Paused | obstacles.BeginsLater | obstacles.DueToday):
        return tariff.why(refused)
    return _("That is not possible just now. Try in some minutes, or call us.")


def _done(own: scope.OwnRequest, seen: billing.Overview) -> Change | None:
    wanted = tariff.number(own.GET.get("done", ""))
    found = Change.objects.filter(id=wanted, account_id=seen.account_id).exclude(what=ChangeWhat.TARIFF)
    return found.select_related("version__offer").first()


def _to(change: Change) -> HttpResponse:
    return tariff.SeeOther(f"{reverse('addons')}?done={change.id}")
