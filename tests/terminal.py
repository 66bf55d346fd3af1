"""A terminal and a bank's office for tests of Abonent's side: both dialects of check/pay, through our own door."""

import base64
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.test import Client

DEMO = {"osmp": ("osmp", "demo-osmp"), "sber": ("sber", "demo-sber")}
WORDS = {
    "osmp": {"command": "command", "account": "account", "sum": "sum", "id": "txn_id", "date": "txn_date"},
    "sber": {"command": "ACTION", "account": "ACCOUNT", "sum": "AMOUNT", "id": "PAY_ID", "date": "PAY_DATE"},
}
COMMANDS = {"osmp": {"check": "check", "pay": "pay"}, "sber": {"check": "check", "pay": "payment"}}
DATES = {"osmp": "20261110120000", "sber": "10.11.2026_12:00:00"}


def basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    type: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(self.type.partition("charset=")[2] or "utf-8")

    def __getitem__(self, tag: str) -> str:
        """The text of an element; "" for an empty one or none."""
        found = re.search(rf"<{tag}(?: [^>]*)?>(.*?)</{tag}>", self.text)
        return found[1] if found else ""

    @property
    def code(self) -> int:
        return int(self["result"] or self["CODE"])

    @property
    def our_id(self) -> int:
        return int(self["prv_txn"] or self["EXT_ID"])


def send(channel: str, query: str, *, method: str = "get", **headers: str) -> Said:
    """The query as it is, by whoever speaks to the gateway."""
    headers = {"authorization": basic(*DEMO[channel]), **headers}
    client = Client(enforce_csrf_checks=True, headers={name: value for name, value in headers.items() if value})
    path = f"/pay/{channel}/"
    answer: Any
    if method == "get":
        answer = client.get(f"{path}?{query}")
    else:
        answer = client.generic(method.upper(), path, query, content_type="application/x-www-form-urlencoded")
    return Said(answer.status_code, answer.headers.get("Content-Type", ""), answer.content)


def query(channel: str, what: str, *, encoding: str = "utf-8", **said: str) -> str:
    """The dialect's own words for account, sum, id, date; what else is said goes as it is."""
    names = WORDS[channel]
    pairs = {names["command"]: COMMANDS[channel].get(what, what)}
    pairs |= {names.get(name, name): value for name, value in said.items()}
    return "&".join(f"{name}={quote(value, safe='', encoding=encoding)}" for name, value in pairs.items())


def check(channel: str, account: str, **said: str) -> Said:
    if channel == "osmp":
        said = {"id": "1", "sum": "500.00", **said}
    return send(channel, query(channel, "check", account=account, **said))


def pay(channel: str, account: str, sum: str = "500.00", id: str = "1234567", **said: str) -> Said:
    said = {"date": DATES[channel], **said}
    return send(channel, query(channel, "pay", account=account, sum=sum, id=id, **said))
