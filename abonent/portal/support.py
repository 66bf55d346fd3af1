"""Support inside the account: what is asked most, a question with what it is about, its state, and how to go on."""

import re
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from markupsafe import Markup

from abonent.conversations import files, queries
from abonent.conversations.models import Kind, Topic
from abonent.core import clock, profile
from abonent.identity import limits
from abonent.portal import mail, scope, sign_in, talk
from abonent.support import talking
from abonent.ui import formats, prose, talk_forms, words

_QUESTION = re.compile(r"^## +", re.MULTILINE)


class Known(NamedTuple):
    question: str
    answer: Markup


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/support/?topic=finance&about=…: the question is asked beside what it is about."""
    form = mail.AskForm(request.POST or None)
    files_error = ""
    given = request.POST if request.method == "POST" else request.GET
    topic = given.get("topic", "") if given.get("topic", "") in Topic.values else Topic.GENERAL
    if request.method == "POST" and form.is_valid():
        try:
            begun = mail.ask(request, form, kind=Kind.REQUEST, topic=Topic(topic))
            return HttpResponseRedirect(reverse("support_talk", args=[begun.token]))
        except files.UnableToAccept as error:
            files_error = str(error)
        except limits.TooManyTries as error:
            form.add_error(None, sign_in.too_many_messages(error.minutes))
    context = {
        "here": "support",
        "answers": known(formats.language()),
        "form": form,
        "topics": words.TOPICS,
        "chosen": topic,
        "asked_about": " ".join(given.get("about", "").split())[:200],
        "client_id": talk_forms.read_client_id(request) if request.method == "POST" else talk_forms.new_client_id(),
        "files_error": files_error,
        "lines": mail.letters(request, queries.requests([scope.current(request).id])),
    }
    return render(request, "portal/support.html", context, status=422 if form.errors or files_error else 200)


@require_safe
@scope.signed_in_subscriber
def conversation(request: HttpRequest, token: str) -> HttpResponse:
    at = talk.door(request, token)
    found = at.conversation
    if at.contract is None or found.kind == Kind.NOTICE:
        raise Http404
    talking.see(found, found.last_sequence, clock.now())
    context = {
        "here": "support",
        "title": mail.title_of(found),
        "state_mark": words.TALK_STATES[found.state],
        **talk.context(at),
    }
    return render(request, "portal/support_talk.html", context)


def known(language: str) -> list[Known]:
    """The questions of the profile's page `help`, `## …` each, with their answers; none where it has no such page."""
    try:
        text = settings.PROFILE.page("help", language)
    except profile.UnableToFindPage:
        return []
    parts = _QUESTION.split(text)[1:]
    return [Known(one.partition("\n")[0].strip(), prose.html(one.partition("\n")[2])) for one in parts]
