"""The dialect of Sberbank: EPS, protocol 1."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from abonent.api.checkpay import xml
from abonent.api.checkpay.asks import (
    Answer,
    Ask,
    Command,
    Result,
    UnableToRead,
    account,
    amount,
    moment,
    payments_id,
    word,
)
from abonent.core import money

TIME = "%d.%m.%Y_%H:%M:%S"
CODES = {
    Result.OK: 0,
    Result.REPEATED: 8,
    Result.TEMPORARY: 1,
    Result.NOT_SETTLED: 1,
    Result.UNKNOWN_COMMAND: 2,
    Result.WRONG_ACCOUNT: 4,
    Result.NO_SUCH_CONTRACT: 3,
    Result.CONTRACT_CLOSED: 5,
    Result.WRONG_ID: 6,
    Result.WRONG_SUM: 9,
    Result.TOO_SMALL: 10,
    Result.TOO_BIG: 11,
    Result.WRONG_DATE: 12,
    Result.KNOWN_OTHERWISE: 300,
    Result.NO_SUCH_PAYMENT: 300,
    Result.NOT_CANCELED: 7,
}


def command(words: Mapping[str, str]) -> Command:
    return _COMMANDS.get(word(words, "action").lower(), Command.NONE)


def external_id(words: Mapping[str, str]) -> str:
    return word(words, "pay_id")


def read(words: Mapping[str, str], zone: ZoneInfo) -> Ask:
    """words: by small letters.   zone: of the times they send.   Raises UnableToRead."""
    what = command(words)
    if what == Command.CHECK:
        said = word(words, "amount")
        return Ask(what, account(word(words, "account")), amount_kop=amount(said) if said else None)
    if what == Command.PAY:
        return Ask(
            what,
            account(word(words, "account")),
            payments_id(word(words, "pay_id")),
            amount(word(words, "amount")),
            moment(word(words, "pay_date"), TIME, zone),
        )
    raise UnableToRead(Result.UNKNOWN_COMMAND)


def write(answer: Answer, encoding: str) -> str:
    parts = [xml.element("CODE", str(CODES[answer.result])), xml.element("MESSAGE", answer.comment)]
    if answer.command == Command.CHECK and answer.result == Result.OK:
        parts += [
            xml.element("FIO", answer.name),
            xml.element("ADDRESS", ""),  # anybody may ask: where a person lives is not told
            xml.element("BALANCE", money.plain(answer.balance_kop or 0)),
            xml.element("REC_SUM", money.plain(answer.missing_kop)),
            xml.element("INFO", ""),
        ]
    if answer.payment_id is not None and answer.amount_kop is not None and answer.paid_at is not None:
        parts += [
            xml.element("EXT_ID", str(answer.payment_id)),
            xml.element("REG_DATE", answer.paid_at.strftime(TIME)),
            xml.element("AMOUNT", money.plain(answer.amount_kop)),
        ]
    return xml.document(f"<response>{''.join(parts)}</response>", encoding)


_COMMANDS = {"check": Command.CHECK, "payment": Command.PAY}
