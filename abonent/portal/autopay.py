"""«Autopay»: two rules, a limit, a card and a consent; what will be debited and what was; one step switches it off."""

from datetime import date
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.billing import planned
from abonent.core import clock, money
from abonent.flows import agreements, autopay_outcomes
from abonent.flows import autopay as flow
from abonent.payments import autopay, autopay_rules
from abonent.payments.models_cards import AttemptState, Autopay, AutopayAttempt, BoundCard
from abonent.portal import cabinet, cards, pay, scope, sums, words
from abonent.ui import formats

DAYS = (1, 2, 3, 5, 7)
DONE_KEY = "autopay_done"  # in the session: the next page tells what was done
LIMIT_TIMES = 2  # the limit offered at first: so many months' charges
FIRST_LIMIT_KOP = 3_000_00


class Line(NamedTuple):
    """An attempt, in words."""

    id: int
    what: str
    amount_kop: int
    on: date
    mark: str
    state: str
    may_call_off: bool


class Typed(NamedTuple):
    """The form, as it was typed or as it stands."""

    card: str
    before: bool
    days: str
    below: bool
    below_sum: str
    sum: str
    limit: str


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/autopay/: POST does `save`, `off`, or `skip` of one announced debit."""
    own = cast(scope.OwnRequest, request)
    account_id = pay.account_of(own).pk
    if request.method != "POST":
        return _page(own, account_id)
    do = own.POST.get("do", "")
    if do == "off":
        flow.switch_off(account_id=account_id, actor=own.user.username, address=own.META.get("REMOTE_ADDR"))
        return _done(own, _("Autopay is off. Nothing will be debited by itself."))
    if do == "skip":
        attempt_id = cards.read_id(own.POST.get("attempt", ""))
        called_off = flow.call_off(
            account_id=account_id,
            attempt_id=attempt_id,
            actor=own.user.username,
            address=own.META.get("REMOTE_ADDR"),
        )
        return _done(own, _("This debit is called off.") if called_off else _("It is too late: it has begun."))
    return _save(own, account_id)


def _save(own: scope.OwnRequest, account_id: int) -> HttpResponse:
    typed = _typed(own)
    errors: dict[str, str] = {}
    rules = _rules(typed, errors)
    limit_kop = _sum(errors, "limit", typed.limit)
    if not own.POST.get("agree"):
        errors["agree"] = _("Tick it: without your consent nothing is debited.")
    if not typed.card:
        errors["card"] = _("Choose a card.")
    if not errors:
        try:
            flow.switch_on(
                account_id=account_id,
                card_id=cards.read_id(typed.card),
                rules=rules,
                month_limit_kop=limit_kop,
                words=agreements.to_autopay(),
                actor=own.user.username,
                address=own.META.get("REMOTE_ADDR"),
                on=clock.today(),
            )
            return _done(own, _("Autopay is on."))
        except flow.LimitTooSmall:
            least = money.show(max(flow.LEAST_LIMIT_KOP, rules.sum_kop or 0))
            errors["limit"] = _("The limit is %(sum)s at least.") % {"sum": least}
        except flow.SumOutOfBounds:
            card = settings.PROFILE.card
            facts = {"least": money.show(card.min_kop), "most": money.show(card.max_kop)}
            errors["sum"] = _("From %(least)s to %(most)s at once.") % facts
        except autopay.NoRule:
            errors["rules"] = _("Tick at least one of the two.")
        except BoundCard.DoesNotExist:
            errors["card"] = _("This card is unbound. Choose another one.")
    return _page(own, account_id, typed=typed, errors=errors)


def _rules(typed: Typed, errors: dict[str, str]) -> autopay_rules.Rules:
    days = int(typed.days) if typed.days in {str(one) for one in DAYS} else DAYS[2]
    below_kop = _sum(errors, "below_sum", typed.below_sum) if typed.below else None
    sum_kop = _sum(errors, "sum", typed.sum) if typed.below else None
    if not typed.before and not typed.below:
        errors["rules"] = _("Tick at least one of the two.")
    return autopay_rules.Rules(days if typed.before else None, below_kop, sum_kop)


def _sum(errors: dict[str, str], name: str, typed: str) -> int:
    try:
        return sums.read(typed)
    except sums.UnableToRead as error:
        errors[name] = str(error)
        return 0


def _typed(own: scope.OwnRequest) -> Typed:
    def said(name: str) -> str:
        return own.POST.get(name, "")[: sums.MOST_CHARS]

    return Typed(
        said("card"), bool(said("before")), said("days"), bool(said("below")), said("below_sum"), said("sum"),
        said("limit"),
    )  # fmt: skip


def _standing(found: Autopay | None, all_cards: list[cards.Shown], month_kop: int) -> Typed:
    """The form as it stands, or as it is offered at first: what is missing, three days ahead."""
    first = str(all_cards[0].card.pk) if all_cards else ""
    if found is None:
        hundreds_kop = -(-LIMIT_TIMES * month_kop // 100_00) * 100_00
        return Typed(first, True, str(DAYS[2]), False, "100", "500", sums.typed(max(hundreds_kop, FIRST_LIMIT_KOP)))
    usable = {str(one.card.pk) for one in all_cards}
    card = str(found.card_id) if str(found.card_id) in usable else first
    return Typed(
        card,
        found.before_days is not None,
        str(found.before_days or DAYS[2]),
        found.below_kop is not None,
        sums.typed(found.below_kop if found.below_kop is not None else 100_00),
        sums.typed(found.sum_kop or 500_00),
        sums.typed(found.month_limit_kop),
    )


def _page(
    own: scope.OwnRequest, account_id: int, *, typed: Typed | None = None, errors: dict[str, str] | None = None
) -> HttpResponse:
    seen, today = cabinet.overview(own), clock.today()
    found, all_cards = autopay.of_account(account_id), cards.shown(account_id)
    month_kop = sum(one.price_kop for one in seen.subscriptions)
    is_on = found is not None and found.is_on
    ahead = None
    if found is not None and is_on and not autopay.announced(account_id):
        ahead = autopay_rules.next_debit(seen, planned.of(seen), autopay.rules_of(found), today)
    context: dict[str, Any] = {
        "here": "pay",
        "tab": "autopay",
        "found": found,
        "is_on": is_on,
        "why_off": _why_off(found),
        "cards": all_cards,
        "said": _said(found) if found is not None and is_on else [],
        "spent_kop": autopay.spent_kop(account_id, month_of=today),
        "announced": [_line(one) for one in autopay.announced(account_id)],
        "ahead": ahead,
        "finished": [_line(one) for one in autopay.finished(account_id)],
        "typed": typed or _standing(found, all_cards, month_kop),
        "days": [(str(one), formats.days(one)) for one in DAYS],
        "errors": errors or {},
        "words": agreements.to_autopay(),
        "done": own.session.pop(DONE_KEY, "") if own.method == "GET" else "",
        "card_limits": settings.PROFILE.card,
    }
    return render(own, "portal/autopay.html", context, status=422 if errors else 200)


def _said(found: Autopay) -> list[str]:
    """The rules in force, a sentence each."""
    lines = []
    if found.before_days is not None:
        facts = {"days": formats.days(found.before_days)}
        lines.append(_("What is missing for the next charge, %(days)s before it.") % facts)
    if found.below_kop is not None and found.sum_kop is not None:
        facts = {"below": money.show(found.below_kop), "sum": money.show(found.sum_kop)}
        lines.append(_("%(sum)s when the balance is below %(below)s.") % facts)
    return lines


def _why_off(found: Autopay | None) -> str:
    """What switched it off, when it was not its owner."""
    if found is None or found.is_on or found.off_why in {"", "owner"}:
        return ""
    if found.off_why == "card_unbound":
        return _("Its card was unbound. Bind another one or choose one that is bound, and switch it on again.")
    if found.off_why == autopay_outcomes.CONTRACT_ENDED:
        return _("The contract has ended: nothing is debited any more.")
    return str(words.cancel_reason(found.off_why))


def _line(attempt: AutopayAttempt) -> Line:
    mark, state = words.ATTEMPTS[str(attempt.state)]
    label = cards.label(attempt.card)
    if attempt.state == AttemptState.DECLINED:
        what = f"{label}. {words.cancel_reason(attempt.reason)}"
    elif attempt.reason == autopay.OVER_LIMIT:
        what = _("It would have been more than the month's limit.")
    else:
        what = label
    if attempt.reason == autopay.CALLED_OFF:
        state = words.CALLED_OFF
    return Line(
        attempt.pk,
        what,
        attempt.amount_kop,
        attempt.debited_on or attempt.due_on,
        mark,
        str(state),
        attempt.state == AttemptState.PLANNED,
    )


def _done(own: scope.OwnRequest, said: str) -> HttpResponse:
    own.session[DONE_KEY] = said
    return HttpResponse(status=303, headers={"Location": reverse("autopay")})
