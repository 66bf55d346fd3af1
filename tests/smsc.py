"""An SMS centre over SMPP 3.4 for tests: the `smpp34` simulator, in a process of its own.

It prints its port, then a JSON line for each part it takes. Where the last digits of a phone are 01 it is throttled
once, 02 refused for good, 03 not answered at all and cut off; each other part has its receipt, with the id in decimal.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from smpp34 import Esme, Server, SubmitSmEvent

PASSWORD = "secret"
THROTTLED, BAD_ADDRESS = 0x58, 0x0B


class Centre:
    """One that runs. `parts`: what it has taken so far, as it was on the wire."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        self.port = int(process.stdout.readline())
        self.parts: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"smpp://127.0.0.1:{self.port}"

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Reads until it has taken so many parts, of all so far."""
        assert self.process.stdout is not None
        while len(self.parts) < count:
            self.parts.append(json.loads(self.process.stdout.readline()))
        return self.parts


@contextlib.contextmanager
def start(port: int = 0) -> Iterator[Centre]:
    arguments = [sys.executable, "-m", "tests.smsc", str(port)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Centre(process)
        finally:
            process.kill()
            process.wait()


async def serve(port: int) -> None:
    server = Server("127.0.0.1", port, system_id="centre")
    await server.start()
    print(port, flush=True)  # noqa: T201
    sessions: dict[str, Esme] = {}
    throttled: set[str] = set()
    count = 0x0A00
    kept = []  # a decision that is never made
    while True:
        event = await server.next()
        if isinstance(event, Esme):
            sessions[event.session_id] = event
            continue
        if not isinstance(event, SubmitSmEvent):
            continue
        phone = event.destination_addr
        if phone.endswith("01") and phone not in throttled:
            throttled.add(phone)
            event.reject(THROTTLED)
            continue
        if phone.endswith("02"):
            event.reject(BAD_ADDRESS)
            continue
        count += 1
        _tell(event)
        if phone.endswith("03"):
            kept.append(event)
            continue
        event.accept(f"{count:X}")
        if event.registered_delivery:
            text = f"id:{count:010d} sub:001 dlvrd:001 submit date:2611221200 done date:2611221200 stat:DELIVRD err:000"
            await sessions[event.session_id].deliver_sm(
                event.source_addr, text.encode(), source_addr=phone, esm_class=4, dest_addr_ton=5
            )


def _tell(event: SubmitSmEvent) -> None:
    told = {
        "phone": event.destination_addr,
        "sender": event.source_addr,
        "ton": [event.source_addr_ton, event.source_addr_npi, event.dest_addr_ton, event.dest_addr_npi],
        "esm_class": event.esm_class,
        "data_coding": event.data_coding,
        "body": event.short_message.hex(),
    }
    print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
