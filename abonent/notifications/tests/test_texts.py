"""What a notice says, in both languages, to the letter."""

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from abonent.notifications import texts
from abonent.notifications.tests import said_of_cards, said_of_network, said_of_security

TODAY = date(2026, 12, 14)
NBSP = "\u00a0"

RUSSIAN: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "payment_received",
        {"amount_kop": 50000, "balance_kop": 125050},
        f"Платёж получен: 500,00{NBSP}₽",
        f"Получен платёж 500,00{NBSP}₽. Баланс договора 100001: 1{NBSP}250,50{NBSP}₽.",
    ),
    (
        "payment_refunded",
        {"amount_kop": 50000, "balance_kop": 125050},
        f"Возврат платежа: 500,00{NBSP}₽",
        f"По договору 100001 вам возвращается 500,00{NBSP}₽. Баланс: 1{NBSP}250,50{NBSP}₽.",
    ),
    (
        "suspended",
        {"missing_kop": 32500, "on": "2026-12-01"},
        "Услуги приостановлены с 1 декабря",
        f"Услуги по договору 100001 приостановлены с 1 декабря: не хватает 325,00{NBSP}₽. "
        "Они включатся сразу после пополнения.",
    ),
    (
        "charge_soon",
        {"missing_kop": 45000, "stops_on": "2027-01-01"},
        f"Для списания 1 января 2027 не хватает 450,00{NBSP}₽",
        f"1 января 2027 будет списание по договору 100001, не хватает 450,00{NBSP}₽. Пополните счёт вовремя.",
    ),
    (
        "money_ends",
        {"missing_kop": 2000, "stops_on": "2026-12-17"},  # the first date that is not covered
        "Денег на счёте хватит по 16 декабря",
        "Денег на счёте договора 100001 хватит по 16 декабря. Пополните счёт вовремя.",
    ),
    (
        "resumed",
        {"paid_until": "2027-01-01"},  # the first day not paid
        "Услуги снова работают",
        "Услуги по договору 100001 снова работают, оплачено по 31 декабря.",
    ),
    (
        "resumed",
        {"paid_until": "2027-02-01"},
        "Услуги снова работают",
        "Услуги по договору 100001 снова работают, оплачено по 31 января 2027.",
    ),
    (
        "deferral_granted",
        {"amount_kop": 50000, "ends_on": "2026-12-19"},  # the first date without it
        "Отложенный платёж по 18 декабря",
        f"Отложенный платёж 500,00{NBSP}₽ по договору 100001: пополните счёт не позже 18 декабря, и всё продолжит "
        "работать.",
    ),
    (
        "deferral_ends",
        {"amount_kop": 50000, "ends_on": "2026-12-19"},
        "Отложенный платёж заканчивается 18 декабря",
        "18 декабря — последний день отложенного платежа по договору 100001. Пополните счёт вовремя.",
    ),
    (
        "deferral_ended",
        {"owed_kop": 10833, "on": "2026-12-19"},
        "Отложенный платёж закончился",
        f"Отложенный платёж по договору 100001 закончился, осталось оплатить 108,33{NBSP}₽. Неиспользованные "
        "оплаченные дни возвращены на счёт. Услуга включится сразу после пополнения.",
    ),
    (
        "deferral_given",
        {"amount_kop": 65000, "fee_kop": 3000, "ends_on": "2026-12-06"},
        "Услуги работают: платёж отложен по 5 декабря",
        f"На договоре 100001 не хватило денег, поэтому действует отложенный платёж 650,00{NBSP}₽ по 5 декабря. "
        f"Пополните счёт до конца этого дня. Плата за него: 30,00{NBSP}₽.",
    ),
    (
        "credit_stopped",
        {"number": 17, "pay_until": "2026-12-11", "unpaid_kop": 412500},
        "Счёт № 17 не оплачен: кредит остановлен",
        f"Счёт № 17 по договору 100001 нужно было оплатить до 11 декабря; долг 4{NBSP}125,00{NBSP}₽. "
        "Пока он не оплачен, услуги в кредит не оказываются.",
    ),
    (
        "debt_notice",
        {"owed_kop": 32500, "since_on": "2026-11-03", "pay_until": "2026-11-24"},
        f"Долг по договору 100001: 325,00{NBSP}₽",
        f"Долг по договору 100001 с 3 ноября: 325,00{NBSP}₽. Пожалуйста, оплатите до 24 ноября: после этого дня услуга "
        "может быть приостановлена.",
    ),
    (
        "debt_letter",
        {"owed_kop": 32500, "pay_until": "2026-12-04", "number": 17},
        "Вам отправлена претензия об оплате долга",
        f"Претензия № 17 об оплате 325,00{NBSP}₽ по договору 100001 до 4 декабря отправлена вам почтой. "
        "Когда долг оплачен, других последствий нет.",
    ),
    (
        "credit_restored",
        {},
        "Кредит снова действует",
        "Просроченный счёт по договору 100001 оплачен: кредитный лимит снова действует.",
    ),
    (
        "contract_ended",
        {"on": "2026-12-15", "returned_kop": 28000, "balance_kop": -5000},
        "Договор завершён",
        f"Договор 100001 завершён, последний день — 14 декабря. Осталось оплатить 50,00{NBSP}₽.",
    ),
    (
        "contract_ended",
        {"on": "2026-12-15", "returned_kop": 28000, "balance_kop": 28000},
        "Договор завершён",
        f"Договор 100001 завершён, последний день — 14 декабря. На счёте осталось 280,00{NBSP}₽: вернуть их можно в "
        "личном кабинете.",
    ),
    (
        "contract_ended",
        {"on": "2026-12-15", "returned_kop": 0, "balance_kop": 0},
        "Договор завершён",
        "Договор 100001 завершён, последний день — 14 декабря.",
    ),
    ("activated", {}, "Услуги подключены", "Услуги по договору 100001 подключены. Добро пожаловать!"),
    (
        "tariff_changed",
        {"name_ru": "Город 500", "name_en": "City 500", "total_kop": 16000},
        "Тариф изменён: Город 500",
        f"Тариф по договору 100001 теперь «Город 500». Списано 160,00{NBSP}₽.",
    ),
    (
        "tariff_changed",
        {"name_ru": "Город 100", "name_en": "City 100", "total_kop": -16000},
        "Тариф изменён: Город 100",
        f"Тариф по договору 100001 теперь «Город 100». На баланс вернулось 160,00{NBSP}₽.",
    ),
    (
        "tariff_changed",
        {"name_ru": "Город 100", "name_en": "City 100", "total_kop": 0},
        "Тариф изменён: Город 100",
        "Тариф по договору 100001 теперь «Город 100».",
    ),
    (
        "tariff_planned",
        {"name_ru": "Город 500", "name_en": "City 500", "on": "2027-01-01"},
        "Будущий тариф: Город 500 с 1 января 2027",
        "Тариф по договору 100001 с 1 января 2027 — «Город 500». "
        "До этого дня его можно бесплатно отменить в личном кабинете.",
    ),
    (
        "tariff_to_agree",
        {"name_ru": "Город 500", "name_en": "City 500", "total_kop": 17000},
        "Смена тарифа одобрена: посмотрите сумму",
        "Смена тарифа по договору 100001 на «Город 500» одобрена, но сегодня стоит дороже, чем вы соглашались: "
        f"170,00{NBSP}₽. Подтвердите её в личном кабинете или отзовите.",
    ),
    (
        "tariff_refused",
        {"name_ru": "Город 500", "name_en": "City 500", "why": "порт занят"},
        "Тариф сменить не получилось",
        "Смену тарифа по договору 100001 на «Город 500» не одобрили: порт занят. Ничего не списано.",
    ),
    (
        "tariff_began",
        {"name_ru": "Город 100", "name_en": "City 100", "on": "2026-12-01", "price_kop": 55000},
        "Теперь ваш тариф — «Город 100»",
        f"С 1 декабря тариф по договору 100001 — «Город 100», 550,00{NBSP}₽, как вы и выбрали.",
    ),
    (
        "tariff_expired",
        {"name_ru": "Город 500", "name_en": "City 500", "why": "time"},
        "Заявка на смену тарифа закрыта",
        "Заявка по договору 100001 на «Город 500» не была подтверждена вовремя и закрыта. Ничего не списано; "
        "её можно отправить ещё раз в личном кабинете.",
    ),
    (
        "tariff_expired",
        {"name_ru": "Город 500", "name_en": "City 500", "why": "withdrawn"},
        "Заявка на смену тарифа закрыта",
        "Тариф «Город 500» больше не подключается, поэтому заявка по договору 100001 закрыта. Ничего не списано; "
        "выберите другой тариф в личном кабинете.",
    ),
    (
        "tariff_price",
        {
            "name_ru": "Город 300",
            "name_en": "City 300",
            "charging": "month",
            "old_kop": 65000,
            "price_kop": 70000,
            "on": "2027-01-01",
        },
        f"С 1 января 2027 «Город 300» стоит 700,00{NBSP}₽ в месяц",
        f"Договор 100001: с 1 января 2027 «Город 300» стоит 700,00{NBSP}₽ в месяц вместо 650,00{NBSP}₽ в месяц. "
        "Оплаченные дни не меняются. Не подходит — смените тариф или расторгните договор.",
    ),
    (
        "tariff_price_off",
        {"name_ru": "Город 300", "name_en": "City 300", "charging": "per_day", "old_kop": 2000},
        "Условия «Город 300» не меняются",
        f"Договор 100001: мы сообщали об изменении «Город 300». Его не будет: цена остаётся 20,00{NBSP}₽ в день, "
        "делать ничего не нужно.",
    ),
    (
        "addon_connected",
        {"name_ru": "Аренда роутера", "name_en": "Router rent", "on": "2026-12-15"},
        "Аренда роутера: подключено",
        "«Аренда роутера» по договору 100001 — подключено с 15 декабря.",
    ),
    (
        "addon_ordered",
        {"name_ru": "Настройка Wi-Fi", "name_en": "Wi-Fi set-up", "total_kop": 50000},
        "Настройка Wi-Fi: заказано",
        f"«Настройка Wi-Fi» по договору 100001 — заказано и оплачено: 500,00{NBSP}₽. "
        "Мы позвоним, чтобы договориться о дне.",
    ),
    (
        "addon_disconnected",
        {"name_ru": "Аренда роутера", "name_en": "Router rent", "on": "2027-01-01"},
        "Аренда роутера: отключено",
        "«Аренда роутера» по договору 100001 — отключено с 1 января 2027.",
    ),
    (
        "answer_waits",
        {},
        "Вам ответили",
        f"На ваш вопрос ответили. Прочитать: {settings.PUBLIC_URL}/mail/",
    ),
    *said_of_cards.RUSSIAN,
    *said_of_network.RUSSIAN,
    *said_of_security.RUSSIAN,
]
ENGLISH: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "suspended",
        {"missing_kop": 32500, "on": "2026-12-01"},
        "Service is suspended from 1 December",
        f"Service of contract 100001 is suspended from 1 December: 325,00{NBSP}₽ is missing. "
        "It comes back as soon as you top up.",
    ),
    ("activated", {}, "Service is on", "Service of contract 100001 is on. Welcome!"),
]


def render(kind: str, params: dict[str, Any], language: str) -> texts.Text:
    return texts.render(kind, params, language=language, contract_number="100001", today=TODAY)


@pytest.mark.parametrize(("kind", "params", "subject", "body"), RUSSIAN)
def test_in_russian(kind: str, params: dict[str, Any], subject: str, body: str) -> None:
    assert render(kind, params, "ru") == texts.Text(subject, body)


@pytest.mark.parametrize(("kind", "params", "subject", "body"), ENGLISH)
def test_in_english(kind: str, params: dict[str, Any], subject: str, body: str) -> None:
    assert render(kind, params, "en") == texts.Text(subject, body)


def test_the_language_is_the_customers_and_not_the_readers_of_a_page() -> None:
    with translation.override("en"):
        assert render("activated", {}, "ru").subject == "Услуги подключены"
        assert translation.get_language() == "en"
    with translation.override("ru"):
        assert render("activated", {}, "en-gb").subject == "Service is on"
        assert render("activated", {}, "kk").subject == "Услуги подключены"  # we speak two


def test_every_kind_is_written_in_russian() -> None:
    by_staff = {texts.MAILING, texts.MAILING_OFFER}  # whose words are theirs
    assert {case[0] for case in RUSSIAN} == set(texts.KINDS) - by_staff


def test_an_sms_begins_with_the_brand_and_fits_three_parts() -> None:
    for kind, params, _, _ in RUSSIAN:
        sms = texts.sms(render(kind, params, "ru"))
        assert sms.startswith("SkyNet: ")
        assert len(sms) <= 3 * 67, sms


def test_a_letter_says_where_to_go_and_whom_to_call() -> None:
    letter = texts.letter(render("activated", {}, "ru"), language="ru")
    assert letter.splitlines()[0] == "Здравствуйте!"
    assert "Личный кабинет: http://localhost:8000/cabinet/" in letter
    assert "Поддержка: 8 (800) 000-00-00" in letter
    assert letter.endswith("-- \nSkyNet\n")


def test_a_notice_without_what_its_text_needs_stops_where_it_is_queued() -> None:
    with pytest.raises(AssertionError, match="missing_kop"):
        texts.check("suspended", {"on": "2026-12-01"})
    with pytest.raises(AssertionError, match="greeting"):
        texts.check("greeting", {})
