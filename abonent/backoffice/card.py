"""All of a subscriber on one screen: each part has its door, and is asked for only where the role may see it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice import acts, deeds, gate, second_yes
from abonent.billing import changes
from abonent.billing import queries as billing
from abonent.billing.models import Change
from abonent.billing.models_changes import ChangeState, ChangeWhat
from abonent.billing.models_documents import Document, DocumentKind
from abonent.core import audit, clock, periods
from abonent.flows import diagnosis as diagnosing
from abonent.identity import permissions, seeing
from abonent.network import queries as network
from abonent.onboarding.models import ConnectionRequest, ContractPaper
from abonent.payments import queries as payments
from abonent.payments import warrants
from abonent.payments.models import Payment, PaymentState
from abonent.payments.models_warrants import Warrant
from abonent.subscribers import contacts, finding
from abonent.subscribers.models import Contact, ContactKind, Contract
from abonent.support import queries as support
from abonent.ui import diagnosis, formats, words

PAYMENTS_SHOWN, EARLIER_SHOWN, SESSIONS_SHOWN, LOG_SHOWN, DOCUMENTS_SHOWN = 6, 6, 4, 10, 9
LOG_OF = 20  # payments, changes of tariff: the log of the newest
DOCUMENTS: dict[str, Any] = {
    DocumentKind.INVOICE: gettext_lazy("Invoice"),
    DocumentKind.ACT: gettext_lazy("Act"),
    DocumentKind.VAT_INVOICE: gettext_lazy("VAT invoice"),
}
MARKS = {"working": "ok", "suspended": "warn", "waiting": "wait", "paused": "quiet", "none": "quiet"}
WORDS = {
    "working": gettext_lazy("works"),
    "suspended": gettext_lazy("suspended"),
    "waiting": gettext_lazy("waits for payment"),
    "paused": gettext_lazy("paused at his wish"),
    "none": gettext_lazy("not served now"),
}


def of(request: gate.StaffRequest, found: finding.FoundContract) -> dict[str, Any]:
    """What the template shows; a part that the role may not see is empty."""
    today = clock.today()
    seen = billing.overview(found.id, today)
    contract = Contract.objects.select_related("customer").get(pk=found.id)
    reach = list(Contact.objects.filter(customer_id=found.customer_id).order_by("kind", "id"))
    context: dict[str, Any] = {
        "one": found,
        "phones": [each.value for each in reach if each.kind == ContactKind.PHONE],
        "emails": [each.value for each in reach if each.kind == ContactKind.EMAIL],
        "show_phone": contacts.show_phone,
        "others": list(
            Contract.objects.filter(customer_id=found.customer_id).exclude(pk=found.id).order_by("number")[:10]
        ),
        "seen": seen,
        "services": [] if seen is None else [_service(each) for each in seen.subscriptions],
        "may_money": gate.may(request, permissions.VIEW_MONEY),
        "may_password": gate.may(request, permissions.ISSUE_PASSWORDS) and found.closed_on is None,
        "may_see": seeing.may(request.user) and found.closed_on is None,
        "may_cash": gate.may(request, permissions.TAKE_CASH) and found.closed_on is None,
        "acts": [] if seen is None or found.closed_on else acts.open_to(request, seen, found),
        "changes": _changes(request, seen),
        "warrants": _warrants(request, seen),
        "made": _documents(request, found.id),
        "papers": _papers(request, found.id),
        "requests": _requests(request, found.id),
        "talks": support.recent(found.id, but=0) if gate.may(request, permissions.ANSWER_MESSAGES) else [],
        "topics": words.TOPICS,
        "talk_kinds": words.TALK_KINDS,
        "talk_states": words.TALK_STATES,
        "log": _log(request, contract, seen),
        "internet": [],
    }
    if seen is not None:
        context |= {"state": _state(seen), **_money(request, seen)}
    if gate.may(request, permissions.VIEW_NETWORK):
        context |= _network(found.id) | {"internet": _internet(request, found.id, seen)}
    return context


def _state(seen: billing.Overview) -> tuple[str, Any, list[str]]:
    """The mark, the word, and why: sentences."""
    today = clock.today()
    now, why = billing.service_state(seen, today), []
    if now.since:
        why.append(_("since %(day)s") % {"day": formats.day(now.since)})
    if now.word == "working" and (through := billing.paid_through(seen)):
        why.append(_("paid through %(day)s") % {"day": formats.day(through)})
    if seen.deferral_ends_on:
        why.append(
            _("a deferred payment through %(day)s") % {"day": formats.day(seen.deferral_ends_on - periods.ONE_DAY)}
        )
    if seen.pause and seen.pause.state == "planned":
        why.append(_("a pause from %(day)s") % {"day": formats.day(seen.pause.starts_on)})
    if seen.contract_ends_on:
        why.append(
            _("the contract ends: %(day)s is its last day")
            % {"day": formats.day(seen.contract_ends_on - periods.ONE_DAY)}
        )
    return MARKS[now.word], WORDS[now.word], why


def _money(request: gate.StaffRequest, seen: billing.Overview) -> dict[str, Any]:
    if not gate.may(request, permissions.VIEW_MONEY):
        return {}
    today = clock.today()
    paid = Payment.objects.filter(account_id=seen.account_id).exclude(state=PaymentState.NEW)
    return {
        "missing_kop": billing.service_state(seen, today).missing_kop,
        "next": billing.next_charge(seen, today),
        "payments": [
            (one, words.CHANNELS[f"clearing:{one.channel}"], one.on or clock.on_date(one.created_at))
            for one in paid.select_related("cash_order", "reversal").order_by("-id")[:PAYMENTS_SHOWN]
        ],
        "earlier": payments.earlier_of(seen.account_id, first_on=None, last_on=today, most=EARLIER_SHOWN),
        "may_correct": gate.may(request, permissions.CORRECT_MONEY),
        "may_take_back": gate.may(request, permissions.TAKE_BACK_OWN_CASH),
        "may_refund": gate.may(request, permissions.REFUND),
    }


def _network(contract_id: int) -> dict[str, Any]:
    lines = network.lines(contract_id, clock.today())
    ids = [one.line_id for one in lines]
    online = network.online(ids) if ids else set()
    return {
        "lines": lines,
        "devices": [(one, str(one.mac) in online) for one in network.devices(ids)] if ids else [],
        "sessions": [
            (each, clock.local(each.started_at))
            for one in lines
            for each in network.sessions(one.line_id, clock.today())[:SESSIONS_SHOWN]
        ],
        "sightings": network.sightings(ids)[:SESSIONS_SHOWN] if ids else [],
    }


def _internet(request: gate.StaffRequest, contract_id: int, seen: billing.Overview | None) -> list[diagnosis.Said]:
    """Why there is no internet, a line each."""
    if seen is None:
        return []
    sums = gate.may(request, permissions.VIEW_MONEY)
    return [diagnosis.said(each.plain(with_sums=sums)) for each in diagnosing.of(contract_id, seen=seen)]


def _changes(request: gate.StaffRequest, seen: billing.Overview | None) -> list[tuple[Change, str, str, bool]]:
    """Changes that are asked for or planned: each with its names before and after, and whether it may be decided."""
    if seen is None or not seen.has_open_changes:
        return []
    language, may = formats.language(), gate.may(request, permissions.APPROVE_TARIFF_CHANGES)
    return [
        (
            one,
            one.subscription.version.offer.name(language),
            one.version.offer.name(language) if one.version else "",
            may and one.state == ChangeState.ASKED and one.what == ChangeWhat.TARIFF,
        )
        for one in changes.open_changes(seen.account_id)
    ]


def _warrants(request: gate.StaffRequest, seen: billing.Overview | None) -> list[tuple[Warrant, Any]]:
    """What waits here for a second yes, to who sees money."""
    if seen is None or not gate.may(request, permissions.VIEW_MONEY):
        return []
    return [(one, second_yes.VERBS[one.verb]) for one in warrants.of_account(seen.account_id)]


def _documents(request: gate.StaffRequest, contract_id: int) -> list[tuple[Document, Any]]:
    if not gate.may(request, permissions.MAKE_DOCUMENTS):
        return []
    found = Document.objects.filter(contract_id=contract_id).defer("data").order_by("-month", "kind", "-correction")
    return [(one, DOCUMENTS[one.kind]) for one in found[:DOCUMENTS_SHOWN]]


def _papers(request: gate.StaffRequest, contract_id: int) -> bool:
    if not gate.may(request, permissions.SIGN_CONTRACTS):
        return False
    return ContractPaper.objects.filter(contract_id=contract_id).exists()


def _requests(request: gate.StaffRequest, contract_id: int) -> list[ConnectionRequest]:
    if not gate.may(request, permissions.HANDLE_REQUESTS):
        return []
    return list(ConnectionRequest.objects.filter(contract_id=contract_id).order_by("-id")[:5])


def _log(request: gate.StaffRequest, contract: Contract, seen: billing.Overview | None) -> list[deeds.Deed]:
    """What was done to him and by whom; looks are in the whole log."""
    if not gate.may(request, permissions.VIEW_AUDIT):
        return []
    subjects = [f"contract:{contract.pk}", f"customer:{contract.customer_id}", f"user:{contract.customer.user_id}"]
    if seen is not None:
        subjects.append(f"account:{seen.account_id}")
        subjects += [f"subscription:{one.id}" for one in seen.subscriptions]
        of_account = {
            "payment": Payment.objects.filter(account_id=seen.account_id),
            "change": Change.objects.filter(account_id=seen.account_id),
        }
        for noun, rows in of_account.items():
            subjects += [f"{noun}:{one}" for one in rows.order_by("-id").values_list("id", flat=True)[:LOG_OF]]
    return [deeds.of(one) for one in audit.about(subjects, LOG_SHOWN)]


def _service(one: billing.SubscriptionRow) -> tuple[str, str, object, int, object]:
    """Its name, the mark and the word of its state, its price and for what time."""
    mark, word = words.STATES[one.state]
    return one.name(formats.language()), mark, word, one.price_kop, words.PER[one.charging]
