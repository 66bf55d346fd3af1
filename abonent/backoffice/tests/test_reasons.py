"""Every reason that the program writes down is told in words; what is not known is shown as it was kept."""

import inspect
import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import translation

from abonent.backoffice import reasons
from abonent.billing import parking
from abonent.core import clock, db
from abonent.flows import import_statement
from abonent.payments.bank_statements import owners


@pytest.fixture(autouse=True)
def mid_november(db: None) -> Iterator[None]:
    with clock.frozen(clock.at_noon(date(2026, 11, 15))):
        yield


UNLIKE = (
    "its plan is unlike the run of 2026-10-14: by 1 200,00 of 55 000,00, most in internet by the month"
    " (100 charges of 55 000,00 then, 98 of 53 800,00 now)"
)
PARKED = (
    "subscription 7 has the absurd price of 900000000 kopecks; subscription 9 is active but paid until 2026-10-01"
    " only: no run was missed before 2026-11-15"
)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (UNLIKE, "План не похож на прогон 14 октября: разница 1 200,00 из 55 000,00. Больше всего в «Интернет»"
                 " (в месяц): тогда 100 списаний на 55 000,00, сейчас 98 на 53 800,00."),
        ("its chunks took 10,00 where the plan was 20,00", "Списано 10,00, а по плану должно быть 20,00."),
        (PARKED, "У услуги 7 невозможная цена: 9 000 000,00 ₽. Услуга 9 работает, но оплачена только до 1 октября,"
                 " хотя все дни до 15 ноября уже списаны."),
        ("subscription 3: 4 paid days have no charge", "Услуга 3: оплаченных дней без списания: 4."),
        ("subscription 3 is charged by «weekly», which nobody knows",
         "Услуга 3 тарифицируется неизвестным способом «weekly»."),
        ("subscription 3 has the price of 5 kopecks by the «weekly»",
         "Услуга 3: цена 0,05 ₽, способ списания «weekly»."),
        ("what nobody foresaw", "what nobody foresaw"),
    ],
)  # fmt: skip
def test_a_reason_is_told_in_the_language_of_whoever_looks(kept: str, told: str) -> None:
    with translation.override("ru"):
        assert reasons.said(kept).replace("\u00a0", " ").replace("\u202f", " ") == told


def test_every_reason_of_a_waiting_bank_document_is_known() -> None:
    source = inspect.getsource(owners)
    written = re.findall(r'why ?= ?f?"([^"]+)"', source) + re.findall(r'(?:CONTRACT|INVOICE), "([^"]+)"', source)
    assert len(written) >= 7
    for one in (*written, import_statement.TWIN):
        kept = re.sub(r"\{[^}]*\}", "2", one)
        with translation.override("ru"):
            assert reasons.said(kept) != kept, kept


def test_every_reason_of_parking_is_known() -> None:
    written = re.findall(r"format\('([^']+)'", db.read_sql(inspect.getfile(parking), "park"))
    assert len(written) == 3
    for one in written:
        kept = re.sub(r"%+s", "2", one).replace("until 2 only", "until 2026-11-01 only").replace(
            "before 2", "before 2026-11-02")  # fmt: skip
        with translation.override("ru"):
            assert reasons.said(kept) != kept, kept
