"""What staff do to the services of a contract: tariff, deferral, pause, device, end; look, then one verb."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice.acting import Case, Field, Line, Look, Refused, read_day, read_sum
from abonent.billing import changes, deferrals, endings, obstacles, pauses, quotes, tariff_prices
from abonent.billing import queries as billing
from abonent.billing.models import Subscription
from abonent.billing.models_changes import ChangeState
from abonent.catalog import queries as catalog
from abonent.core import money, periods
from abonent.flows import change_tariff, defer, end_contract, four_eyes, own_devices, pause
from abonent.network import devices, rules
from abonent.payments.models_warrants import WarrantVerb
from abonent.subscribers.models import Line as NetworkLine
from abonent.ui import formats, refusals, words

NOW, NEXT = "now", "next"


def tariff_fields(case: Case) -> list[Field]:
    """One choice of both: which service, and to which tariff of its kind."""
    found = Subscription.objects.select_related("line").in_bulk([one.id for one in _services(case)])
    choices = []
    for one in _services(case):
        line = found[one.id].line
        sold = catalog.on_sale(case.today, kind=one.kind, segment=line.segment if line else None)
        for each in sorted(sold, key=lambda version: version.price_kop):
            if each.offer.code != one.code:
                then = f"{each.offer.name(formats.language())}, {money.show(each.price_kop)} {words.PER[each.charging]}"
                choices.append((f"{one.id}:{each.offer.code}", f"{one.name(formats.language())} → {then}"))
    return [
        Field("tariff", gettext_lazy("From which tariff to which"), "choice", choices),
        Field(
            "when",
            gettext_lazy("From when"),
            "choice",
            [(NOW, _("Today, with a recount")), (NEXT, _("The next billing period, free"))],
        ),
    ]


def tariff_look(case: Case) -> Look:
    of, _colon, code = case.typed.get("tariff", "").partition(":")
    if of not in {str(one.id) for one in _services(case)} or not code:
        raise Refused(_("Choose a tariff."), "tariff")
    try:
        quoted = change_tariff.quote(
            account_id=case.seen.account_id, subscription_id=int(of), code=code,
            is_now=case.typed.get("when") != NEXT,
        )  # fmt: skip
        priced = change_tariff.look(quoted)
    except tariff_prices.UnableToChange as refused:
        raise Refused(_why_no_tariff(refused)) from None
    language = formats.language()
    lines = [
        Line(_("Now"), priced.subscription.version.offer.name(language)),
        Line(_("Then"), f"{priced.version.offer.name(language)}, {money.show(priced.version.price_kop)}"),
        Line(_("From"), formats.day(quoted.effective_on)),
        Line(_("To pay") if quoted.total_kop >= 0 else _("Comes back"), money.show(abs(quoted.total_kop))),
        Line(_("Balance after"), money.show(priced.balance_after_kop)),
    ]
    lines += [Line(_("Is disconnected"), one.version.offer.name(language)) for one in priced.dropped]
    if priced.next_on:
        lines.append(Line(_("Next charge"), f"{money.show(priced.next_kop)}, {formats.day(priced.next_on)}"))
    short = _("%(sum)s is missing.") % {"sum": money.show(priced.missing_kop)} if priced.missing_kop else ""
    return Look(lines, quoted.token, short)


def tariff_do(case: Case) -> str:
    try:
        change = change_tariff.confirm(account_id=case.seen.account_id, token=case.token, **case.by)
    except quotes.QuoteUsed as used:
        done = changes.of_quote(used.quote.id)  # sent twice: the first one's answer
        if done is None:
            raise Refused(_("This was done already.")) from None
        change = done
    except quotes.UnableToConfirm:
        raise Refused(_("The sums have changed since the page was opened. Look at them once more.")) from None
    except tariff_prices.UnableToChange as refused:
        raise Refused(_why_no_tariff(refused)) from None
    if change.state == ChangeState.ASKED:
        return _("The change of the tariff waits for approval.")
    return _("The tariff is changed from %(day)s.") % {"day": formats.day(change.effective_on)}


def deferral_fields(case: Case) -> list[Field]:
    try:
        initial = money.plain(deferrals.allowed(case.seen, on=case.today).advised_kop).replace(".", ",")
    except deferrals.UnableToDefer:
        initial = ""
    return [Field("sum", gettext_lazy("Sum, roubles"), "sum", initial=initial)]


def deferral_look(case: Case) -> Look:
    amount_kop = read_sum(case)
    try:
        may = deferrals.allowed(case.seen, on=case.today)
        if amount_kop < may.least_kop:
            raise deferrals.UnableToDefer(deferrals.Why.TOO_SMALL, limit_kop=may.least_kop)
        if amount_kop > may.most_kop:
            raise deferrals.UnableToDefer(deferrals.Why.TOO_LARGE, limit_kop=may.most_kop)
    except deferrals.UnableToDefer as refused:
        raise _no_deferral(refused) from None
    with_it = case.seen._replace(balance_kop=case.seen.balance_kop - may.fee_kop, deferral_kop=amount_kop)
    charged_kop = sum(one.amount_kop for one in billing.woken(with_it, case.today).charged)
    return Look(
        [
            Line(_("Deferred payment"), money.show(amount_kop)),
            Line(_("Counts through"), formats.day(may.ends_on - periods.ONE_DAY)),
            Line(_("Fee"), money.show(may.fee_kop)),
            Line(_("Charged at once"), money.show(charged_kop)),
            Line(_("Balance after"), money.show(case.seen.balance_kop - may.fee_kop - charged_kop)),
        ]
    )


def deferral_gives(case: Case) -> four_eyes.Wanted:
    return four_eyes.Wanted(WarrantVerb.DEFERRAL, case.seen.account_id, read_sum(case))


def deferral_do(case: Case) -> str:
    try:
        made = defer.grant(account_id=case.seen.account_id, amount_kop=read_sum(case), on=case.today, **case.by)
    except deferrals.UnableToDefer as refused:
        raise _no_deferral(refused) from None
    said = {"sum": money.show(made.amount_kop), "day": formats.day(made.ends_on - periods.ONE_DAY)}
    return _("A deferred payment of %(sum)s counts through %(day)s.") % said


def pause_fields(case: Case) -> list[Field]:
    least = settings.PROFILE.pause.min_days
    return [
        Field("from", gettext_lazy("First day"), "date", initial=(case.today + periods.ONE_DAY).isoformat()),
        Field("to", gettext_lazy("Last day"), "date", initial=(case.today + timedelta(days=least)).isoformat()),
    ]


def pause_look(case: Case) -> Look:
    first, last = read_day(case, "from"), read_day(case, "to")
    try:
        moved = pauses.check(case.seen, starts_on=first, ends_on=last + periods.ONE_DAY, on=case.today)
    except pauses.UnableToPause as refused:
        raise Refused(_why_no_pause(refused)) from None
    names = {one.id: one.name(formats.language()) for one in case.seen.subscriptions}
    fee_kop = settings.PROFILE.pause.fee_kop
    return Look(
        [
            Line(_("Paused"), f"{formats.day(first)} {formats.EN_DASH} {formats.day(last)}"),
            Line(_("Fee"), money.show(fee_kop)),
            Line(_("Balance after"), money.show(case.seen.balance_kop - fee_kop)),
            *(
                Line(names[one.subscription_id], _("paid through %(day)s") % {"day": _last(one.paid_until_after)})
                for one in moved
            ),
        ]
    )


def pause_do(case: Case) -> str:
    first, last = read_day(case, "from"), read_day(case, "to")
    try:
        pause.plan(
            account_id=case.seen.account_id, starts_on=first, ends_on=last + periods.ONE_DAY, on=case.today, **case.by
        )
    except pauses.UnableToPause as refused:
        raise Refused(_why_no_pause(refused)) from None
    return _("The services are paused from %(day)s.") % {"day": formats.day(first)}


def pause_end_look(case: Case) -> Look:
    held = case.seen.pause
    if held is None:
        raise Refused(str(refusals.PAUSE["none"]))
    if held.state == "planned":
        return Look([Line(_("Called off"), _("the pause from %(day)s") % {"day": formats.day(held.starts_on)})])
    return Look([Line(_("Works again from"), formats.day(pauses.earliest_end(held, case.today)))])


def pause_end_do(case: Case) -> str:
    verb = pause.cancel if case.seen.pause is not None and case.seen.pause.state == "planned" else pause.end_early
    try:
        verb(account_id=case.seen.account_id, on=case.today, **case.by)
    except pauses.UnableToPause as refused:
        raise Refused(_why_no_pause(refused)) from None
    return _("The pause is ended.")


def device_fields(case: Case) -> list[Field]:
    lines = NetworkLine.objects.filter(contract_id=case.contract.id).select_related("premises__building").order_by("id")
    named = [(str(one.pk), str(one.premises or one.pk)) for one in lines]
    first = named[0][0] if named else ""
    return [
        Field("line", gettext_lazy("Line"), "choice" if len(named) > 1 else "hidden", named, first),
        Field("mac", gettext_lazy("MAC from the label")),
        Field("name", gettext_lazy("What it is called"), required=False),
    ]


def device_look(case: Case) -> Look:
    _line_of(case)
    try:
        mac = rules.read_mac(case.typed.get("mac", ""))
    except rules.UnableToReadMac:
        raise Refused(_("This is no MAC of a device: twelve of 0–9 and A–F, as on the label."), "mac") from None
    return Look([Line("MAC", mac), Line(_("What it is called"), case.typed.get("name", "") or formats.EN_DASH)])


def device_do(case: Case) -> str:
    try:
        made = own_devices.register(
            line_id=_line_of(case), typed=case.typed.get("mac", ""), name=case.typed.get("name", ""), **case.by
        )
    except devices.TooMany:
        raise Refused(_("The line has as many devices as is possible. Take one off first.")) from None
    except devices.UnableToRegister:
        raise Refused(_("The device stands on another line and was not seen on this one."), "mac") from None
    return _("The device %(mac)s is registered.") % {"mac": made.mac}


def end_fields(case: Case) -> list[Field]:
    earliest = endings.earliest(case.seen, case.today)
    return [Field("day", gettext_lazy("The first day without service"), "date", initial=earliest.isoformat())]


def end_look(case: Case) -> Look:
    day = read_day(case, "day")
    earliest = endings.earliest(case.seen, case.today)
    if day < earliest:
        raise Refused(_("Possible from %(day)s.") % {"day": formats.day(earliest)}, "day")
    back_kop = sum(one.line.amount_kop for one in endings.would_return(case.seen.account_id, day))
    return Look(
        [
            Line(_("Works through"), formats.day(day - periods.ONE_DAY)),
            Line(_("Comes back for days not used"), money.show(back_kop)),
            Line(_("Balance now"), money.show(case.seen.balance_kop)),
        ],
        warning=_("Every service of the contract ends that day. It can be called off until then."),
    )


def end_do(case: Case) -> str:
    try:
        made = end_contract.plan(
            account_id=case.seen.account_id, ends_on=read_day(case, "day"), on=case.today, **case.by
        )
    except endings.UnableToEnd as refused:
        raise Refused(_why_no_end(refused), "day") from None
    return _("The contract ends: %(day)s is its last day.") % {"day": _last(made.ends_on)}


def end_cancel_look(case: Case) -> Look:
    if case.seen.contract_ends_on is None:
        raise Refused(_("No end is planned."))
    return Look(
        [Line(_("Called off"), _("the end of the contract on %(day)s") % {"day": _last(case.seen.contract_ends_on)})]
    )


def end_cancel_do(case: Case) -> str:
    try:
        end_contract.cancel(account_id=case.seen.account_id, **case.by)
    except endings.UnableToEnd:
        raise Refused(_("No end is planned.")) from None
    return _("The contract goes on.")


def _services(case: Case) -> list[billing.SubscriptionRow]:
    return [one for one in case.seen.subscriptions if one.role == "tariff"]


def _line_of(case: Case) -> int:
    """Raises Refused: not a line of this contract."""
    typed = case.typed.get("line", "")
    known = {str(one) for one in NetworkLine.objects.filter(contract_id=case.contract.id).values_list("id", flat=True)}
    if typed not in known:
        raise Refused(_("Choose a line of this contract."), "line")
    return int(typed)


def _last(first_without: date) -> str:
    """The last day before a date."""
    return formats.day(first_without - periods.ONE_DAY)


def _no_deferral(refused: deferrals.UnableToDefer) -> Refused:
    day = formats.day(refused.possible_on) if refused.possible_on else ""
    said = str(refusals.DEFERRAL[refused.why]) % {"day": day, "sum": money.show(refused.limit_kop)}
    return Refused(said, "sum" if refused.why in (deferrals.Why.TOO_SMALL, deferrals.Why.TOO_LARGE) else "")


def _why_no_pause(refused: pauses.UnableToPause) -> str:
    policy, on = settings.PROFILE.pause, refused.possible_on
    facts = {
        "day": formats.day(on) if on else "",
        "last": _last(on) if on else "",
        "least": formats.days(policy.min_days),
        "most": formats.days(policy.max_days),
        "sum": money.show(refused.missing_kop),
    }
    return str(refusals.PAUSE[refused.why]) % facts


def _why_no_tariff(refused: tariff_prices.UnableToChange) -> str:
    if isinstance(refused, tariff_prices.LimitReached):
        said = {"day": formats.day(refused.again_on)}
        return _("The tariff was changed as often as is possible this month: from %(day)s again, or plan it.") % said
    if isinstance(refused, tariff_prices.MoneyShort):
        return _("%(sum)s is missing.") % {"sum": money.show(refused.missing_kop)}
    if isinstance(refused, obstacles.ContractEnds):
        return _("The contract ends: %(day)s is its last day.") % {"day": _last(refused.ends_on)}
    if isinstance(refused, obstacles.BeginsLater):
        return _("This service begins on %(day)s: it can be changed from then on.") % {
            "day": formats.day(refused.starts_on)
        }
    return str(refusals.TARIFF.get(type(refused).__name__, refusals.TARIFF_OTHERWISE))


def _why_no_end(refused: endings.UnableToEnd) -> str:
    day = formats.day(refused.possible_on) if refused.possible_on else ""
    said = {
        endings.Why.TOO_EARLY: _("Possible from %(day)s."),
        endings.Why.TOO_FAR: _("Possible up to %(day)s."),
        endings.Why.PLANNED: _("An end is planned already."),
        endings.Why.ENDED: _("The contract has ended already."),
    }
    return said.get(refused.why, _("The contract has ended already.")) % {"day": day}
