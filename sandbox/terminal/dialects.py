"""Both dialects of check/pay, as a terminal or a bank speaks them. Pure."""

import datetime
import re
import xml.etree.ElementTree as ElementTree
import zoneinfo
from typing import NamedTuple

from sandbox import instants

CHANNELS = ("osmp", "sber")
SECRETS = {"osmp": ("osmp", "demo-osmp"), "sber": ("sber", "demo-sber")}
_CODE = re.compile(r"\d{1,4}")


class Heard(NamedTuple):
    """What the provider answered; `code` is None where it was no answer of the protocol."""

    code: int | None
    comment: str = ""
    our_id: str = ""  # the provider's id of the payment
    name: str = ""
    balance: str = ""


def check(channel: str, account: str, amount: str, number: str) -> dict[str, str]:
    if channel == "osmp":
        return {"command": "check", "txn_id": number, "account": account, "sum": amount}
    return {"ACTION": "check", "ACCOUNT": account, "AMOUNT": amount}


def pay(channel: str, account: str, amount: str, number: str, at_ms: int, zone: zoneinfo.ZoneInfo) -> dict[str, str]:
    """number: the payment's own id.   at_ms: when the payer paid."""
    at = (instants.EPOCH + datetime.timedelta(milliseconds=at_ms)).astimezone(zone)
    if channel == "osmp":
        date = at.strftime("%Y%m%d%H%M%S")
        return {"command": "pay", "txn_id": number, "txn_date": date, "account": account, "sum": amount}
    date = at.strftime("%d.%m.%Y_%H:%M:%S")
    return {"ACTION": "payment", "ACCOUNT": account, "AMOUNT": amount, "PAY_ID": number, "PAY_DATE": date}


def hear(body: bytes) -> Heard:
    """What stands in an answer of either dialect."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return Heard(None)
    fields = {one.get("name", ""): one.text or "" for one in root.iter() if one.get("type") == "disp"}

    def text(*tags: str) -> str:
        return next((found.text or "" for tag in tags if (found := root.find(tag)) is not None), "")

    said = text("result", "CODE")
    return Heard(
        int(said) if _CODE.fullmatch(said) else None,
        text("comment", "MESSAGE"),
        text("prv_txn", "EXT_ID"),
        fields.get("fio") or text("FIO"),
        fields.get("balance") or text("BALANCE"),
    )
