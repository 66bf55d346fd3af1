"""The floor of `bench streams`: the same server with an application that opens a stream and does nothing more."""

import asyncio
import sys
from typing import Any


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await asyncio.create_task(_stay(receive, send))  # as the real one: the server's own way is no task


async def _stay(receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


if __name__ == "__main__":
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        f"{__spec__.name}:application" if __spec__ else "",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        backpressure=10_000,
        log_enabled=False,
        workers_kill_timeout=3,
    ).serve()
