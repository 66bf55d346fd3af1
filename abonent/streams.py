"""Live pages: GET /events/ sends the signed-in user the events of his contracts, as server-sent events.

`?talk=<token>` adds one conversation: a guest's by its token alone, a contract's for its owner. Staff who answer
messages hear the desk, who send mailings how far they are.

An ASGI application of its own, without Django's middleware: a stream in a Django view would pin a thread and a pooled
connection for as long as the page is open. The session is checked at the start and every minute, each time on a
connection that is given back at once. A stream resumes by Last-Event-ID (or ?last=): at least once, never lost.

`application` serves /events/ alone (`abonent streams`); `serve_application` everything on one port (`abonent serve`).
"""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from types import FrameType
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import django
from django.apps import apps
from django.conf import settings
from django.contrib import auth
from django.http.cookie import parse_cookie
from django.http.request import validate_host
from django.utils.crypto import constant_time_compare

from abonent.core import hub as hubs

PATH = "/events/"
RETRY_MS = 3000
COMMENT_EVERY_SECONDS = 15
CHECK_EVERY_SECONDS = (40, 55)  # at random between them: a session that ended is noticed within a minute
SEND_AT_MOST_SECONDS = 20  # a page that takes nothing for so long is gone
STREAMS_OF_USER = 20  # the oldest gives way
STREAMS_AT_MOST = 10_000
START_WAITS_SECONDS = 10

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SESSION = "select session_data from django_session where session_key = %s and expire_date > now()"
_USER = """
    select identity_user.password, array_remove(array_agg(contract.id), null) as contract_ids
    from identity_user
    left join subscribers_customer customer on customer.user_id = identity_user.id
    left join subscribers_contract contract on contract.customer_id = customer.id
    where identity_user.id = %s and identity_user.is_active
    group by identity_user.id
"""
_STAFF = """
    select role.permissions from identity_user
    join identity_role role on role.id = identity_user.role_id
    where identity_user.id = %s and identity_user.is_active and identity_user.is_staff
"""
_OF_STAFF = {
    "messages.answer": "desk",
    "mailings.send": "mailings",
    "debtors.work": "batches",
}  # what a permission opens
_TALK = "select id, contract_id from conversations_conversation where token = %s"
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"same-origin"),
]
_STREAM = [
    *_ALWAYS,
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class Refused(Exception):
    """The request gets this answer instead of a stream."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Viewer(NamedTuple):
    user_id: int | str  # a guest: "talk:<id>"
    topics: frozenset[str]


class Streams:
    """The ASGI application of /events/. Works once its lifespan has started."""

    def __init__(self) -> None:
        self.hub: hubs.Hub | None = None
        self._open: dict[int | str, list[hubs.Subscription]] = {}  # by user, the oldest first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            # The server's own way of running this coroutine is no task, and time-outs need one.
            await asyncio.create_task(self._answer(scope, receive, send))

    async def start(self) -> None:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abonent.settings")
        if not apps.ready:
            django.setup()
        self.hub = hubs.Hub()
        await self.hub.start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.hub.listening.wait(), START_WAITS_SECONDS)

    async def stop(self) -> None:
        if self.hub is not None:
            hub, self.hub = self.hub, None
            await hub.stop()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                self._end_on_signal()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _end_on_signal(self) -> None:
        """End the streams as soon as the process is asked to stop.

        The server waits for open requests first and closes the lifespan after them: it would wait for ever.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)

            def handle(number: int, frame: FrameType | None, before: Any = before, hub: Any = self.hub) -> None:
                loop.call_soon_threadsafe(hub.end_all)
                if callable(before):
                    before(number, frame)

            with contextlib.suppress(ValueError):  # not the main thread: whoever embeds us stops us by the lifespan
                signal.signal(number, handle)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            viewer, last_id = await self._admit(scope)
            subscription = self._enter(viewer)
        except Refused as refused:
            await _plain(send, refused.status, str(refused))
            return
        try:
            await self._stream(viewer, subscription, last_id, scope, receive, send)
        finally:
            self._leave(viewer, subscription)

    async def _admit(self, scope: Scope) -> tuple[Viewer, int | None]:
        headers = _headers(scope)
        if scope["path"] != PATH:
            raise Refused(404, "not found")
        if scope["method"] != "GET":
            raise Refused(405, "only GET")
        if not _is_ours(headers.get("host", ""), headers.get("origin")):
            raise Refused(403, "another site's page")
        last_id = _last_id(headers, scope)
        if self.hub is None or not self.hub.listening.is_set():
            raise Refused(503, "starting, try again")
        try:
            viewer = await _viewer(self.hub, headers.get("cookie", ""), _talk(scope))
        except hubs.UnableToAsk:
            raise Refused(503, "the database does not answer, try again") from None
        if viewer is None or not viewer.topics:
            raise Refused(403, "sign in first")
        return viewer, last_id

    def _enter(self, viewer: Viewer) -> hubs.Subscription:
        if self.hub is None or sum(map(len, self._open.values())) >= STREAMS_AT_MOST:
            raise Refused(503, "too many streams")
        mine = self._open.setdefault(viewer.user_id, [])
        alive = [one for one in mine if not one.ended.is_set()]
        if len(alive) >= STREAMS_OF_USER:
            alive[0].ended.set()
        mine.append(self.hub.subscribe(viewer.topics))
        return mine[-1]

    def _leave(self, viewer: Viewer, subscription: hubs.Subscription) -> None:
        if self.hub is not None:
            self.hub.unsubscribe(subscription)
        mine = self._open[viewer.user_id]
        mine.remove(subscription)
        if not mine:
            del self._open[viewer.user_id]

    async def _stream(
        self,
        viewer: Viewer,
        subscription: hubs.Subscription,
        last_id: int | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        parts = [
            asyncio.create_task(part)
            for part in (
                self._write(subscription, last_id, send),
                _gone(receive),
                subscription.ended.wait(),
                self._outlived(viewer, _headers(scope).get("cookie", ""), _talk(scope)),
            )
        ]
        await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        reads = not parts[0].done() and not subscription.lagging
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        if reads:  # an end in form; a page that does not read is cut off, or it would keep its connection
            with contextlib.suppress(Exception):
                await asyncio.wait_for(send({"type": "http.response.body", "body": b"", "more_body": False}), 1)

    async def _write(self, subscription: hubs.Subscription, last_id: int | None, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
        await _chunk(send, f"retry: {RETRY_MS}\n\n")
        highest_id, told = last_id or 0, set()
        if last_id is not None and self.hub is not None:
            missed = await self.hub.after(last_id, subscription.topics)
            told = {event.id for event in missed}
            for event in missed:
                highest_id = max(highest_id, event.id)
                await _chunk(send, _event(event, highest_id))
        while True:
            try:
                event = await asyncio.wait_for(subscription.queue.get(), COMMENT_EVERY_SECONDS)
            except TimeoutError:
                await _chunk(send, ":\n\n")
                continue
            if event.id not in told:
                highest_id = max(highest_id, event.id)
                await _chunk(send, _event(event, highest_id))

    async def _outlived(self, viewer: Viewer, cookie: str, talk: str) -> None:
        """Return when the session is over, or the user's contracts are others."""
        unanswered = 0
        while unanswered < 3 and self.hub is not None:
            await asyncio.sleep(random.uniform(*CHECK_EVERY_SECONDS))
            try:
                if await _viewer(self.hub, cookie, talk) != viewer:
                    return
                unanswered = 0
            except hubs.UnableToAsk:
                unanswered += 1


async def _viewer(hub: hubs.Hub, cookie: str, talk: str) -> Viewer | None:
    """Who asks, by his session or by a conversation's token, and his topics; None when nobody we know does."""
    user_id, contract_ids, topics = await _signed_in(hub, cookie)
    found = await hub.rows(_TALK, [talk]) if talk else []
    for one in found:
        if one["contract_id"] is None or one["contract_id"] in contract_ids:
            topics.add(f"talk:{one['id']}")
    if user_id is not None:
        return Viewer(user_id, frozenset(topics))
    return Viewer(f"talk:{found[0]['id']}", frozenset(topics)) if topics else None


async def _signed_in(hub: hubs.Hub, cookie: str) -> tuple[int | None, set[int], set[str]]:
    """Whose session the cookie names, his contracts and the topics they and his role open."""
    nobody: tuple[int | None, set[int], set[str]] = (None, set(), set())
    key = parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME)
    found = await hub.rows(_SESSION, [key]) if key else []
    if not found:
        return nobody
    session = import_module(settings.SESSION_ENGINE).SessionStore().decode(found[0]["session_data"])
    try:
        user_id = int(session[auth.SESSION_KEY])
    except (KeyError, ValueError):
        return nobody
    users = await hub.rows(_USER, [user_id])
    if not users or not _same_password(users[0]["password"], session.get(auth.HASH_SESSION_KEY, "")):
        return nobody
    ids = set(users[0]["contract_ids"])
    topics = {f"contract:{one}" for one in ids}
    if not ids:
        granted = [one for row in await hub.rows(_STAFF, [user_id]) for one in row["permissions"]]
        topics |= {_OF_STAFF[one] for one in granted if one in _OF_STAFF}
    return user_id, ids, topics


def _same_password(password: str, session_hash: str) -> bool:
    """Whether the session was made with the password the user has now, as django.contrib.auth checks it."""
    user = auth.get_user_model()(password=password)
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session_hash, one) for one in hashes)


def _is_ours(host: str, origin: str | None) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    return origin is None or urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS


def _headers(scope: Scope) -> dict[str, str]:
    """By small name; of several under one name the last, but cookies join: HTTP/2 may send them apart."""
    found: dict[str, str] = {}
    for name_bytes, value_bytes in scope["headers"]:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        found[name] = f"{found[name]}; {value}" if name == "cookie" and name in found else value
    return found


def _last_id(headers: dict[str, str], scope: Scope) -> int | None:
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("last", [""])[0]
    for text in (headers.get("last-event-id", ""), asked):
        if text.isascii() and text.isdigit() and len(text) <= 18:
            return int(text)
    return None


def _talk(scope: Scope) -> str:
    """The token of the conversation asked for, or nothing."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("talk", [""])[0]
    return asked if len(asked) <= 64 and asked.isascii() else ""


def _event(event: hubs.Event, highest_id: int) -> str:
    """One committed late has a smaller id: the page keeps the highest, or it would ask for too much."""
    return f"id: {highest_id}\nevent: {event.name}\ndata: {event.data}\n\n"


async def _chunk(send: Send, text: str) -> None:
    body = {"type": "http.response.body", "body": text.encode(), "more_body": True}
    await asyncio.wait_for(send(body), SEND_AT_MOST_SECONDS)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _plain(send: Send, status: int, text: str) -> None:
    headers = [*_ALWAYS, (b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", b"3"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})


class Everything:
    """Streams on /events/, the pages (WSGI, in threads) on every other address."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self._pages: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self._pages = _pages()
        if scope["type"] == "lifespan" or scope["path"].startswith(PATH):
            await self.streams(scope, receive, send)
        else:

            async def received() -> Any:  # a2wsgi wants a coroutine, granian gives another kind of awaitable
                return await receive()

            await self._pages(scope, received, send)


def _pages() -> Any:
    """As many threads as the pool has connections: none waits for another's."""
    from a2wsgi import WSGIMiddleware

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abonent.settings")
    from abonent import wsgi  # sets Django up: only where the pages are served

    options: Any = settings.DATABASES["default"]["OPTIONS"]
    pages: Any = wsgi.application
    return WSGIMiddleware(pages, workers=options.get("pool", {}).get("max_size", 8))


application = Streams()
serve_application = Everything(application)
