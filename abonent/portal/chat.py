"""The online consultant: anybody begins a chat, signed in or not; a guest comes back by his secret link."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from abonent.conversations import queries, talks
from abonent.conversations.models import Conversation, Kind, State, Topic
from abonent.core import clock
from abonent.identity import limits
from abonent.identity.models import User
from abonent.portal import connect, scope, sign_in, talk
from abonent.subscribers import contacts
from abonent.subscribers import queries as subscribers
from abonent.support import desks, talking
from abonent.ui import client, formats, talk_forms, words

COOKIE = "chat"  # a guest's last one
COOKIE_SECONDS = 14 * 24 * 3600


class StartForm(forms.Form):
    """A guest tells his name and agrees that we keep it; a subscriber is known."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=80,
        error_messages={"required": gettext_lazy("Write how to call you.")},
    )
    topic = forms.ChoiceField(
        label=gettext_lazy("Topic"),
        choices=[(key, key) for key in words.TOPICS],
        error_messages={
            "required": gettext_lazy("Choose a topic."),
            "invalid_choice": gettext_lazy("Choose a topic."),
        },
    )
    text = forms.CharField(label=gettext_lazy("Your question"), max_length=talks.TEXT_MOST_CHARS, required=False)
    contact = forms.CharField(label=gettext_lazy("E-mail or phone"), max_length=254, required=False)
    consent = forms.BooleanField(
        error_messages={"required": gettext_lazy("Without your consent we may not keep your name.")}
    )

    def __init__(self, *args: Any, contract: subscribers.OwnContract | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        if contract is not None:
            for name in ("name", "contact", "consent"):
                del self.fields[name]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_contact(self) -> str:
        typed = self.cleaned_data["contact"].strip()
        if not typed:
            return ""
        try:
            return contacts.read_email(typed) if "@" in typed else contacts.read_phone(typed)
        except contacts.UnableToReadContact as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if self.contract is None and "topic" in given and not given.get("contact") and "contact" not in self.errors:
            to = desks.department_of(given["topic"], is_legal=False)
            if not desks.promised(to, clock.now(), chat=True).live:
                self.add_error("contact", gettext("Nobody is here now: write where to send the answer."))
        return given


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """/chat/: `form`, `topics`, `live` (somebody answers now), `going` (the visitor's chat that is not over)."""
    contract = signed_in_contract(request)
    form = StartForm(request.POST or None, contract=contract, initial={"topic": request.GET.get("topic", "")})
    if request.method == "POST" and form.is_valid():
        answer = _begin(request, form, contract)
        if answer is not None:
            return answer
    now = clock.now()
    first = desks.department_of(Topic.GENERAL, is_legal=contract is not None and contract.customer_kind == "legal")
    promise = desks.promised(first, now, chat=True)
    context = {
        "here": "chat",
        "form": form,
        "own": contract,
        "topics": words.TOPICS,
        "live": promise.live,
        "answer_by": clock.local(promise.answer_by),
        "going": _going(request, contract),
        "client_id": talk_forms.read_client_id(request) if request.method == "POST" else talk_forms.new_client_id(),
    }
    return render(request, "portal/chat.html", context, status=400 if form.errors else 200)


@never_cache
@require_safe
def conversation(request: HttpRequest, token: str) -> HttpResponse:
    """/chat/<token>/: a guest's only door; a contract's owner signs in first."""
    try:
        at = talk.door(request, token)
    except Http404:
        found = queries.by_token(token)
        if found is not None and found.contract_id is not None and not isinstance(request.user, User):
            return scope.to_sign_in(request)
        raise
    return render(request, "portal/chat_talk.html", {"here": "chat", "door": at, **talk.context(at)})


def signed_in_contract(request: HttpRequest) -> subscribers.OwnContract | None:
    """The chosen contract of whoever is signed in; None for a guest and for staff."""
    if not isinstance(request.user, User) or not scope.own(request):
        return None
    return scope.current(request)


def _begin(request: HttpRequest, form: StartForm, contract: subscribers.OwnContract | None) -> HttpResponse | None:
    given = form.cleaned_data
    if request.POST.get(connect.TRAP):
        form.add_error(None, gettext("This form looks filled in by a robot. Call us: we will help you."))
        return None
    try:
        limits.take(limits.of_chat(client.address(request)), clock.now())
    except limits.TooManyTries as error:
        form.add_error(None, sign_in.too_many_messages(error.minutes))
        return None
    wish = talking.Wish(
        client_id=talk_forms.read_client_id(request),
        kind=Kind.CHAT,
        topic=Topic(given["topic"]),
        text=given["text"],
        language=formats.language(),
        contract=contract,
        guest_name=given.get("name", ""),
        guest_contact=given.get("contact", ""),
        consent="" if contract else connect.consent_text(),
    )
    begun = talking.begin(wish, clock.now()).conversation
    if begun.contract_id != (contract.id if contract else None):
        raise Http404  # the form of another
    response = HttpResponseRedirect(reverse("chat_talk", args=[begun.token]))
    if contract is None:
        response.set_cookie(
            COOKIE,
            begun.token,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            path="/chat/",
        )
    return response


def _going(request: HttpRequest, contract: subscribers.OwnContract | None) -> Conversation | None:
    if contract is not None:
        return queries.latest_chat(contract.id)
    found = queries.by_token(request.COOKIES.get(COOKIE, ""))
    return found if found is not None and found.contract_id is None and found.state != State.CLOSED else None
