"""An SMS centre for `bench sms`, in a process of its own: SMPP 3.4 that takes everything and tells no receipts.

It prints its port; at SIGTERM, how many messages it has taken and how many different phones were among them.
"""

import asyncio
import contextlib
import signal
import struct
import sys

_HEADER = struct.Struct(">IIII")  # length, command, status, sequence number
_ANSWER = 0x80000000
_BIND_TRANSCEIVER, _SUBMIT, _UNBIND, _ENQUIRE = 0x09, 0x04, 0x06, 0x15
MOST_OCTETS = 65_536


class Centre:
    def __init__(self) -> None:
        self.taken = 0
        self.phones: set[bytes] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, command, _, number = _HEADER.unpack(await reader.readexactly(_HEADER.size))
                if not _HEADER.size <= length <= MOST_OCTETS:
                    break
                body = await reader.readexactly(length - _HEADER.size)
                answer = self._answer(command, body)
                if answer is not None:
                    writer.write(_HEADER.pack(_HEADER.size + len(answer), command | _ANSWER, 0, number) + answer)
                    await writer.drain()
                if command == _UNBIND:
                    break
        writer.close()

    def _answer(self, command: int, body: bytes) -> bytes | None:
        if command == _SUBMIT:
            self.taken += 1
            self.phones.add(_phone(body))
            return f"{self.taken:x}".encode() + b"\0"
        if command == _BIND_TRANSCEIVER:
            return b"centre\0"
        return b"" if command in (_UNBIND, _ENQUIRE) else None


def _phone(body: bytes) -> bytes:
    """service_type, source ton and npi, source, destination ton and npi, destination."""
    _, _, rest = body.partition(b"\0")
    _, _, rest = rest[2:].partition(b"\0")
    phone, _, _ = rest[2:].partition(b"\0")
    return phone


async def _main() -> None:
    centre, stop = Centre(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(centre.serve, "127.0.0.1", 0)
    _say(server.sockets[0].getsockname()[1])
    await stop.wait()
    _say(f"{centre.taken} {len(centre.phones)}")


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main())
