"""The register over HTTP, under /atol/possystem/v4; its pages; what tests and the curious set.

POST /control/atol            sets any of: "ready_seconds": how long a document is worked on; "fail": so many of the
                              next documents are not registered, with "fail_with": a name of errors.OF_DOCUMENTS;
                              "refuse": every call gets this code of errors.SYSTEM, null: no call;
                              "expire_tokens": true: all tokens given so far are stale
GET  /control/atol/documents  newest first
The faults of sandbox.bank.faults hit these calls too: {"only": "POST /atol/"}.
"""

import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import pages
from sandbox.atol import documents, errors
from sandbox.bank import faults
from sandbox.store import Store

LOGIN, PASSWORD, GROUP = "sandbox", "sandbox", "sandbox_group"
TOKEN_LIVES_MS = 24 * 3_600_000
BODY_MAX_BYTES = 1_000_000
SHOWN_MAX = 50
KNOBS = ("ready_seconds", "fail", "fail_with", "refuse")

Handler = Callable[[Request], Awaitable[dict[str, Any]]]


def routes(store: Store, looks: pages.Pages) -> list[Route]:
    register = Register(store, looks)
    api = "/atol/possystem/v4"
    return [
        Route(f"{api}/getToken", register.serve(register.give_token), methods=["GET", "POST"]),
        Route(f"{api}/{{group}}/report/{{uuid}}", register.serve(register.report), methods=["GET"]),
        Route(f"{api}/{{group}}/{{operation}}", register.serve(register.take), methods=["POST"]),
        Route("/atol/", register.show),
        Route("/atol/{uuid}/", register.show_one),
        Route("/control/atol", register.turn, methods=["GET", "POST"]),
        Route("/control/atol/documents", register.list_documents),
    ]


class Register:
    def __init__(self, store: Store, looks: pages.Pages) -> None:
        self._store, self._looks = store, looks

    def serve(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                refuse = self._store.knob("atol", {}).get("refuse")
                if refuse is not None:
                    raise errors.UnableToServe(refuse)
                return JSONResponse(await handler(request))
            except errors.UnableToServe as refusal:
                return JSONResponse(refusal.body, refusal.http_status)

        async def served(request: Request) -> Response:
            return await faults.through(self._store, request, answer)

        return served

    async def give_token(self, request: Request) -> dict[str, Any]:
        given = dict(request.query_params)
        if request.method == "POST":
            given = documents.read(await request.body())
        if (given.get("login"), given.get("pass")) != (LOGIN, PASSWORD):
            raise errors.UnableToServe(12)
        token, now_ms = secrets.token_hex(16), self._store.now_ms()
        with self._store.transaction() as sql:
            sql.execute("insert into atol_token (token, created_ms) values (?, ?)", (token, now_ms))
        return {"error": None, "token": token}

    async def take(self, request: Request) -> dict[str, Any]:
        self._check(request)
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            raise errors.UnableToServe(41)
        raw = await request.body()
        if len(raw) > BODY_MAX_BYTES:
            raise errors.UnableToServe(40)
        with self._store.transaction() as sql:
            row = documents.take(self._store, sql, request.path_params["operation"], documents.read(raw))
        return {"uuid": row["uuid"], "status": "wait", "error": None}

    async def report(self, request: Request) -> dict[str, Any]:
        self._check(request)
        with self._store.transaction() as sql:
            row = documents.find(sql, request.path_params["uuid"])
        return documents.report(row, self._store.now_ms(), str(request.base_url) + f"atol/{row['uuid']}/")

    def _check(self, request: Request) -> None:
        """Whose call it is. A token lives a day; several are good at once."""
        token = request.headers.get("Token") or request.query_params.get("token")
        if not token:
            raise errors.UnableToServe(10)
        known = self._store.row("select created_ms from atol_token where token = ?", token)
        if known is None or known["created_ms"] + TOKEN_LIVES_MS <= self._store.now_ms():
            raise errors.UnableToServe(11)
        if request.path_params["group"] != GROUP:
            raise errors.UnableToServe(20)

    async def show(self, request: Request) -> Response:
        rows = self._store.rows("select * from atol_document order by seq desc limit ?", SHOWN_MAX)
        return self._looks.render(
            request, "atol.html", documents=[(row, documents.STATES[self._state(row)]) for row in rows]
        )

    async def show_one(self, request: Request) -> Response:
        row = self._store.row("select * from atol_document where uuid = ?", request.path_params["uuid"])
        if row is None:
            return self._looks.render(request, "not_found.html", status=404)
        body = json.loads(row["body"])
        items = [(item, documents.kopecks(item["sum"])) for item in body["receipt"]["items"]]
        return self._looks.render(
            request,
            "atol_document.html",
            row=row,
            state=documents.STATES[self._state(row)],
            is_done=self._state(row) == "done",
            said=documents.SAID,
            items=items,
            company=body["receipt"]["company"],
            client=body["receipt"]["client"],
            prepaid=any(one["type"] == 2 for one in body["receipt"]["payments"]),
            at_text=body["timestamp"],
            sign=documents.sign(row["uuid"]),
        )

    async def turn(self, request: Request) -> Response:
        if request.method == "POST":
            if not request.headers.get("Content-Type", "").startswith("application/json"):
                return JSONResponse({"error": "Content-Type must be application/json"}, 400)
            body = documents.read(await request.body())
            unknown = set(body) - {*KNOBS, "expire_tokens"}
            if unknown:
                return JSONResponse({"error": f"not knobs: {', '.join(sorted(unknown))}"}, 400)
            with self._store.transaction() as sql:
                if body.pop("expire_tokens", False):
                    sql.execute("update atol_token set created_ms = created_ms - ?", (TOKEN_LIVES_MS,))
                self._store.set_knob(sql, "atol", {**self._store.knob("atol", {}), **body})
        return JSONResponse(self._store.knob("atol", {}))

    async def list_documents(self, request: Request) -> Response:
        rows = self._store.rows("select * from atol_document order by seq desc")
        return JSONResponse(
            [
                {
                    **{name: row[name] for name in ("uuid", "external_id", "operation", "total_kop")},
                    "state": self._state(row),
                    "body": json.loads(row["body"]),
                }
                for row in rows
            ]
        )

    def _state(self, row: Any) -> str:
        if self._store.now_ms() < row["ready_ms"]:
            return "wait"
        return "fail" if row["failed"] else "done"
