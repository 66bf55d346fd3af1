"""The operator's desk: the queue, his talks, the subscriber beside; what a supervisor looks at.

Who answers what nobody has taken takes it; another's talk is read and noted in, not answered. A look at what is not
his own stands in the audit log.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from abonent.backoffice import desk_card, gate, screen
from abonent.conversations import files, queries, talks
from abonent.conversations.models import Author, Conversation, State, Topic
from abonent.core import clock, db, events
from abonent.identity import permissions
from abonent.support import answering, answers, desks, operators, shown
from abonent.support import queries as support
from abonent.support.models import Operator, OperatorState
from abonent.ui import formats, talk_forms, words

SOON_MINUTES = 5  # a promise that runs out is marked


@require_safe
@gate.permitted(permissions.ANSWER_MESSAGES)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/desk/: the queue and his own, without an open talk."""
    return screen.show(request, "backoffice/desk.html", _lists(request, None) | {"talk": None})


@require_safe
@gate.permitted(permissions.ANSWER_MESSAGES)
def lists(request: gate.StaffRequest) -> HttpResponse:
    """The lists alone, anew."""
    number = talk_forms.number_in(request.GET.get("open", ""))
    context = _lists(request, support.conversation(number) if number else None)
    return screen.show(request, "backoffice/desk_lists.html", context)


@require_safe
@gate.permitted(permissions.ANSWER_MESSAGES)
def conversation(request: gate.StaffRequest, number: int) -> HttpResponse:
    found = _find(number)
    me = _me(request)
    answering.look(found, me, request.address)
    if found.contract_id is not None:  # his card stands beside what he says
        gate.looked(request, f"contract:{found.contract_id}", why=f"talk:{found.pk}")
    return screen.show(request, "backoffice/desk.html", _lists(request, found) | _talk(request, found, me))


@require_POST
@gate.permitted(permissions.ANSWER_MESSAGES)
def say(request: gate.StaffRequest, number: int) -> HttpResponse:
    """An answer, or with verb=note a note."""
    found, me, now = _find(number), _me(request), clock.now()
    text, client_id = request.POST.get("text", ""), f"desk:{talk_forms.read_client_id(request)}"
    try:
        if request.POST.get("verb") == "note":
            message = answering.note(found.pk, me, client_id=client_id, text=text, at=now)
        else:
            sent = talk_forms.read_files(request, files)
            message = answering.say(found, me, client_id=client_id, text=text, sent=sent, at=now)
    except files.UnableToAccept as error:
        return _refuse(request, found, me, str(error), text)
    except talks.NothingSaid:
        return _refuse(request, found, me, _("Write something, or attach a file."), text)
    except talks.TooLong:
        return _refuse(request, found, me, _("Too long: 4,000 characters at most."), text)
    except talks.Taken:
        return _refuse(
            request, found, me, _("Another operator talks here: leave a note, or ask to hand it over."), text
        )
    if talk_forms.wants_json(request):
        return JsonResponse({"sequence": message.sequence})
    return _to(found)


@require_safe
@gate.permitted(permissions.ANSWER_MESSAGES)
def after(request: gate.StaffRequest, number: int) -> HttpResponse:
    found = _find(number)
    sequence = talk_forms.number_in(request.GET.get("sequence", ""))
    messages = queries.messages(found.pk, after=sequence, notes=True)
    lines = [one._replace(is_other_day=False) for one in shown.lines(messages, found, to_staff=True)]
    context = {"lines": lines, "file_url": f"{_at(found)}file/"}
    return JsonResponse(
        {
            "html": render_to_string("backoffice/desk_said.html", context, request),
            "last": messages[-1].sequence if messages else sequence,
            "read": found.read_by_visitor,
            "state": render_to_string("backoffice/desk_state.html", _state(found, request), request),
        }
    )


@require_POST
@gate.permitted(permissions.ANSWER_MESSAGES)
def seen(request: gate.StaffRequest, number: int) -> HttpResponse:
    """Read by whoever answers; a supervisor's look is nobody's promise."""
    found = _find(number)
    operators.seen(request.user.pk, clock.now())
    if found.owner_id in {None, request.user.pk}:
        answering.see(found.pk, talk_forms.number_in(request.POST.get("sequence", "")), clock.now())
    return HttpResponse(status=204)


@require_POST
@gate.permitted(permissions.ANSWER_MESSAGES)
def typing(request: gate.StaffRequest, number: int) -> HttpResponse:
    found = _find(number)
    talks.tell_typing(found.pk, by=Author.STAFF, name=_me(request).shown_name)
    return HttpResponse(status=204)


@require_POST
@gate.permitted(permissions.ANSWER_MESSAGES)
def take(request: gate.StaffRequest, number: int) -> HttpResponse:
    found, me = _find(number), _me(request)
    try:
        answering.take(found.pk, me, clock.now())
    except talks.Taken:
        return _refuse(request, found, me, _("A colleague was quicker."), "")
    return _to(found)


@require_POST
@gate.permitted(permissions.ANSWER_MESSAGES)
def hand_over(request: gate.StaffRequest, number: int) -> HttpResponse:
    """to: a user's id, or "" for the queue of `department` and `topic`."""
    found, me = _find(number), _me(request)
    to_id = talk_forms.number_in(request.POST.get("to", ""))
    topic = request.POST.get("topic", "") if request.POST.get("topic", "") in Topic.values else found.topic
    try:
        answering.hand_over(
            found.pk,
            me,
            to=support.staff_by_id(to_id) if to_id else None,
            department=desks.department(request.POST.get("department", found.department)).key,
            topic=topic,
            at=clock.now(),
        )
    except talks.NotOpen:
        return _refuse(request, found, me, _("Take it first."), "")
    return HttpResponseRedirect(reverse("staff_desk"))


@require_POST
@gate.permitted(permissions.ANSWER_MESSAGES)
def close(request: gate.StaffRequest, number: int) -> HttpResponse:
    found = _find(number)
    answering.close(found.pk, _me(request), clock.now())
    return HttpResponseRedirect(reverse("staff_desk"))


@require_POST
@gate.permitted(permissions.ANSWER_MESSAGES)
def state(request: gate.StaffRequest) -> HttpResponse:
    """On, away or off; and the name and topics the operator is known by."""
    given = request.POST.get("state", "")
    with db.atomic():
        if given in OperatorState.values:
            operators.set_state(request.user, OperatorState(given), clock.now())
        if "shown_name" in request.POST:
            topics = [one for one in request.POST.getlist("topics") if one in Topic.values]
            operators.set_shown(request.user, name=request.POST["shown_name"], topics=topics, at=clock.now())
    return HttpResponseRedirect(reverse("staff_desk"))


@require_safe
@gate.permitted(permissions.ANSWER_MESSAGES)
def file(request: gate.StaffRequest, number: int, attachment_id: int) -> HttpResponse:
    return talk_forms.file_answer(queries.attachment(_find(number).pk, attachment_id, notes=True))


@require_safe
@gate.permitted(permissions.VIEW_REPORTS)
def supervisor(request: gate.StaffRequest) -> HttpResponse:
    """/staff/desk/load/: who does how much, and whether what was promised is kept."""
    now = clock.now()
    context = {
        "here": "staff_desk",
        "load": [
            {**row, "word": words.OPERATOR_STATES[row["state"]], "is_here": row["seen_at"] > now - operators.PRESENT}
            for row in support.load()
        ],
        "times": support.times(now),
        "minutes": _minutes,
        "queue": len(support.queue(_me(request))),
    }
    return screen.show(request, "backoffice/desk_load.html", context)


def _find(number: int) -> Conversation:
    found = support.conversation(number)
    if found is None:
        raise Http404
    return found


def _me(request: gate.StaffRequest) -> Operator:
    return operators.of(request.user, clock.now())


def _at(found: Conversation) -> str:
    return f"/staff/desk/{found.pk}/"


def _to(found: Conversation) -> HttpResponse:
    return HttpResponseRedirect(_at(found))


def _lists(request: gate.StaffRequest, found: Conversation | None) -> dict[str, Any]:
    now, me = clock.now(), _me(request)
    operators.seen(me.user_id, now)
    return {
        "here": "staff_desk",
        "open_id": found.pk if found else 0,
        "queue": [_row(one) for one in support.queue(me)],
        "mine": [_row(one) for one in support.of_operator(me.user_id)],
        "others": [_row(one) for one in support.open_of_others(me.user_id)],
        "me": me,
        "states": words.OPERATOR_STATES,
        "topics": words.TOPICS,
        "may_supervise": gate.may(request, permissions.VIEW_REPORTS),
    }


def _row(one: queries.Line) -> dict[str, Any]:
    """A line of a list: who, of what, and how long it has waited."""
    found, now = one.conversation, clock.now()
    waits = (now - found.waiting_since).total_seconds() if found.waiting_since else None
    left = (found.answer_by - now).total_seconds() if found.answer_by else None
    contract = found.contract
    return {
        "id": found.pk,
        "who": (contract.customer.full_name if contract else found.guest_name) or _("Guest"),
        "topic": words.TOPICS.get(found.topic, ""),
        "kind": words.TALK_KINDS[found.kind],
        "excerpt": one.excerpt,
        "waits": None if waits is None else _waits(int(waits) // 60),
        "late": left is not None and left < 0,
        "soon": left is not None and 0 <= left < SOON_MINUTES * 60,
        "left": None if left is None else max(0, int(left) // 60),
        "owner": found.owner.username if found.owner else "",
        "unread": found.last_sequence > found.read_by_staff,
    }


def _waits(minutes: int) -> str:
    if minutes < 60:
        return ngettext("waits for %(num)s minute", "waits for %(num)s minutes", minutes) % {"num": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("waits for %(num)s hour", "waits for %(num)s hours", hours) % {"num": hours}
    return _("waits for %(days)s") % {"days": formats.days(hours // 24)}


def _talk(
    request: gate.StaffRequest, found: Conversation, me: Operator, *, error: str = "", typed: str = ""
) -> dict[str, Any]:
    heard = events.last_id([talks.DESK])
    messages = queries.messages(found.pk, notes=True)
    card = desk_card.of(found, may_money=gate.may(request, permissions.VIEW_MONEY))
    return {
        "talk": found,
        "talk_at": _at(found),
        "talk_files": f"{_at(found)}file/",
        "talk_events": f"/events/?last={heard}&conversation={found.pk}",
        "talk_lines": shown.lines(messages, found, to_staff=True),
        "talk_last": messages[-1].sequence if messages else 0,
        "talk_error": error,
        "talk_typed": typed,
        "client_id": talk_forms.new_client_id(),
        "card": card,
        "may_network": gate.may(request, permissions.VIEW_NETWORK),
        "ready": answers.ready(
            found.topic, formats.language(), card.facts | {"operator": me.shown_name}, found.department
        ),
        "colleagues": [one for one in support.colleagues(clock.now()) if one.user_id != me.user_id],
        "recent": support.recent(found.contract_id, but=found.pk) if found.contract_id else [],
        "departments": _departments(),
        **_state(found, request),
    }


def _departments() -> list[tuple[str, str]]:
    return [(one.key, one.name.get(formats.language())) for one in desks.departments()]


def _state(found: Conversation, request: HttpRequest) -> dict[str, Any]:
    return {
        "talk": found,
        "is_mine": found.owner_id == request.user.pk and found.state == State.OPEN,
        "is_free": found.owner_id is None or found.state != State.OPEN,
        "row": _row(queries.Line(found, "", False)),
        "answer_by": clock.local(found.answer_by) if found.answer_by else None,
    }


def _refuse(request: gate.StaffRequest, found: Conversation, me: Operator, error: str, typed: str) -> HttpResponse:
    if talk_forms.wants_json(request):
        return JsonResponse({"error": error}, status=422)
    context = _lists(request, found) | _talk(request, found, me, error=error, typed=typed[: talks.TEXT_MOST_CHARS])
    return screen.show(request, "backoffice/desk.html", context, status=422)


def _minutes(seconds: Any) -> str:
    """Of a median; "—" where there is none."""
    return "—" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
