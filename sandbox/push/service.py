"""POST /push/send/<token>: a push service, as RFC 8030 has it, and the phone's page, which shows what has come.

A phone subscribes by POST /push/phones with the provider's public key. /control/push makes one gone, or the service
busy.
"""

import functools
import json
import secrets
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox import instants, pages
from sandbox.push import opening
from sandbox.store import Store

BODY_MOST = 4096
SHOWN_MAX = 100


def routes(store: Store, looks: pages.Pages) -> list[Route]:
    return [
        Route("/push/", functools.partial(show, store, looks)),
        Route("/push/phones", functools.partial(subscribe, store), methods=["POST"]),
        Route("/push/messages.json", functools.partial(messages, store)),
        Route("/push/send/{token:str}", functools.partial(send, store), methods=["POST"]),
        Route("/control/push", functools.partial(control, store), methods=["POST"]),
    ]


async def subscribe(store: Store, request: Request) -> Response:
    """{"key": the provider's public key} → what a browser's PushSubscription says."""
    try:
        server_key = str(json.loads(await request.body())["key"])
    except (ValueError, KeyError, TypeError):
        return PlainTextResponse("key is missing\n", 400)
    token, keys = secrets.token_urlsafe(18), opening.new_keys()
    with store.transaction() as sql:
        sql.execute(
            "insert into push_phone (token, private_key, public_key, auth, server_key) values (?, ?, ?, ?, ?)",
            (token, keys.private, keys.public, keys.auth, server_key),
        )
    return JSONResponse(
        {
            "endpoint": f"{_origin(request)}/push/send/{token}",
            "expirationTime": None,
            "keys": {"p256dh": opening.base64url(keys.public), "auth": opening.base64url(keys.auth)},
        }
    )


async def send(store: Store, request: Request) -> Response:
    """201, or what the RFCs give for what is wrong."""
    body = await request.body()
    phone = store.row("select * from push_phone where token = ?", request.path_params["token"])
    busy = int(store.knob("push_status", 0))
    if phone is None:
        return PlainTextResponse("no such subscription\n", 404)
    if phone["gone"]:
        return PlainTextResponse("the subscription has ended\n", 410)
    if busy:
        return PlainTextResponse("later\n", busy, {"Retry-After": "1"})
    if not request.headers.get("TTL", "").isdigit():
        return PlainTextResponse("TTL is missing\n", 400)
    if len(body) > BODY_MOST:
        return PlainTextResponse("too large\n", 413)
    if request.headers.get("Content-Encoding") != "aes128gcm":
        return PlainTextResponse("only aes128gcm\n", 415)
    topic = request.headers.get("Topic") or None
    if topic is not None and len(topic) > 32:
        return PlainTextResponse("Topic is too long\n", 400)
    try:
        opening.check_sender(
            request.headers.get("Authorization", ""), audience=_origin(request), server_key=phone["server_key"],
            now=time.time(),
        )  # fmt: skip
    except opening.UnableToTrust as error:
        return PlainTextResponse(f"{error}\n", 403)
    try:
        text = opening.opened(body, opening.Keys(phone["private_key"], phone["public_key"], phone["auth"])).decode()
    except (opening.UnableToOpen, UnicodeDecodeError):
        text = ""  # a real push service would not know; the phone drops it
    with store.transaction() as sql:
        if topic is not None:
            sql.execute("delete from push_message where token = ? and topic = ?", (phone["token"], topic))
        sql.execute(
            "insert into push_message (token, topic, urgency, ttl, body, text, received_ms)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (
                phone["token"], topic, request.headers.get("Urgency", "normal"), int(request.headers["TTL"]), body,
                text, store.now_ms(),
            ),
        )  # fmt: skip
    return Response(
        status_code=201, headers={"Location": f"{_origin(request)}/push/message/{secrets.token_urlsafe(9)}"}
    )


async def messages(store: Store, request: Request) -> Response:
    """Newest first, opened by their phones; ?endpoint= one phone's."""
    token = request.query_params.get("endpoint", "").rpartition("/")[2]
    rows = store.rows("select * from push_message where token = ? or ? = '' order by seq desc", token, token)
    return JSONResponse(
        [
            {
                "token": row["token"],
                "topic": row["topic"],
                "urgency": row["urgency"],
                "ttl": row["ttl"],
                "octets": row["body"].hex(),
                "text": row["text"],
                "received_at": instants.iso(row["received_ms"]),
            }
            for row in rows
        ]
    )


async def show(store: Store, looks: pages.Pages, request: Request) -> Response:
    rows = store.rows("select * from push_message order by seq desc limit ?", SHOWN_MAX)
    shown = [{"said": _said(row["text"]), "received_ms": row["received_ms"]} for row in rows]
    return looks.render(request, "push.html", messages=shown)


async def control(store: Store, request: Request) -> Response:
    """{"gone": endpoint} ends a subscription; {"status": 503} makes every answer that one, 0 the usual again."""
    asked = json.loads(await request.body())
    with store.transaction() as sql:
        if "gone" in asked:
            sql.execute("update push_phone set gone = 1 where token = ?", (str(asked["gone"]).rpartition("/")[2],))
        if "status" in asked:
            store.set_knob(sql, "push_status", int(asked["status"]))
    return JSONResponse({})


def _said(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
        return {"title": str(found["title"]), "body": str(found["body"])}
    except (ValueError, KeyError, TypeError):
        return {"title": "", "body": text}


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"
