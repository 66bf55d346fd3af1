"""Tariffs and additional services: what is offered, a quote, its confirming, and taking a plan back."""

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from abonent.api.v1 import shapes, sums, wire
from abonent.api.v1.account import seen_of
from abonent.api.v1.problems import Refused
from abonent.billing import addons as billing_addons
from abonent.billing import changes, quotes, tariff_prices
from abonent.billing.models import Change, Quote, Subscription
from abonent.catalog import queries as catalog
from abonent.catalog.models import OfferVersion
from abonent.core import clock
from abonent.flows import change_addons, change_tariff
from abonent.ui import formats

router = Router(tags=["Services"])
TARIFF = "tariff"


@router.get("/contracts/{str:number}/tariffs", response=list[sums.Tariff], summary="Tariffs one may change to")
def tariffs(request: HttpRequest, number: str) -> list[sums.Tariff]:
    today = clock.today()
    return [
        _offered(one, service.id)
        for service in _services(request, number)
        for one in catalog.on_sale(today, kind=service.kind, segment=service.line.segment if service.line else None)
    ]


@router.get("/contracts/{str:number}/addons", response=list[sums.Tariff], summary="Additional services one may connect")
def addons(request: HttpRequest, number: str) -> list[sums.Tariff]:
    today = clock.today()
    return [
        _offered(one, service.id)
        for service in _services(request, number)
        for one in billing_addons.offered(service, today)
    ]


@router.post(
    "/contracts/{str:number}/quotes",
    response={201: sums.Quote},
    summary="What a change costs, every line of it",
)
def quote(request: HttpRequest, number: str, given: sums.AskedQuote) -> Status[sums.Quote]:
    account_id, is_now = seen_of(request, number).account_id, given.when == "now"
    if given.what == TARIFF:
        made = change_tariff.quote(
            account_id=account_id, subscription_id=given.service_id, code=given.code, is_now=is_now
        )  # fmt: skip
    else:
        made = change_addons.quote(
            account_id=account_id,
            what=given.what,
            subscription_id=given.service_id,
            code=given.code,
            is_now=is_now,
        )
    return Status(201, _quote(made))


@router.post("/contracts/{str:number}/quotes/{str:token}/confirm", response=sums.Change, summary="Agree to a quote")
def confirm(request: HttpRequest, number: str, token: str) -> sums.Change:
    """409 `quote_changed` when the price became another: the new quote stands in `quote`."""
    account_id, acting = seen_of(request, number).account_id, wire.acting(request)
    known = Quote.objects.filter(account_id=account_id, token=token[:64]).first()
    if known is None:
        raise Http404
    try:
        if known.what == TARIFF:
            done = change_tariff.confirm(
                account_id=account_id, token=token, actor=acting.actor, address=acting.address
            )  # fmt: skip
        else:
            done = change_addons.confirm(
                account_id=account_id, token=token, what=known.what, actor=acting.actor, address=acting.address
            )
    except quotes.QuoteUsed as used:
        found = changes.of_quote(used.quote.pk)
        if found is None:
            raise
        done = found
    except (quotes.QuoteChanged, quotes.QuoteExpired) as changed:
        fresh = change_tariff.fresh(changed) if known.what == TARIFF else change_addons.fresh(changed)
        said = _("While you looked, the price became another. Nothing was done; this is the price now.")
        shown = _quote(fresh).model_dump(mode="json") if fresh else None
        raise Refused(409, "quote_changed", said, quote=shown) from None
    return _change(done)


@router.get("/contracts/{str:number}/changes", response=list[sums.Change], summary="What is asked for or planned")
def planned(request: HttpRequest, number: str) -> list[sums.Change]:
    return [_change(one) for one in changes.open_changes(seen_of(request, number).account_id)]


@router.delete("/contracts/{str:number}/changes/{int:change_id}", response={204: None}, summary="Take a plan back")
def cancel(request: HttpRequest, number: str, change_id: shapes.Id) -> Status[None]:
    account_id, acting = seen_of(request, number).account_id, wire.acting(request)
    found = Change.objects.filter(account_id=account_id, pk=change_id).first()
    if found is None:
        raise Http404
    verb = change_tariff.cancel if found.what == TARIFF else change_addons.cancel
    verb(change_id, account_id=account_id, actor=acting.actor, address=acting.address)
    return Status(204, None)


def _services(request: HttpRequest, number: str) -> list[Subscription]:
    ids = [one.id for one in seen_of(request, number).subscriptions if one.role == TARIFF]
    own = Subscription.objects.select_related("version__offer", "line").filter(id__in=ids)
    return list(own.order_by("priority", "id"))


def _offered(one: OfferVersion, beside_id: int) -> sums.Tariff:
    language = formats.language()
    return sums.Tariff(
        code=one.offer.code,
        name=one.offer.name(language),
        description=one.offer.description_en if language == "en" else one.offer.description_ru,
        price_kop=one.price_kop,
        charging=one.charging,
        down_mbps=one.down_mbps,
        up_mbps=one.up_mbps,
        included_octets=one.included_octets,
        channels=one.channels,
        beside_id=beside_id,
    )


def _quote(made: Quote) -> sums.Quote:
    priced: tariff_prices.Priced | billing_addons.Priced
    priced = change_tariff.look(made) if made.what == TARIFF else change_addons.look(made)
    return sums.Quote(
        token=made.token,
        what=made.what,
        total_kop=made.total_kop,
        effective_on=made.effective_on,
        good_until=made.good_until,
        missing_kop=priced.missing_kop,
        balance_after_kop=priced.balance_after_kop,
        next_on=priced.next_on,
        next_kop=priced.next_kop,
        lines=made.lines,
    )


def _change(one: Change) -> sums.Change:
    version = one.version or one.subscription.version
    return sums.Change(
        id=one.pk,
        what=one.what,
        state=one.state,
        name=version.offer.name(formats.language()),
        is_now=one.is_now,
        effective_on=one.effective_on,
        total_kop=one.total_kop,
    )
