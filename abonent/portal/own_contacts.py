"""One's phones and mail addresses: added by a code that goes there, removed. A change asks who it is first."""

from typing import NamedTuple, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from abonent.core import clock
from abonent.flows import own_contacts
from abonent.identity import codes
from abonent.identity.models_codes import OneTimeCode
from abonent.portal import cards, own_log, scope, sign_in, step_up
from abonent.subscribers import contacts
from abonent.subscribers.models import Contact, ContactKind

DONE_KEY = "contacts_done"  # in the session: the next page tells what was done
MOST_CHARS = 254


class Shown(NamedTuple):
    id: int
    text: str
    is_confirmed: bool
    is_mobile: bool  # or a mail address: a code reaches it
    for_recovery: bool  # one-time passwords go there


class Form(NamedTuple):
    """What was typed and what is wrong with it, of one of the two kinds."""

    kind: ContactKind
    typed: str = ""
    error: str = ""
    code_error: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
@step_up.before("phone", "email", "remove")
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/profile/: POST does `phone` or `email` (`value`), `phone_code` or `email_code`, `stop` or `remove`."""
    own = cast(scope.OwnRequest, request)
    if request.method != "POST":
        return _page(own)
    do = request.POST.get("do", "")
    if do in ContactKind.values:
        return _ask(own, ContactKind(do))
    if do in ("phone_code", "email_code"):
        return _confirm(own, ContactKind(do.removesuffix("_code")))
    if do == "stop":
        kind = request.POST.get("kind", "")
        if kind in ContactKind.values:
            codes.call_off(own.user.pk, own_contacts.PURPOSES[ContactKind(kind)], clock.now())
        return _back(own, "")
    if do == "remove":
        return _remove(own)
    raise Http404


def _ask(own: scope.OwnRequest, kind: ContactKind) -> HttpResponse:
    typed = own.POST.get("value", "")[:MOST_CHARS]
    try:
        own_contacts.ask_code(
            user=own.user,
            customer_id=own.contract.customer_id,
            contract_id=own.contract.id,
            kind=kind,
            typed=typed,
            at=clock.now(),
        )
    except contacts.UnableToReadContact as error:
        return _page(own, Form(kind, typed, error=str(error)))
    except own_contacts.NotMobile:
        said = _("A code comes by SMS, and SMS come to mobile phones only: write one that begins with 9.")
        return _page(own, Form(kind, typed, error=said))
    except own_contacts.TooManyContacts:
        said = _("%(n)s contacts are kept already. Remove one of them first.") % {"n": own_contacts.MOST_CONTACTS}
        return _page(own, Form(kind, typed, error=said))
    except own_contacts.TooManyCodes:
        said = _("Too many codes were sent. Try again in an hour, or call us.")
        return _page(own, Form(kind, typed, error=said))
    return _back(own, "")


def _confirm(own: scope.OwnRequest, kind: ContactKind) -> HttpResponse:
    try:
        made = own_contacts.confirm(
            user=own.user,
            customer_id=own.contract.customer_id,
            contract_id=own.contract.id,
            kind=kind,
            typed=own.POST.get("code", "")[:20],
            at=clock.now(),
            address=sign_in.client_address(own) or None,
        )
    except codes.WrongCode as wrong:
        if not wrong.tries_left:
            return _page(own, Form(kind, error=_("That was not the code, five times. Ask for a new one.")))
        said = ngettext(
            "That is not the code. %(n)s try is left.", "That is not the code. %(n)s tries are left.", wrong.tries_left
        )
        return _page(own, Form(kind, code_error=said % {"n": wrong.tries_left}))
    except codes.NoOpenCode:
        return _page(own, Form(kind, error=_("The code is good no more. Ask for a new one.")))
    return _back(own, _("%(contact)s is confirmed.") % {"contact": _text(made)})


def _remove(own: scope.OwnRequest) -> HttpResponse:
    try:
        gone = own_contacts.remove(
            user=own.user,
            customer_id=own.contract.customer_id,
            contract_id=own.contract.id,
            contact_id=cards.read_id(own.POST.get("contact", "")),
            address=sign_in.client_address(own) or None,
        )
    except Contact.DoesNotExist:
        raise Http404 from None
    except contacts.LastPhone:
        said = _("This is your last mobile phone: add another one first, or nobody could let you in again.")
        return _page(own, problem=said)
    return _back(own, _("%(contact)s is removed: nothing will be sent there any more.") % {"contact": _text(gone)})


def _page(own: scope.OwnRequest, form: Form | None = None, problem: str = "") -> HttpResponse:
    now = clock.now()
    kept = contacts.of_customer(own.contract.customer_id)
    recovery = contacts.phone_of_recovery(own.contract.customer_id)
    waiting: dict[ContactKind, OneTimeCode | None] = {
        kind: codes.waiting(own.user.pk, own_contacts.PURPOSES[kind], now) for kind in ContactKind
    }
    context = {
        "here": "profile",
        "groups": [
            (kind, [_shown(one, recovery) for one in kept if one.kind == kind], _waits(waiting[kind]), _of(kind, form))
            for kind in (ContactKind.PHONE, ContactKind.EMAIL)
        ],
        "done": own.session.pop(DONE_KEY, "") if own.method == "GET" else "",
        "problem": problem,
        "minutes": codes.LIVES[own_contacts.PURPOSES[ContactKind.PHONE]].seconds // 60,
        "when": own_log.when,
    }
    return render(own, "portal/profile.html", context, status=422 if form or problem else 200)


def _of(kind: ContactKind, form: Form | None) -> Form:
    return form if form is not None and form.kind == kind else Form(kind)


def _waits(code: OneTimeCode | None) -> str:
    """Where a code was sent that may still be typed; "" where none."""
    if code is None:
        return ""
    return contacts.show_phone(code.address) if code.purpose == "phone" else code.address


def _shown(one: Contact, recovery: str | None) -> Shown:
    is_phone = one.kind == ContactKind.PHONE
    return Shown(
        one.pk,
        _text(one),
        one.confirmed_at is not None,
        not is_phone or contacts.is_mobile(one.value),
        is_phone and one.value == recovery,
    )


def _text(one: Contact) -> str:
    return contacts.show_phone(one.value) if one.kind == ContactKind.PHONE else one.value


def _back(own: scope.OwnRequest, done: str) -> HttpResponse:
    own.session[DONE_KEY] = done
    return HttpResponse(status=303, headers={"Location": reverse("profile")})
