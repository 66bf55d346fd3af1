"""The dialect of terminals and agents: OSMP, QIWI and those who took it over."""

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

TIME = "%Y%m%d%H%M%S"
CODES = {
    Result.OK: 0,
    Result.REPEATED: 0,
    Result.TEMPORARY: 1,
    Result.NOT_SETTLED: 90,
    Result.UNKNOWN_COMMAND: 300,
    Result.WRONG_ACCOUNT: 4,
    Result.NO_SUCH_CONTRACT: 5,
    Result.CONTRACT_CLOSED: 79,
    Result.WRONG_ID: 300,
    Result.WRONG_SUM: 300,
    Result.TOO_SMALL: 241,
    Result.TOO_BIG: 242,
    Result.WRONG_DATE: 300,
    Result.KNOWN_OTHERWISE: 300,
    Result.NO_SUCH_PAYMENT: 300,
    Result.NOT_CANCELED: 7,
}


def command(words: Mapping[str, str]) -> Command:
    return _COMMANDS.get(word(words, "command").lower(), Command.NONE)


def external_id(words: Mapping[str, str]) -> str:
    return word(words, "txn_id")


def read(words: Mapping[str, str], zone: ZoneInfo) -> Ask:
    """words: by small letters.   zone: of the times they send.   Raises UnableToRead."""
    what = command(words)
    if what == Command.CHECK:
        txn_id, said = word(words, "txn_id"), word(words, "sum")
        return Ask(
            what,
            account(word(words, "account")),
            payments_id(txn_id) if txn_id else "",
            amount(said) if said else None,
        )
    if what == Command.PAY:
        paid = word(words, "txn_date")
        return Ask(
            what,
            account(word(words, "account")),
            payments_id(word(words, "txn_id")),
            amount(word(words, "sum")),
            moment(paid, TIME, zone) if paid else None,
        )
    if what == Command.CANCEL and word(words, "prv_txn"):
        return Ask(what, external_id=word(words, "txn_id"), payment_id=_ours(word(words, "prv_txn")))
    if what in (Command.CANCEL, Command.STATUS):
        return Ask(what, external_id=payments_id(word(words, "txn_id")))
    raise UnableToRead(Result.UNKNOWN_COMMAND)


def write(answer: Answer, encoding: str) -> str:
    parts = [xml.element("osmp_txn_id", answer.said_id)]
    if answer.payment_id is not None:
        parts.append(xml.element("prv_txn", str(answer.payment_id)))
    if answer.amount_kop is not None:
        parts.append(xml.element("sum", money.plain(answer.amount_kop)))
    parts += [xml.element("result", str(CODES[answer.result])), xml.element("comment", answer.comment)]
    if answer.command == Command.CHECK and answer.result == Result.OK:
        parts.append(_fields(answer))
    return xml.document(f"<response>{''.join(parts)}</response>", encoding)


def _ours(text: str) -> int:
    number = int(payments_id(text))
    if number >= 2**63:
        raise UnableToRead(Result.WRONG_ID)
    return number


def _fields(answer: Answer) -> str:
    """What the terminal shows the payer before he pays."""
    shown = [("fio", answer.name), ("balance", money.plain(answer.balance_kop or 0))]
    if answer.missing_kop:
        shown.append(("rec_sum", money.plain(answer.missing_kop)))
    fields = [
        xml.element(f"field{number}", value, name=name, type="disp") for number, (name, value) in enumerate(shown, 1)
    ]
    return f"<fields>{''.join(fields)}</fields>"


_COMMANDS = {one.value: one for one in (Command.CHECK, Command.PAY, Command.CANCEL, Command.STATUS)}
