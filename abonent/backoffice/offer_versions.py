"""A new version of a tariff or an add-on: looked at with whom it touches, agreed to, or taken back in time."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from abonent.backoffice import gate, offer_typed, screen
from abonent.backoffice import offers as directory
from abonent.billing import repricing
from abonent.catalog import offers, queries
from abonent.catalog.models import Offer, OfferRole, OfferVersion
from abonent.core import clock, money
from abonent.flows import price_change
from abonent.identity import permissions
from abonent.ui import formats, words


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.EDIT_CATALOG)
def new(request: gate.StaffRequest, role: str, code: str) -> HttpResponse:
    """/staff/tariffs/<code>/version/: POST `do` = look shows whom it touches; agree, with its `seal`, makes it."""
    offer = Offer.objects.filter(role=role, code=code).first()
    if offer is None:
        raise Http404
    today = clock.today()
    now = queries.version_on(code, today)
    last = OfferVersion.objects.filter(offer=offer).order_by("-number")[0]
    typed: dict[str, Any] = {
        **offer_typed.typed(offers.terms_of(now)), "from": repricing.nearest(today).isoformat(), "for": "all",
        "why": "", "after": last.number,
    }  # fmt: skip
    problem, preview = "", None
    if request.method == "POST":
        typed |= request.POST.dict()
        try:
            wish = _wish(typed, offer, today)
            if request.POST.get("do") == "agree":
                made = price_change.agree(
                    wish, seal=typed.get("seal", ""), by=request.actor, why=typed["why"].strip()[:300],
                    address=request.address,
                )  # fmt: skip
                request.session[directory.DONE_KEY] = _done(made)
                return HttpResponseRedirect(reverse(_one(role), args=[code]))
            preview = price_change.look(wish, on=today)
        except price_change.StalePreview as stale:
            problem = _("It touches others than a moment ago, or you have changed something. Look once more.")
            preview = stale.fresh
        except price_change.TooNear as near:
            problem = _("Whom it touches is told %(days)s ahead: %(day)s is the nearest day.") % {
                "days": formats.days(price_change.notice_days()), "day": formats.day(near.nearest),
            }  # fmt: skip
        except offer_typed.UnableToRead as error:
            problem = str(error)
        except offers.UnableToKeep as refused:
            problem = offer_typed.why_not(refused)
    waiting = queries.waiting(offer.pk, today)
    context = {
        "here": f"{_one(role)}s",
        "role_of": role,
        "offer": offer,
        "name": offer.name(formats.language()),
        "now": now,
        "now_price": directory.price_of(now),
        "now_terms": offer_typed.said(now),
        "per": words.PER[now.charging],
        "waiting": waiting,
        "typed": typed,
        "used_up": offer_typed.USED_UP,
        "nearest": repricing.nearest(today),
        "days": formats.days(price_change.notice_days()),
        "preview": preview,
        "month": money.show(preview.touched.month_kop, sign=True) if preview else "",
        "problem": problem,
    }
    return screen.show(request, "backoffice/offer_version.html", context, status=422 if problem else 200)


@require_POST
@gate.permitted(permissions.EDIT_CATALOG)
def withdraw(request: gate.StaffRequest, role: str, code: str, number: int) -> HttpResponse:
    """/staff/tariffs/<code>/version/<number>/withdraw/: with `why`."""
    found = OfferVersion.objects.filter(offer__role=role, offer__code=code, number=number).first()
    if found is None:
        raise Http404
    why = request.POST.get("why", "").strip()[:300]
    if not why:
        said = _("Write why: it stands in the log.")
    else:
        try:
            price_change.withdraw(found.pk, by=request.actor, why=why, address=request.address)
            said = _("The version is taken back. Whoever was told of it is told that it will not be.")
        except offers.NotWaiting as refused:
            said = offer_typed.why_not(refused)
    request.session[directory.DONE_KEY] = said
    return HttpResponseRedirect(reverse(_one(role), args=[code]))


def _wish(typed: dict[str, Any], offer: Offer, today: date) -> price_change.Wish:
    """Raises offer_typed.UnableToRead."""
    if not str(typed["why"]).strip():
        raise offer_typed.UnableToRead(_("Write why: it stands in the log."))
    try:
        begins = date.fromisoformat(str(typed["from"]).strip())
    except ValueError as error:
        raise offer_typed.UnableToRead(_("Choose the day from which it holds.")) from error
    if not today <= begins or begins.year > today.year + 2:
        raise offer_typed.UnableToRead(_("The day is today or later, and within two years."))
    after = str(typed["after"])
    return price_change.Wish(
        offer_id=offer.pk,
        terms=offer_typed.terms(typed),
        valid_from=begins,
        moves_all=typed["for"] != "new",
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0,
    )


def _done(made: OfferVersion) -> str:
    if made.moves_all:
        return _("The version is announced: whoever it touches is being told.")
    return _("The version stands; whoever has the tariff keeps what he has.")


def _one(role: str) -> str:
    return "staff_tariff" if role == OfferRole.TARIFF else "staff_addon"
