"""One conversation as its visitor has it, whichever page it stands on: who may, what is said, what has been read.

A guest comes by the token alone; a contract's conversation opens to its owner only, with the same answer for a
stranger's as for nobody's. Each verb works as a plain form; to a script it answers in JSON.
"""

import contextlib
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from abonent.conversations import files, queries, talks
from abonent.conversations.models import Author, Conversation, Kind
from abonent.core import clock, events
from abonent.identity import limits
from abonent.identity.models import User
from abonent.portal import scope, sign_in
from abonent.subscribers import queries as subscribers
from abonent.support import desks, letters, operators, shown, talking, waiting
from abonent.ui import client, talk_forms, words


class Door(NamedTuple):
    """A conversation whose visitor stands before it."""

    conversation: Conversation
    contract: subscribers.OwnContract | None

    @property
    def name(self) -> str:
        return talking.visitor_name(self.contract, self.conversation.guest_name)

    @property
    def at(self) -> str:
        """The address of its verbs."""
        return f"/talk/{self.conversation.token}/"


def door(request: HttpRequest, token: str) -> Door:
    """Raises Http404: for a stranger's as for nobody's."""
    found = queries.by_token(token)
    if found is None:
        raise Http404
    if found.contract_id is None:
        return Door(found, None)
    own = scope.own(request) if isinstance(request.user, User) else []
    contract = next((one for one in own if one.id == found.contract_id), None)
    if contract is None:
        raise Http404
    return Door(found, contract)


def context(at: Door, *, error: str = "", typed: str = "") -> dict[str, Any]:
    """What ui/components/talk.html and talk_state.html need."""
    conversation = at.conversation
    topics = [talks.topic_of(conversation.pk)]
    heard = events.last_id(topics)
    messages = queries.messages(conversation.pk)
    return {
        "talk_at": at.at,
        "talk_files": f"{at.at}file/",
        "talk_events": f"/events/?talk={conversation.token}&last={heard}",
        "talk_lines": shown.lines(messages, conversation, to_staff=False),
        "talk_last": messages[-1].sequence if messages else 0,
        "talk_error": error,
        "talk_typed": typed,
        "client_id": talk_forms.new_client_id(),
        "topics": words.TOPICS,
        **state(conversation),
    }


def state(conversation: Conversation) -> dict[str, Any]:
    """Where it stands: in the queue, with whom, over."""
    now = clock.now()
    place = waiting.place(conversation)
    to = desks.department(conversation.department)
    return {
        "talk": conversation,
        "department": to,
        "place": place,
        "wait_minutes": waiting.minutes(conversation.department, place, now) if place else None,
        "operators": operators.present(now) if place else 0,
        "answer_by": clock.local(conversation.answer_by) if conversation.answer_by else None,
        "answer_is_late": bool(conversation.answer_by and conversation.answer_by < now),
        "is_chat": conversation.kind == Kind.CHAT,
        "is_over": talking.is_over(conversation),
        "marks": range(1, 6),
    }


@never_cache
@require_POST
def say(request: HttpRequest, token: str) -> HttpResponse:
    at, now = door(request, token), clock.now()
    text = request.POST.get("text", "")
    try:
        limits.take(limits.of_message(at.conversation.pk, client.address(request)), now)
        message, _is_new = talking.say(
            at.conversation,
            client_id=f"page:{talk_forms.read_client_id(request)}",
            text=text,
            sent=talk_forms.read_files(request, files),
            name=at.name,
            at=now,
        )
    except limits.TooManyTries as error:
        return _refuse(request, at, sign_in.too_many_messages(error.minutes), text, status=429)
    except files.UnableToAccept as error:
        return _refuse(request, at, str(error), text)
    except talks.NothingSaid:
        return _refuse(request, at, _("Write something, or attach a file."), text)
    except talks.TooLong:
        return _refuse(request, at, _("Too long: 4,000 characters at most."), text)
    if talk_forms.wants_json(request):
        return JsonResponse({"sequence": message.sequence})
    return back(request, at)


@never_cache
@require_safe
def after(request: HttpRequest, token: str) -> HttpResponse:
    """?sequence=N: what came after that number, and where the conversation stands."""
    at = door(request, token)
    return JsonResponse(
        news(request, at.conversation, talk_forms.number_in(request.GET.get("sequence", "")), f"{at.at}file/")
    )


def news(request: HttpRequest, conversation: Conversation, sequence: int, file_url: str) -> dict[str, Any]:
    messages = queries.messages(conversation.pk, after=sequence)
    lines = [one._replace(is_other_day=False) for one in shown.lines(messages, conversation, to_staff=False)]
    return {
        "html": render_to_string("portal/talk_lines.html", {"lines": lines, "file_url": file_url}, request),
        "last": messages[-1].sequence if messages else sequence,
        "read": conversation.read_by_staff,
        "state": render_to_string("portal/talk_state.html", state(conversation), request),
    }


@never_cache
@require_POST
def seen(request: HttpRequest, token: str) -> HttpResponse:
    at = door(request, token)
    talking.see(at.conversation, talk_forms.number_in(request.POST.get("sequence", "")), clock.now())
    return HttpResponse(status=204)


@never_cache
@require_POST
def typing(request: HttpRequest, token: str) -> HttpResponse:
    at = door(request, token)
    talks.tell_typing(at.conversation.pk, by=Author.VISITOR, name="")
    return HttpResponse(status=204)


@never_cache
@require_POST
def leave(request: HttpRequest, token: str) -> HttpResponse:
    at = door(request, token)
    talking.leave(at.conversation, name=at.name, at=clock.now())
    return back(request, at)


@never_cache
@require_POST
def mark(request: HttpRequest, token: str) -> HttpResponse:
    at = door(request, token)
    given = talk_forms.number_in(request.POST.get("mark", ""))
    if 1 <= given <= 5:
        with contextlib.suppress(talks.NotOpen):  # it has been opened again meanwhile
            talking.give_mark(at.conversation, given)
    return back(request, at)


@never_cache
@require_safe
def file(request: HttpRequest, token: str, attachment_id: int) -> HttpResponse:
    return talk_forms.file_answer(queries.attachment(door(request, token).conversation.pk, attachment_id))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def transcript(request: HttpRequest, token: str) -> HttpResponse:
    """The whole conversation as a text to keep; POST: by e-mail."""
    at = door(request, token)
    if request.method == "POST":
        return _by_email(request, at)
    text = shown.transcript(queries.messages(at.conversation.pk), at.conversation)
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="conversation.txt"'
    return response


def _by_email(request: HttpRequest, at: Door) -> HttpResponse:
    try:
        limits.take(limits.of_message(at.conversation.pk, client.address(request)), clock.now())
        letters.ask_transcript(at.conversation)
        result = "sent"
    except limits.TooManyTries as error:
        return _refuse(request, at, sign_in.too_many_messages(error.minutes), "", status=429)
    except letters.NoAddress:
        result = "no"
    return HttpResponseRedirect(f"{back(request, at)['Location'].partition('?')[0]}?transcript={result}#transcript")


def back(request: HttpRequest, at: Door) -> HttpResponse:
    """To the page of ours where the form stood, else to the chat's."""
    wanted = scope.page_of(request, but=f"/chat/{at.conversation.token}/")
    return HttpResponseRedirect(f"{wanted.partition('#')[0]}")


def _refuse(request: HttpRequest, at: Door, error: str, typed: str, status: int = 422) -> HttpResponse:
    if talk_forms.wants_json(request):
        return JsonResponse({"error": error}, status=status)
    page = {"here": "chat", "door": at, **context(at, error=error, typed=typed[: talks.TEXT_MOST_CHARS])}
    return render(request, "portal/chat_talk.html", page, status=status)
