"""An SMS centre over SMPP 3.4 for tests: the `smpp34` simulator, in a process of its own.

It prints its port, then a JSON line for each part it takes. Where the last digits of a phone are 01 it is throttled
once, 02 refused for good, 03 not answered at all and cut off; each other part has its receipt, with the id in decimal
and the sender's own reference. Receipts that nobody has answered are told again to the next connection.
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
USER_MESSAGE_REFERENCE = 0x0204


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


class Receipts:
    """What the centre still has to tell; as many at once as a connection answers."""

    def __init__(self) -> None:
        self.session: Esme | None = None
        self.kept: dict[int, SubmitSmEvent] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def connected(self, session: Esme) -> None:
        self.session = session
        for count in list(self.kept):
            self._start(count)

    def keep(self, count: int, event: SubmitSmEvent) -> None:
        self.kept[count] = event
        self._start(count)

    def _start(self, count: int) -> None:
        task = asyncio.create_task(self._deliver(count))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _deliver(self, count: int) -> None:
        event, session = self.kept[count], self.session
        text = f"id:{count:010d} sub:001 dlvrd:001 submit date:2611221200 done date:2611221200 stat:DELIVRD err:000"
        own = [one for one in event.tlvs if one.tag == USER_MESSAGE_REFERENCE]
        with contextlib.suppress(Exception):  # the connection is gone: the next one hears it
            assert session is not None
            await session.deliver_sm(
                event.source_addr, text.encode(), source_addr=event.destination_addr, esm_class=4, dest_addr_ton=5,
                tlvs=own,
            )  # fmt: skip
            self.kept.pop(count, None)


async def serve(port: int) -> None:
    server = Server("127.0.0.1", port, system_id="centre")
    await server.start()
    print(port, flush=True)  # noqa: T201
    receipts = Receipts()
    throttled: set[str] = set()
    count = 0x0A00
    kept = []  # a decision that is never made
    while True:
        event = await server.next()
        if isinstance(event, Esme):
            receipts.connected(event)
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
            receipts.keep(count, event)


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
