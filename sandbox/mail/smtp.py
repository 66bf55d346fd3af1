"""The mail server: each letter is stored before its sender hears «250»."""

import asyncio
import json

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.store import Store

LETTER_MAX_BYTES = 10_000_000


class Inbox:
    """aiosmtpd's handler."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content or b""
        with self._store.transaction() as sql:
            stored = sql.execute(
                "insert into mail (mail_from, rcpt_to, raw, received_ms) values (?, ?, ?, ?)",
                (envelope.mail_from or "", json.dumps(envelope.rcpt_tos), raw, self._store.now_ms()),
            )
        return f"250 OK: stored as {stored.lastrowid}"


async def listen(store: Store, host: str, port: int) -> asyncio.Server:
    """Raises OSError where the port is taken."""
    loop = asyncio.get_running_loop()

    def connection() -> SMTP:
        return SMTP(
            Inbox(store),
            hostname="sandbox",
            data_size_limit=LETTER_MAX_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    return await loop.create_server(connection, host, port)
