"""One's own personal data: consents given and withdrawn, everything in a file, corrections, and nobody else's."""

import json

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client

from abonent.core.models import AuditEntry
from abonent.flows import personal_data, personal_sections
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from abonent.subscribers import consents
from abonent.subscribers.models import Contact, Contract, PersonalConsent, Petition
from tests.world import Subscriber, World

PAGE = "/cabinet/privacy/"


def customer_id(world: World, who: Subscriber) -> int:
    return Contract.objects.get(id=who.contract_id).customer_id


def taken(browser: Client) -> dict[str, list[dict[str, object]]]:
    answer = browser.post(f"{PAGE}data.json")
    assert answer.status_code == 200
    return json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined,no-any-return]


def test_marketing_waits_for_a_consent_that_is_withdrawn_at_once(world: World, browser: Browser) -> None:
    anna, whose = browser(world.anna), customer_id(world, world.anna)
    page = words(anna.get(PAGE))
    assert page.count("нет согласия") == 4
    assert "Сообщения об услугах, платежах и работах приходят без согласия" in page
    assert consents.who_agreed([whose], "marketing_sms") == set()
    for _ in range(2):  # a double press is one consent
        assert anna.post(PAGE, {"do": "give", "purpose": "marketing_sms"}).status_code == 302
    given = PersonalConsent.objects.get()
    assert given.text == "Я согласен получать новости о тарифах и предложениях ООО «Скайнет» по SMS."
    assert (given.version, given.language, given.actor, given.address) == (
        consents.VERSION,
        "ru",
        "100001",
        "127.0.0.1",
    )
    assert consents.who_agreed([whose], "marketing_sms") == {whose}
    assert "дано 14 ноября в 12:00" in words(anna.get(PAGE))
    anna.post(PAGE, {"do": "withdraw", "purpose": "marketing_sms"})
    assert consents.who_agreed([whose], "marketing_sms") == set()
    assert "Отозванные раньше" in words(anna.get(PAGE))
    assert AuditEntry.objects.filter(action__endswith="_consent").count() == 2
    assert anna.post(PAGE, {"do": "give", "purpose": "everything"}).status_code == 302
    assert PersonalConsent.objects.count() == 1


def test_what_was_agreed_to_never_changes(world: World, browser: Browser) -> None:
    browser(world.anna).post(PAGE, {"do": "give", "purpose": "marketing_email"})
    for change in ("update subscribers_personalconsent set text = 'x'", "delete from subscribers_personalconsent"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_everything_about_oneself_and_nothing_of_others(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    Contact.objects.create(customer_id=customer_id(world, world.boris), kind="email", value="boris@example.ru")
    found = taken(anna)
    assert list(found)[2:] == [one.key for one in personal_sections.SECTIONS]
    assert [one["number"] for one in found["contracts"]] == ["100001"]
    assert sum(int(str(one["amount_kop"])) for one in found["moves"]) == world.balance(world.anna)
    assert "Город 300" in {one["name"] for one in found["subscriptions"]}
    assert found["charges"]
    assert found["payments"]
    assert len(found["devices"]) == 2
    assert [one["name"] for one in found["logins"]] == ["100001"]
    assert {one["who"] for one in found["talks"]} == {"наша программа"}  # its notices
    said = json.dumps(found, ensure_ascii=False)
    assert "boris@example.ru" not in said
    assert "100002" not in said
    assert "argon2" not in said
    assert found["log"][-1]["who"] == "вы"
    assert found["log"][-1]["action"] == "subscribers.export_data"


def test_all_contracts_of_a_person_stand_in_one_file(world: World, browser: Browser) -> None:
    assert [one["number"] for one in taken(browser(world.daria))["contracts"]] == ["100006", "100007"]


def test_the_readable_file_is_a_pdf_in_the_readers_language(world: World, browser: Browser) -> None:
    answer = browser(world.anna).post(f"{PAGE}data.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="personal-data-100001-2026-11-14.pdf"'
    assert answer.content.startswith(b"%PDF-")
    whose = personal_data.whose(customer_id(world, world.anna))
    titles = [str(one.title) for one in personal_sections.SECTIONS]
    assert len(titles) == len(set(titles))
    assert whose.names == ("100001",)


def test_the_file_is_taken_by_its_owner_alone_and_not_a_hundred_times(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    assert anna.get(f"{PAGE}data.json").status_code == 405  # no link gives it
    assert anna.post(f"{PAGE}data.xml").status_code == 404
    assert Client().post(f"{PAGE}data.json").status_code == 302
    for _ in range(10):
        assert anna.post(f"{PAGE}data.json").status_code == 200
    refused = anna.post(f"{PAGE}data.json")
    assert refused.status_code == 429
    assert "За последний час вы много раз брали этот файл." in words(refused)


def test_a_wish_to_correct_is_one_and_may_be_taken_back(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    empty = anna.post(PAGE, {"do": "correction", "text": "  "})
    assert (empty.status_code, "Напишите, что неверно и как должно быть." in words(empty)) == (422, True)
    for _ in range(2):
        anna.post(PAGE, {"do": "correction", "text": "Фамилия теперь Новая"})
    asked = Petition.objects.get()
    assert (asked.kind, asked.text, asked.state, asked.due_on.isoformat()) == (
        "correction", "Фамилия теперь Новая", "open", "2026-11-28",
    )  # fmt: skip
    assert "ответим до 28 ноября" in words(anna.get(PAGE))
    anna.post(PAGE, {"do": "take_back", "kind": "correction"})
    assert Petition.objects.get().state == "withdrawn"


def test_what_must_stay_is_named_with_its_term(world: World, browser: Browser) -> None:
    page = words(browser(world.anna).get(PAGE))
    assert "3 года после закрытия кабинета" in page
    assert "5 лет после закрытия кабинета" in page
    browser(world.anna).post(PAGE, {"do": "deletion"})
    assert Petition.objects.get().kind == "deletion"
