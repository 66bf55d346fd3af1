"""How one is told of what: subjects and channels, quiet hours, browsers that take pushes; one tap against offers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, time
from typing import TYPE_CHECKING, NamedTuple, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from abonent.core import clock
from abonent.identity import limits
from abonent.notifications import choices, push_devices, pushing, refusals, subjects, texts, ways
from abonent.notifications.channels import push_crypto, webpush
from abonent.notifications.models_reach import PushDevice
from abonent.portal import browsers, privacy, scope, sign_in
from abonent.subscribers import consents
from abonent.subscribers.models import Contact
from abonent.ui import client

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

DONE_KEY = "notices_done"  # in the session: the next page tells what was done
# A subject of which nothing is told yet is no choice.
TOLD = [one for one in subjects.SUBJECTS if any(subjects.of_kind(kind) == one for kind in texts.KINDS)]
TRIES_AN_HOUR = 20  # pushes to oneself, browsers added

# The demo's own phone, for who cannot or will not let his browser talk to its maker; demo, which stands above this
# floor, puts it here: customer id → (endpoint, public key, secret).
phone_of_demo: Callable[[], tuple[str, str, str]] | None = None


class Line(NamedTuple):
    name: str
    label: StrPromise
    what: StrPromise
    why_required: StrPromise | None
    on: set[str]
    error: str


class Device(NamedTuple):
    id: int
    name: str
    added_on: date
    is_here: bool


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/notices/: POST `do`: choose, usual, hours, add, remove, try, demo."""
    own = cast(scope.OwnRequest, request)
    if own.method != "POST":
        return _render(own)
    verb = _VERBS.get(own.POST.get("do", ""))
    if verb is None:
        raise Http404
    try:
        return verb(own)
    except limits.TooManyTries as error:
        return _render(own, problem=sign_in.too_many_messages(error.minutes), status=429)


def _choose(own: scope.OwnRequest) -> HttpResponse:
    wishes = {
        one.name: {channel for channel in ways.CHOSEN if own.POST.get(f"{one.name}:{channel.value}")} for one in TOLD
    }
    try:
        choices.choose(own.contract.customer_id, wishes, actor=own.user.username, at=clock.now(), address=_from(own))
    except choices.UnableToSwitchOff as refused:
        return _render(own, wishes=wishes, refused=str(refused), status=422)
    return _back(own, _("Kept. What you have switched off stands in Mail."))


def _usual(own: scope.OwnRequest) -> HttpResponse:
    choices.as_usual(own.contract.customer_id, actor=own.user.username, address=_from(own))
    return _back(own, _("Everything is as usual again."))


def _hours(own: scope.OwnRequest) -> HttpResponse:
    how = own.POST.get("how", "")
    hours = None
    if how == "never":
        hours = (time(0), time(0))
    elif how == "own":
        begins, ends = _hour(own.POST.get("from", "")), _hour(own.POST.get("to", ""))
        if begins is None or ends is None or begins == ends:
            return _render(own, problem=_("Choose two different hours."), status=422)
        hours = (begins, ends)
    choices.set_hours(own.contract.customer_id, hours, actor=own.user.username, address=_from(own))
    return _back(own, _("Your quiet hours are kept."))


def _add(own: scope.OwnRequest) -> HttpResponse:
    """A browser's subscription, as push.js sends it; the answer is for it."""
    try:
        given = json.loads(own.POST.get("subscription", "")[:4000])
        endpoint, keys = str(given["endpoint"]), given["keys"]
        public_key, auth_secret = str(keys["p256dh"]), str(keys["auth"])
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": _("This is not what a browser sends.")}, status=400)
    if not _added(own, endpoint, public_key, auth_secret, browsers.name(own.headers.get("User-Agent", ""))):
        return JsonResponse({"error": _("The push service of this browser is not one we can reach.")}, status=422)
    own.session[DONE_KEY] = _("This browser gets notices now.")
    return JsonResponse({"go": reverse("notices")})


def _demo(own: scope.OwnRequest) -> HttpResponse:
    if phone_of_demo is None:
        raise Http404
    if not _added(own, *phone_of_demo(), _("The sandbox's phone")):
        return _render(own, problem=_("The sandbox does not answer."), status=502)
    return _back(own, _("The sandbox's phone gets notices now: look at it through «Demo»."))


def _added(own: scope.OwnRequest, endpoint: str, public_key: str, auth_secret: str, name: str) -> bool:
    limits.take([limits.Budget(f"push:{own.user.pk}", TRIES_AN_HOUR)], clock.now())
    try:
        push_devices.add(
            own.contract.customer_id, endpoint=endpoint, public_key=public_key, auth_secret=auth_secret,
            browser=own.COOKIES.get(sign_in.DEVICE_COOKIE, ""), name=name, actor=own.user.username, at=clock.now(),
            address=_from(own),
        )  # fmt: skip
    except push_devices.UnableToAdd:
        return False
    return True


def _remove(own: scope.OwnRequest) -> HttpResponse:
    given = own.POST.get("device", "")
    if not given.isascii() or not given.isdigit() or not push_devices.remove(own.contract.customer_id, int(given[:18])):
        raise Http404
    return _back(own, _("That browser gets no notices any more."))


def _try(own: scope.OwnRequest) -> HttpResponse:
    limits.take([limits.Budget(f"push:{own.user.pk}", TRIES_AN_HOUR)], clock.now())
    devices = push_devices.of_contracts([own.contract.id]).get(own.contract.id, [])
    taken = pushing.try_on(devices, key=f"try:{own.user.pk}:{clock.now().timestamp()}")
    if not taken:
        return _render(own, problem=_("None of your browsers took it. Switch notices on here once more."), status=502)
    return _back(own, _("A trial notice is on its way."))


_VERBS: dict[str, Callable[[scope.OwnRequest], HttpResponse]] = {
    "choose": _choose,
    "usual": _usual,
    "hours": _hours,
    "add": _add,
    "demo": _demo,
    "remove": _remove,
    "try": _try,
}


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def refusal(request: HttpRequest, token: str) -> HttpResponse:
    """/u/<token>/: from an offer. A look changes nothing (programs look at links); one tap, or a mail program's POST
    without a page before it (RFC 8058), stops them. What the address can do is this alone, so no sign-in is asked.
    """
    found = refusals.read(token)
    if found is None:
        raise Http404
    customer_id, channel = found
    if request.method == "POST":
        refusals.refuse(customer_id, channel, at=clock.now(), address=client.address(request) or None)
    purpose = ways.CONSENTS[channel]
    context = {
        "here": "",
        "token": token,
        "what": privacy.PURPOSES[purpose],
        "is_on": purpose in consents.in_force(customer_id),
        "just_now": request.method == "POST",
    }
    return render(request, "portal/refusal.html", context)


def _render(
    own: scope.OwnRequest, *, wishes: choices.Wishes | None = None, refused: str = "", problem: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    customer_id = own.contract.customer_id
    known = choices.of_customer(customer_id) if wishes is None else wishes
    kinds = set(Contact.objects.filter(customer_id=customer_id).values_list("kind", flat=True))
    agreed = consents.in_force(customer_id)
    hours = choices.hours_of(customer_id)
    usual = settings.PROFILE.quiet_hours
    context = {
        "here": "notices",
        "lines": [_line(one, known, "email" in kinds, refused) for one in TOLD],
        "has_chosen": bool(known),
        "has_phone": "phone" in kinds,
        "has_email": "email" in kinds,
        "how": "usual" if hours is None else "never" if hours[0] == hours[1] else "own",
        "from_hour": (hours or (usual.start,))[0].hour,
        "to_hour": (hours[1] if hours else usual.end).hour,
        "hours": range(24),
        "usual_hours": f"{usual.start:%H:%M}–{usual.end:%H:%M}",
        "devices": [_device(one, own) for one in push_devices.of_customer(customer_id)],
        "push_key": push_crypto.public_key(settings.VAPID_PRIVATE_KEY) if settings.VAPID_PRIVATE_KEY else "",
        "may_demo": phone_of_demo is not None,
        "offers": [(privacy.PURPOSES[one], one in agreed) for one in ways.CONSENTS.values()],
        "done": own.session.pop(DONE_KEY, "") if own.method == "GET" else "",
        "problem": problem,
    }
    return render(own, "portal/notices.html", context, status=status)


def _line(one: subjects.Subject, known: choices.Wishes, has_email: bool, refused: str) -> Line:
    on = known.get(one.name)
    if on is None:
        on = ways.usual_of_subject(one, texts.KINDS, has_email=has_email)
    error = _("Leave SMS or e-mail: %(why)s.") % {"why": one.why_required} if one.name == refused else ""
    return Line(one.name, one.label, one.what, one.why_required, {each.value for each in on}, error)


def _device(one: PushDevice, own: scope.OwnRequest) -> Device:
    here = push_devices.hash_of(own.COOKIES.get(sign_in.DEVICE_COOKIE, ""))
    is_ours = bool(webpush.own_push_service()) and one.endpoint.startswith(webpush.own_push_service())
    return Device(one.pk, one.name, clock.on_date(one.added_at), bytes(one.browser_hash) == here and not is_ours)


def _hour(typed: str) -> time | None:
    return time(int(typed)) if typed.isascii() and typed.isdigit() and int(typed[:3]) < 24 else None


def _from(own: scope.OwnRequest) -> str | None:
    return client.address(own) or None


def _back(own: scope.OwnRequest, done: str) -> HttpResponse:
    own.session[DONE_KEY] = done
    return HttpResponseRedirect(reverse("notices"))
