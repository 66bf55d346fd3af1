"""«Mail», the online consultant and support: one model of conversations, of all contracts of the person."""

import base64
import binascii
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status

from abonent.api.v1 import shapes, wire
from abonent.api.v1.problems import Refused
from abonent.conversations import files, queries
from abonent.conversations import talks as rows
from abonent.conversations.models import Author, Folder, Kind, Topic
from abonent.conversations.models import Conversation as Row
from abonent.core import clock
from abonent.identity import limits
from abonent.subscribers.queries import OwnContract
from abonent.support import letters, shown, talking, waiting
from abonent.ui import client, formats, talk_forms

router = Router(tags=["Being in touch"])


class Asked(Schema):
    """What of the mail is wanted."""

    folder: Folder | None = None
    archived: bool = False
    unread: bool = False
    words: shapes.Line = ""
    before: shapes.Instant | None = None


@router.get("/conversations", response=list[shapes.Conversation], summary="Letters, chats and questions, 50 at a time")
def conversations(request: HttpRequest, asked: Query[Asked]) -> list[shapes.Conversation]:
    """before: an instant with its zone: `last_at` of the last one that is there."""
    found = queries.mail(
        [one.id for one in wire.caller(request).contracts],
        folder=asked.folder,
        archived=asked.archived,
        only_unread=asked.unread,
        words=asked.words,
        before=asked.before,
    )
    return [shapes.Conversation(**_line(request, one)) for one in found]


@router.post("/conversations", response={201: shapes.Talk}, summary="Write to us: a chat, a question, a letter")
def begin(request: HttpRequest, given: shapes.NewConversation) -> Status[shapes.Talk]:
    """Where nobody is there for a chat, it becomes a letter that is answered later: `kind` tells."""
    contract = wire.own(request, given.contract)
    limits.take(limits.of_chat(client.address(request)), clock.now())
    if not given.text.strip() and not given.files and given.kind != Kind.CHAT:
        raise rows.NothingSaid
    wish = talking.Wish(
        client_id=wire.token_of(request, "conversation"),
        kind=Kind(given.kind),
        topic=Topic(given.topic),
        text=given.text,
        sent=_files(given.files),
        language=formats.language(),
        subject=given.subject,
        about=given.about,
        department=given.department,
        contract=contract,
    )
    return Status(201, _talk(request, talking.begin(wish, clock.now()).conversation, 0))


@router.get("/conversations/{str:token}", response=shapes.Talk, summary="A conversation with its messages")
def conversation(request: HttpRequest, token: str, after: shapes.Id = 0) -> shapes.Talk:
    """after: the number of the last message that the app has."""
    return _talk(request, _own(request, token), min(after, 2**31 - 1))


@router.post("/conversations/{str:token}/messages", response={201: shapes.Message}, summary="Say something")
def say(request: HttpRequest, token: str, given: shapes.NewMessage) -> Status[shapes.Message]:
    found, now = _own(request, token), clock.now()
    if found.kind == Kind.NOTICE:
        raise rows.NotOpen
    limits.take(limits.of_message(found.pk, client.address(request)), now)
    message, _is_new = talking.say(
        found,
        client_id=f"page:{wire.token_of(request, 'message')}",
        text=given.text,
        sent=_files(given.files),
        name=talking.visitor_name(_contract(request, found), ""),
        at=now,
    )
    found.refresh_from_db()
    said = next(one for one in queries.messages(found.pk, after=message.sequence - 1))
    return Status(201, _message(shown.lines([said], found, to_staff=False)[0]))


@router.post("/conversations/{str:token}/seen", response={204: None}, summary="Read through a message")
def seen(request: HttpRequest, token: str, given: shapes.Seen) -> Status[None]:
    talking.see(_own(request, token), given.sequence, clock.now())
    return Status(204, None)


@router.post("/conversations/{str:token}/typing", response={204: None}, summary="The person is writing")
def typing(request: HttpRequest, token: str) -> Status[None]:
    rows.tell_typing(_own(request, token).pk, by=Author.VISITOR, name="")
    return Status(204, None)


@router.post("/conversations/{str:token}/leave", response={204: None}, summary="End a conversation")
def leave(request: HttpRequest, token: str) -> Status[None]:
    found = _own(request, token)
    talking.leave(found, name=talking.visitor_name(_contract(request, found), ""), at=clock.now())
    return Status(204, None)


@router.post("/conversations/{str:token}/mark", response={204: None}, summary="A mark, 1 to 5, once it is over")
def mark(request: HttpRequest, token: str, given: shapes.Mark) -> Status[None]:
    talking.give_mark(_own(request, token), given.mark)
    return Status(204, None)


@router.post("/conversations/{str:token}/archive", response={204: None}, summary="Into the archive, or back")
def archive(request: HttpRequest, token: str, given: shapes.Archive) -> Status[None]:
    talking.put_away(_own(request, token), clock.now() if given.archived else None)
    return Status(204, None)


@router.post("/conversations/{str:token}/transcript", response={202: None}, summary="The whole of it by e-mail")
def transcript(request: HttpRequest, token: str) -> Status[None]:
    found = _own(request, token)
    limits.take(limits.of_message(found.pk, client.address(request)), clock.now())
    try:
        letters.ask_transcript(found)
    except letters.NoAddress:
        said = _("We do not know your e-mail. Save the text instead, or add an address in your account.")
        raise Refused(409, "no_address", said) from None
    return Status(202, None)


@router.get("/conversations/{str:token}/files/{int:file_id}", summary="A file of a message")
def file(request: HttpRequest, token: str, file_id: shapes.Id) -> HttpResponse:
    return talk_forms.file_answer(queries.attachment(_own(request, token).pk, file_id))


def _own(request: HttpRequest, token: str) -> Row:
    found = queries.own([one.id for one in wire.caller(request).contracts], token)
    if found is None:
        raise Http404
    return found


def _contract(request: HttpRequest, found: Row) -> OwnContract | None:
    return next((one for one in wire.caller(request).contracts if one.id == found.contract_id), None)


def _files(sent: list[shapes.SentFile]) -> list[files.File]:
    """Raises files.UnableToAccept, Refused."""
    found = []
    for one in sent:
        try:
            content = base64.b64decode(one.content, validate=True)
        except (binascii.Error, ValueError):
            raise Refused(422, "not_base64", _("This is not what is expected here.")) from None
        found.append(files.accept(one.name, content))
    return found


def _line(request: HttpRequest, one: queries.Line) -> dict[str, Any]:
    row = one.conversation
    contract = _contract(request, row)
    return {
        "token": row.token,
        "contract": contract.number if contract else "",
        "kind": row.kind,
        "folder": row.folder,
        "topic": row.topic,
        "subject": row.subject,
        "about": row.about,
        "state": row.state,
        "is_unread": one.unread,
        "is_archived": row.archived_at is not None,
        "last_at": row.last_at,
        "last_sequence": row.last_sequence,
        "excerpt": one.excerpt,
        "mark": row.mark,
    }


def _talk(request: HttpRequest, row: Row, after: int) -> shapes.Talk:
    place = waiting.place(row)
    messages = shown.lines(queries.messages(row.pk, after=after), row, to_staff=False)
    return shapes.Talk(
        **_line(request, queries.lines([row])[0]),
        queue_place=place or None,
        wait_minutes=waiting.minutes(row.department, place, clock.now()) if place else None,
        answer_by=row.answer_by,
        messages=[_message(one) for one in messages],
    )


def _message(one: shown.Said) -> shapes.Message:
    return shapes.Message(
        sequence=one.sequence,
        side=one.side,
        name=one.name,
        text=one.text,
        at=one.at,
        is_read=one.is_read,
        files=[
            shapes.File(id=each.id, name=each.name, size=each.size, is_picture=each.is_picture) for each in one.files
        ],
    )
