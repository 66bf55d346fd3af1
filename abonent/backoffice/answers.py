"""Prepared answers: a list by department and topic, each with a look at how its reader gets it."""

import json
from typing import Any

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import gate, screen
from abonent.core import money
from abonent.identity import permissions
from abonent.support import answers, desks
from abonent.support.models import Answer
from abonent.ui import formats, words

SALT = "abonent.backoffice.answers"
DONE_KEY = "answer_done"
NEW = "new"


@require_safe
@gate.permitted(permissions.MANAGE_STAFF)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/answers/: in the desk's order."""
    language = formats.language()
    context = {
        "here": "staff_answers",
        "answers": [
            (one, one.title_en if language == "en" else one.title_ru, one.text_en if language == "en" else one.text_ru)
            for one in Answer.objects.order_by("department", "topic", "place", "pk")
        ],
        "topics": words.TOPICS,
        "departments": _departments(),
        "done": request.session.pop(DONE_KEY, ""),
    }
    return screen.show(request, "backoffice/answers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MANAGE_STAFF)
def one(request: gate.StaffRequest, key: str) -> HttpResponse:
    """/staff/answers/<key>/, new: POST `do`: look, keep, remove."""
    known = None if key == NEW else Answer.objects.filter(key=key).first()
    if known is None and key != NEW:
        raise Http404
    given, problem = request.POST, ""
    said = answers.Said(*(given.get(name, "") for name in answers.Said._fields))
    if request.method == "POST":
        problem = _act(request, known, said)
        if not problem and given.get("do") in ("keep", "remove"):
            request.session[DONE_KEY] = _("Removed.") if given["do"] == "remove" else _("Kept: the desk has it.")
            return HttpResponseRedirect(reverse("staff_answers"))
    elif known is not None:
        said = answers.Said(**answers.facts_of(known))
    facts = answers.facts_of(known) if known is not None else None
    context = {
        "here": "staff_answers",
        "known": known,
        "key": given.get("key", ""),
        "typed": said,
        "why": given.get("why", ""),
        "seen": given.get("seen") or signing.dumps(json.dumps(facts), salt=SALT),
        "topics": words.TOPICS,
        "departments": _departments(),
        "facts": answers.FACTS,
        "shown": [] if problem else [
            ("ru", said.title_ru, answers.filled(said.text_ru, _sample("ru"))),
            ("en", said.title_en, answers.filled(said.text_en, _sample("en"))),
        ],
        "problem": problem,
    }  # fmt: skip
    return screen.show(request, "backoffice/answer.html", context, status=422 if problem else 200)


def _act(request: gate.StaffRequest, known: Answer | None, said: answers.Said) -> str:
    """What is wrong, or ""."""
    given, why = request.POST, request.POST.get("why", "").strip()[:300]
    do = given.get("do", "look")
    if (said.topic and said.topic not in words.TOPICS) or (said.department and said.department not in _departments()):
        return _("Choose the department and the topic.")
    if any(len(one) > most for one, most in zip(said, (80, 80, *[answers.TEXT_MOST_CHARS] * 2, 10, 40), strict=True)):
        return _("Too long: %(most)s letters at most.") % {"most": answers.TEXT_MOST_CHARS}
    if do != "look" and not why:
        return _("Write why: it stands in the log.")
    try:
        if do == "remove" and known is not None:
            answers.remove(known.key, by=request.actor, why=why, address=request.address)
        elif do == "keep":
            seen: dict[str, Any] | None = json.loads(signing.loads(given.get("seen", ""), salt=SALT))
            key = known.key if known is not None else given.get("key", "").strip().lower()
            answers.keep(key, said, seen=seen, by=request.actor, why=why, address=request.address)
        else:
            answers.check(said)
    except answers.UnknownFact as unknown:
        return _("There is no {%(name)s} here.") % {"name": unknown}
    except answers.NoText:
        return _("Write the title and the text in both languages.")
    except answers.BadKey:
        return _("A code is 2 to 40 of a-z, 0-9 and dash, begins with a letter, and is no other answer's.")
    except (answers.ChangedMeanwhile, signing.BadSignature):
        return _("A colleague has changed it meanwhile. Look at it anew.")
    return ""


def _departments() -> dict[str, str]:
    return {one.key: one.name.get(formats.language()) for one in desks.departments()}


def _sample(language: str) -> dict[str, str]:
    english = language == "en"
    return {
        "name": "Anna" if english else "\u0410\u043d\u043d\u0430",
        "contract": "100001",
        "address": "5-12",
        "tariff": "100",
        "balance": money.show(12_50),
        "missing": money.show(325_00),
        "operator": "Irina" if english else "\u0418\u0440\u0438\u043d\u0430",
    }
