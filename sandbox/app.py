"""All of the sandbox behind one port: bank, SMS, mail, terminal, the control interface."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox import pages
from sandbox.atol import api as atol
from sandbox.bank import api, bind_page, control, front, pay_page, receipts
from sandbox.bank.bank import Bank
from sandbox.dadata import api as dadata
from sandbox.mail import inbox as mail_inbox
from sandbox.network import page as network_page
from sandbox.push import service as push
from sandbox.sms import gateway
from sandbox.sms import inbox as sms_inbox
from sandbox.store import Store
from sandbox.terminal import page as terminal
from sandbox.terminal import registry

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
SAFE_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))

log = logging.getLogger("sandbox")


def make(store: Store, bank: Bank, looks: pages.Pages, network: network_page.Network) -> "Edge":
    async def index(request: Request) -> Response:
        return looks.render(request, "index.html")

    async def not_found(request: Request, error: Exception) -> Response:
        return looks.render(request, "not_found.html", status=404)

    async def healthz(request: Request) -> Response:
        store.row("select 1")
        return PlainTextResponse("ok\n")

    routes = [
        Route("/", index),
        Route("/healthz", healthz),
        *api.routes(bank),
        *atol.routes(store, looks),
        *receipts.control_routes(store),
        *control.routes(bank),
        *pay_page.routes(bank, looks),
        *bind_page.routes(bank, looks),
        *front.routes(bank, looks),
        *gateway.routes(store),
        *sms_inbox.routes(store, looks),
        *mail_inbox.routes(store, looks),
        *push.routes(store, looks),
        *dadata.routes(store),
        *terminal.routes(store, looks),
        *registry.routes(store, looks),
        *network_page.routes(network, looks),
        Mount("/static", StaticFiles(directory=pages.HERE.joinpath("static"))),
    ]
    # Only under these names: a foreign page cannot reach us by a name of its own that points here.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"], www_redirect=False)
    return Edge(Starlette(routes=routes, middleware=[hosts], exception_handlers={404: not_found}))


class Edge:
    """The outermost layer: headers of every answer, the log of what broke, a quick end for what runs."""

    def __init__(self, inner: Starlette) -> None:
        self._inner = inner
        self._running: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return

        async def send_safely(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *SAFE_HEADERS]
            await send(message)

        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._inner(scope, receive, send_safely)
        except Exception:
            log.exception("%s %s", scope["method"], scope["path"])  # the answer 500 has gone out already
        finally:
            self._running.discard(task)

    def stop(self) -> None:
        for task in self._running:
            task.cancel()
