"""The words of the 1CClientBankExchange format, and those people write in the purpose of a payment. Data, no verbs."""

import re

MARK = "1CClientBankExchange"
ENCODING = "Кодировка"

ACCOUNT_BEGINS, ACCOUNT_ENDS = "СекцияРасчСчет", "КонецРасчСчет"
DOCUMENT_BEGINS, DOCUMENT_ENDS = "СекцияДокумент", "КонецДокумента"
FILE_ENDS = "КонецФайла"

OWN_ACCOUNT = "РасчСчет"
FIRST_DATE, LAST_DATE = "ДатаНачала", "ДатаКонца"
OPENING, RECEIVED, SPENT, CLOSING = "НачальныйОстаток", "ВсегоПоступило", "ВсегоСписано", "КонечныйОстаток"

NUMBER, DATE, SUM = "Номер", "Дата", "Сумма"
RECEIVED_ON, SPENT_ON = "ДатаПоступило", "ДатаСписано"
PURPOSE = "НазначениеПлатежа"
PAYER = ("Плательщик", "Плательщик1")
PAYER_INN, PAYER_BIK = "ПлательщикИНН", "ПлательщикБИК"
PAYER_ACCOUNT = ("ПлательщикРасчСчет", "ПлательщикСчет")
PAYEE_ACCOUNT = ("ПолучательРасчСчет", "ПолучательСчет")

# A key is written in one word of capitals: «ДатаПоступило», «Получатель1», or is one of these short ones.
SHORT_KEYS = {
    "Номер", "Дата", "Сумма", "Документ", "Код", "Плательщик", "Получатель", "Отправитель", "Кодировка", "Очередность",
    "Акцептант", "Квитанция",
}  # fmt: skip
KEY = re.compile(r"(?=.*[а-яё])(?:[А-ЯЁ][а-яё]*){2,}\d?|[А-ЯЁ][а-яё]+\d")

# What the purpose names. A number stands after its word, with or without the sign.
_DAY = r"\d{1,2}[./]\d{1,2}[./]\d{2,4}"
_SIGN = r"[\s.:]*(?:№|N|No\.?|номер)?[\s.:]*"
CONTRACT = re.compile(
    r"\b(?:договор[а-я]*|дог(?=[\s.:№N])|л(?:ицев[а-я]*|\.)?[\s./\\]*с(?:ч[её]т[а-я]*|ч)?(?=[\s.:№N\d])|контракт[а-я]*)"
    + rf"(?:\s*от\s*{_DAY}(?:\s*г\.?)?)?"
    + _SIGN
    + r"(?P<number>(?=[0-9A-ZА-Я-]*\d)[0-9A-ZА-Я][0-9A-ZА-Я-]{0,31})",
    re.IGNORECASE,
)
INVOICE = re.compile(
    r"\b(?:сч[её]т(?:у|а|ом)?|сч)(?:\s+на\s+оплату)?"
    + _SIGN
    + rf"(?P<number>\d{{1,9}})(?![\d.])(?:\s*от\s*(?P<day>{_DAY}|\d{{1,2}}\s+[а-я]+\s+\d{{4}}))?",
    re.IGNORECASE,
)
BARE = re.compile(r"(?<![0-9A-ZА-Я.,-])[0-9A-ZА-Я-]*\d[0-9A-ZА-Я-]*(?![0-9A-ZА-Я,-])", re.IGNORECASE)
PERSONAL = re.compile(r"лицев[а-я]*\s*$", re.IGNORECASE)  # «лицевой счёт 100001» is a contract, not an invoice
ACQUIRING = re.compile(r"эквайринг|по\s+реестру|реестр\s+(?:платеж|операц)|по\s+операциям\s+с\s+карт", re.IGNORECASE)
MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
    "декабря",
)  # fmt: skip
