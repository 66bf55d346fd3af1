"""«Mail»: every letter of the company and of support, of all contracts of the person; with its own sign-in page."""

import functools
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from abonent.conversations import files, queries, talks
from abonent.conversations.models import Conversation, Folder, Kind, State, Topic
from abonent.core import clock
from abonent.identity import limits
from abonent.identity.models import User
from abonent.portal import scope, sign_in, talk
from abonent.support import talking
from abonent.ui import client, formats, talk_forms, words

ARCHIVE = "archive"
ICONS = {"talks": "message-circle", "money": "wallet", "service": "bell", "documents": "file-text"}


class Letter(NamedTuple):
    """A line of the list."""

    token: str
    title: str
    excerpt: str
    at: datetime
    when: str
    is_new: bool
    icon: str
    contract: str
    state: str


class AskForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Your question"),
        max_length=talks.TEXT_MOST_CHARS,
        error_messages={"required": gettext_lazy("Write your question.")},
    )
    about = forms.CharField(max_length=200, required=False)


class LetterForm(AskForm):
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        max_length=120,
        error_messages={"required": gettext_lazy("Write what it is about.")},
    )
    department = forms.CharField(max_length=40, required=False)


def signed_in(view: scope.View) -> scope.View:
    """As the account's pages, with another door for strangers."""
    inside = scope.signed_in_subscriber(view)

    @never_cache
    @functools.wraps(view)
    def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not isinstance(request.user, User):
            wanted = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("mail")
            return HttpResponseRedirect(f"{reverse('mail_login')}?{urlencode({'next': wanted}, safe='/')}")
        return inside(request, *args, **kwargs)

    return inner


class SignIn(sign_in.SignIn):
    template_name = "portal/mail_login.html"

    def get_default_success_url(self) -> str:
        return reverse("mail")

    def get_success_url(self) -> str:
        return str(self.get_next_url() or reverse("mail"))


login = SignIn.as_view()


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """/mail/?folder=money&q=words&new=1&before=instant."""
    folder = request.GET.get("folder", "")
    if folder not in {"", ARCHIVE, *Folder.values}:
        raise Http404
    q, only_new = request.GET.get("q", "").strip()[:100], bool(request.GET.get("new"))
    found = queries.mail(
        ids(request),
        folder=Folder(folder) if folder in Folder.values else None,
        archived=folder == ARCHIVE,
        only_unread=only_new,
        words=q,
        before=_instant(request.GET.get("before", "")),
    )
    older = ""
    if len(found) == queries.LIST_MOST:
        kept = {name: value for name, value in (("folder", folder), ("q", q), ("new", "1" * only_new)) if value}
        older = f"?{urlencode({**kept, 'before': found[-1].conversation.last_at.isoformat()})}"
    context = {"q": q, "only_new": only_new, "lines": letters(request, found), "older": older}
    return _show(request, "portal/mail.html", folder, context)


@require_safe
@signed_in
def letter(request: HttpRequest, token: str) -> HttpResponse:
    at = talk.door(request, token)
    found = at.conversation
    if at.contract is None:
        raise Http404
    talking.see(found, found.last_sequence, clock.now())
    context = {
        "title": title_of(found),
        "number": at.contract.number,
        "is_notice": found.kind == Kind.NOTICE,
        "at": clock.local(found.last_at),
    }
    if found.kind == Kind.NOTICE:
        context |= {"talk": found, "notice": queries.messages(found.pk)}
    else:
        context |= talk.context(at)
    return _show(request, "portal/mail_letter.html", ARCHIVE if found.archived_at else found.folder, context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def write(request: HttpRequest) -> HttpResponse:
    """/mail/write/?about=…: to a department."""
    form = LetterForm(request.POST or None)
    files_error = ""
    if request.method == "POST" and form.is_valid():
        try:
            begun = ask(request, form, kind=Kind.MAIL, topic=Topic.GENERAL)
            return HttpResponseRedirect(reverse("mail_letter", args=[begun.token]))
        except files.UnableToAccept as error:
            files_error = str(error)
        except limits.TooManyTries as error:
            form.add_error(None, sign_in.too_many_messages(error.minutes))
    context = {
        "form": form,
        "asked_about": _about(request),
        "chosen": request.POST.get("department", ""),
        "client_id": talk_forms.read_client_id(request) if request.method == "POST" else talk_forms.new_client_id(),
        "files_error": files_error,
    }
    return _show(request, "portal/mail_write.html", "", context, status=422 if form.errors or files_error else 200)


@require_POST
@signed_in
def archive(request: HttpRequest, token: str) -> HttpResponse:
    found = talk.door(request, token).conversation
    talking.put_away(found, clock.now() if request.POST.get("to") == ARCHIVE else None)
    return HttpResponseRedirect(reverse("mail"))


@require_safe
@scope.signed_in_even_with_issued_password  # a part of that page too: sent there by it, the page would load for ever
def unread(request: HttpRequest) -> HttpResponse:
    """The number beside «Mail» in the account's menu; nothing where there is nothing new."""
    count = queries.unread(ids(request))
    return render(request, "portal/mail_unread.html", {"count": count})


def ask(request: HttpRequest, form: AskForm, *, kind: Kind, topic: Topic) -> Conversation:
    """A question of the chosen contract.   Raises files.UnableToAccept or limits.TooManyTries."""
    contract = scope.current(request)
    given = form.cleaned_data
    sent = talk_forms.read_files(request, files)
    limits.take(limits.of_chat(client.address(request)), clock.now())
    wish = talking.Wish(
        client_id=talk_forms.read_client_id(request),
        kind=kind,
        topic=topic,
        text=given["text"],
        sent=sent,
        language=formats.language(),
        subject=given.get("subject", ""),
        about=given["about"],
        department=given.get("department", ""),
        contract=contract,
    )
    begun = talking.begin(wish, clock.now()).conversation
    if begun.contract_id != contract.id:
        raise Http404  # the form of another
    return begun


def letters(request: HttpRequest, found: list[queries.Line]) -> list[Letter]:
    numbers = {one.id: one.number for one in scope.own(request)}
    return [_letter(one, numbers) for one in found]


def title_of(conversation: Conversation) -> str:
    if conversation.subject:
        return conversation.subject
    if conversation.kind == Kind.CHAT:
        return gettext("Online consultant")
    return str(words.TOPICS.get(conversation.topic, gettext("Conversation")))


def ids(request: HttpRequest) -> list[int]:
    return [one.id for one in scope.own(request)]


def _letter(one: queries.Line, numbers: dict[int, str]) -> Letter:
    found = one.conversation
    local = clock.local(found.last_at)
    is_today = local.date() == clock.today()
    is_open = found.kind != Kind.NOTICE and found.state != State.CLOSED
    return Letter(
        token=found.token,
        title=title_of(found),
        excerpt=one.excerpt or (gettext("File") if one.has_files else ""),
        at=local,
        when=f"{local:%H:%M}" if is_today else formats.day(local.date()),
        is_new=one.unread,
        icon=ICONS[found.folder],
        contract=numbers.get(found.contract_id or 0, ""),
        state=str(words.TALK_STATES[found.state][1]) if is_open else "",
    )


def _show(request: HttpRequest, template: str, folder: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    unread_in = queries.unread_by_folder(ids(request))
    shell = {
        "here": "mail",
        "folder": folder,
        "folders": words.FOLDERS,
        "unread": unread_in,
        "unread_all": sum(unread_in.values()),
        "many": len(scope.own(request)) > 1,
    }
    return render(request, template, shell | context, status=status)


def _about(request: HttpRequest) -> str:
    given = request.POST if request.method == "POST" else request.GET
    return " ".join(given.get("about", "").split())[:200]


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
