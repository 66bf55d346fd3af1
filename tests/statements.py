"""Bank statements as banks write them, for tests: of the profile's own account, of documents given in a word."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

PAYER_ACCOUNT, PAYER_BIK = "40702810900000000001", "044525225"


@dataclass(frozen=True)
class Paper:
    """A payment order. `fields` come instead of those it would have, or beside them; None leaves one out."""

    number: str
    amount: str  # as the bank writes it: "1 500,00"
    purpose: str
    on: str = "09.11.2026"
    inn: str = ""
    payer: str = "Иванов Иван Иванович"
    outgoing: bool = False
    fields: dict[str, str | None] = field(default_factory=dict)

    def lines(self) -> list[str]:
        own, other = own_account(), PAYER_ACCOUNT
        payer, payee = (own, other) if self.outgoing else (other, own)
        said: dict[str, str | None] = {
            "Номер": self.number,
            "Дата": self.on,
            "Сумма": self.amount,
            "ДатаСписано" if self.outgoing else "ДатаПоступило": self.on,
            "ПлательщикСчет": payer,
            "Плательщик": self.payer,
            "ПлательщикИНН": self.inn,
            "ПлательщикБИК": PAYER_BIK,
            "ПолучательСчет": payee,
            "Получатель": "Мы",
            "НазначениеПлатежа": self.purpose,
            "Очередность": "5",
            **self.fields,
        }
        kept = [f"{key}={value}" for key, value in said.items() if value is not None]
        return ["СекцияДокумент=Платежное поручение", *kept, "КонецДокумента"]


def own_account() -> str:
    assert settings.PROFILE.requisites is not None
    return settings.PROFILE.requisites.bank.account


def text(
    *papers: Paper, opening: str = "1000.00", received: str, spent: str = "0.00", closing: str, **head: Any
) -> str:
    """The whole file, lines ended as on Windows.   head: first, last (dates), account, encoding."""
    account = head.get("account") or own_account()
    first, last = head.get("first", date(2026, 11, 9)), head.get("last", date(2026, 11, 9))
    days = [f"ДатаНачала={first:%d.%m.%Y}", f"ДатаКонца={last:%d.%m.%Y}"]
    lines = [
        "1CClientBankExchange",
        "ВерсияФормата=1.03",
        f"Кодировка={head.get('encoding', 'Windows')}",
        "Отправитель=Банк",
        *days,
        f"РасчСчет={account}",
        "СекцияРасчСчет",
        *days,
        f"РасчСчет={account}",
        f"НачальныйОстаток={opening}",
        f"ВсегоПоступило={received}",
        f"ВсегоСписано={spent}",
        f"КонечныйОстаток={closing}",
        "КонецРасчСчет",
        *(line for paper in papers for line in paper.lines()),
        "КонецФайла",
        "",
    ]
    return "\r\n".join(lines)


def content(*papers: Paper, coding: str = "cp1251", **words: Any) -> bytes:
    return text(*papers, **words).encode(coding)
