"""Chat, «Почта» and support as a visitor has them, and that nobody reads another's."""

import re

import pytest
from django.db import transaction
from django.test import Client

from abonent.billing.documents import invoices
from abonent.conversations import queries
from abonent.conversations.models import Conversation, Kind
from abonent.core import clock
from abonent.flows import tell_documents
from abonent.identity import users
from abonent.notifications import delivery, outbox
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from abonent.support import answering, operators
from abonent.support.models import Operator
from tests.world import World

START = {"name": "Пётр", "topic": "technical", "text": "Нет сети", "contact": "petr@example.test", "consent": "1"}


def start(client: Client, **changed: str) -> Conversation:
    answer = client.post("/chat/", {**START, "client_id": "0123456789abcdef", **changed})
    assert answer.status_code == 302, words(answer)
    return Conversation.objects.get(token=answer["Location"].split("/")[2])


def maria() -> Operator:
    with transaction.atomic():
        made = users.create_staff("maria", role="support", password="demo-staff")
        return operators.set_shown(made, name="Мария", topics=[], at=clock.now())


def test_a_guest_talks_without_a_script_and_goes_on_elsewhere_by_his_link(world: World) -> None:
    guest, elsewhere = Client(), Client()
    found = start(guest)
    page = words(guest.get(f"/chat/{found.token}/"))
    assert "Нет сети" in page
    assert "Вы следующий." in page
    answering.say(found, maria(), client_id="desk:1", text="Проверьте провод", at=clock.now())
    assert "Мария подключается к разговору" in words(elsewhere.get(f"/chat/{found.token}/"))
    said = elsewhere.post(f"/talk/{found.token}/say/", {"text": "Проверил", "client_id": "fedcba9876543210"})
    assert (said.status_code, said["Location"]) == (302, f"/chat/{found.token}/")
    assert [one.text for one in queries.messages(found.pk)] == ["Нет сети", "joined", "Проверьте провод", "Проверил"]
    bad = "<img src=x onerror=alert(1)>"
    guest.post(f"/talk/{found.token}/say/", {"text": bad, "client_id": "fedcba9876543211"})
    part = guest.get(f"/talk/{found.token}/after/?sequence=4").json()["html"]
    for shown in (part, guest.get(f"/chat/{found.token}/").content.decode()):
        assert "&lt;img src=x" in shown
        assert bad not in shown
    assert "Ваш разговор продолжается." in words(guest.get("/chat/"))
    assert "Проверьте провод" in guest.get(f"/talk/{found.token}/transcript/").content.decode()
    sent = guest.post(f"/talk/{found.token}/transcript/")
    assert sent["Location"] == f"/chat/{found.token}/?transcript=sent#transcript"
    assert "Письмо уже в пути на вашу почту" in words(guest.get(sent["Location"]))


def test_a_guest_must_agree_and_say_who_he_is(world: World) -> None:
    for missing, error in (
        ("name", "Напишите, как вас зовут."),
        ("consent", "Без вашего согласия"),
        ("topic", "Выберите тему."),
    ):
        form = {key: value for key, value in START.items() if key != missing}
        answer = Client().post("/chat/", form)
        assert answer.status_code == 400, missing
        assert missing == "topic" or error.split()[0] in words(answer)
    assert Client().post("/chat/", {**START, "website": "http://spam"}).status_code == 400
    assert not Conversation.objects.filter(kind=Kind.CHAT).exists()


def test_nobody_reads_anothers_conversation(world: World, browser: Browser) -> None:
    anna, boris, nobody = browser(world.anna), browser(world.boris), Client()
    hers = start(anna)
    assert (hers.contract_id, hers.guest_name) == (world.anna.contract_id, "")
    inside = [f"/talk/{hers.token}/{what}/" for what in ("after", "transcript")]
    for path in (f"/chat/{hers.token}/", f"/mail/{hers.token}/", f"/cabinet/support/{hers.token}/", *inside):
        assert anna.get(path).status_code == 200, path
        assert boris.get(path).status_code == 404, path
        assert nobody.get(path).status_code in ({302} if not path.startswith("/talk/") else {404}), path
    for what in ("say", "seen", "typing", "leave", "mark"):
        assert boris.post(f"/talk/{hers.token}/{what}/", {"text": "a", "mark": "5"}).status_code == 404
        assert nobody.post(f"/talk/{hers.token}/{what}/", {"text": "a", "mark": "5"}).status_code == 404
    assert len(queries.messages(hers.pk)) == 1
    guests = start(nobody, client_id="guests-own-form-id")
    assert boris.get(f"/mail/{guests.token}/").status_code == 404
    assert boris.get("/chat/not-a-token/").status_code == 404


def test_a_form_id_of_another_opens_nothing(world: World, browser: Browser) -> None:
    start(browser(world.anna))
    answer = browser(world.boris).post("/chat/", {**START, "client_id": "0123456789abcdef"})
    assert answer.status_code == 404


def test_a_script_is_answered_in_json_and_an_id_counts_once(world: World) -> None:
    guest = Client(headers={"accept": "application/json"})
    found = start(guest)
    path = f"/talk/{found.token}/"
    one = {"text": "<b>раз</b>", "client_id": "aaaaaaaaaaaaaaaaaaaa"}
    assert guest.post(f"{path}say/", one).json() == {"sequence": 2}
    assert guest.post(f"{path}say/", one).json() == {"sequence": 2}
    told = guest.get(f"{path}after/?sequence=1").json()
    assert (told["last"], told["read"]) == (2, 0)
    assert "&lt;b&gt;раз&lt;/b&gt;" in told["html"]
    assert "csrf" not in told["state"]
    empty = guest.post(f"{path}say/", {"text": " "})
    assert (empty.status_code, "error" in empty.json()) == (422, True)
    refused = guest.post(f"{path}say/", {"text": "a", "files": _file("run.exe", b"MZ\x90\0")})
    assert (refused.status_code, "run.exe" in refused.json()["error"]) == (422, True)


def test_a_flood_is_stopped(world: World) -> None:
    guest = Client(headers={"accept": "application/json"})
    found = start(guest)
    codes = [guest.post(f"/talk/{found.token}/say/", {"text": str(n)}).status_code for n in range(201)]
    assert codes == [200] * 200 + [429]


def test_a_file_is_given_back_as_a_file_and_to_its_people_only(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    found = start(anna)
    anna.post(f"/talk/{found.token}/say/", {"text": "", "files": _file("счёт.pdf", b"%PDF-1.7 ...")})
    attached = queries.messages(found.pk)[1].attachments.get()
    path = f"/talk/{found.token}/file/{attached.pk}/"
    given = anna.get(path)
    assert given["Content-Disposition"].startswith("attachment; filename*=UTF-8''%D1%81")
    assert given["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert given.content == b"%PDF-1.7 ..."
    assert browser(world.boris).get(path).status_code == 404
    other = start(browser(world.boris), client_id="boris-own-form-0001")
    assert browser(world.boris).get(f"/talk/{other.token}/file/{attached.pk}/").status_code == 404


def test_notices_stand_in_mail_once_unread_and_are_found(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    with transaction.atomic():
        outbox.queue(
            key="payment_received:77",
            contract_id=world.anna.contract_id,
            kind="payment_received",
            params={"amount_kop": 50000, "balance_kop": 120000},
        )
    delivery.deliver()
    delivery.deliver()
    before = queries.unread([world.anna.contract_id])
    page = words(anna.get("/mail/?folder=money"))
    assert page.count("Платёж получен") + page.count("Получен платёж") + page.count("500,00 ₽") >= 1
    found = Conversation.objects.get(client_id="notice:payment_received:77")
    assert words(anna.get("/mail/?q=1+200,00")).count("500,00") >= 1
    assert anna.get(f"/mail/{found.token}/").status_code == 200
    assert queries.unread([world.anna.contract_id]) == before - 1
    assert str(before - 1) in words(anna.get("/mail/unread/")) or before == 1
    anna.post(f"/mail/{found.token}/archive/", {"to": "archive"})
    assert found.token not in anna.get("/mail/").content.decode()
    assert found.token in anna.get("/mail/?folder=archive").content.decode()


def test_mail_has_a_door_of_its_own(world: World) -> None:
    stranger = Client()
    asked = stranger.get("/mail/?folder=money")
    assert asked["Location"] == "/mail/login/?next=/mail/%3Ffolder%3Dmoney"
    page = stranger.get("/mail/login/").content.decode()
    assert re.search(r'name="next" value="/mail/"', page)
    signed = stranger.post("/mail/login/", {"login": "100001", "password": "demo-anna", "next": "/mail/"})
    assert (signed.status_code, signed["Location"]) == (302, "/mail/")
    assert "Все письма" in words(stranger.get("/mail/"))


def test_a_question_carries_what_it_is_about_and_shows_its_state(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    page = words(anna.get("/cabinet/support/?topic=finance&about=Списание+1+ноября"))
    assert "О чём: Списание 1 ноября" in page
    assert "Как пополнить счёт?" in page
    answer = anna.post(
        "/cabinet/support/", {"topic": "finance", "about": "Списание 1 ноября", "text": "За что?"}, follow=True
    )
    assert "ждёт ответа" in words(answer)
    found = Conversation.objects.get(kind=Kind.REQUEST)
    assert (found.about, found.department, found.topic) == ("Списание 1 ноября", "private", "finance")
    answering.say(found, maria(), client_id="desk:1", text="Это октябрь", at=clock.now())
    assert "Это октябрь" in words(anna.get(f"/cabinet/support/{found.token}/"))
    assert "отвечает оператор" in words(anna.get("/cabinet/support/"))


def test_a_letter_to_a_department_reaches_that_department(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    sent = {"department": "general", "subject": "Справка", "text": "Нужна справка об оплате"}
    answer = anna.post("/mail/write/", sent)
    found = Conversation.objects.get(kind=Kind.MAIL)
    assert answer["Location"] == f"/mail/{found.token}/"
    assert (found.department, found.subject) == ("general", "Справка")
    empty = anna.post("/mail/write/", {**sent, "subject": ""})
    assert empty.status_code == 422
    assert "Нужна справка об оплате" in words(empty)


@pytest.mark.parametrize("path", ["/", "/login/", "/cabinet/", "/contacts/", "/nowhere/"])
def test_the_consultant_is_in_the_top_menu_of_every_page(world: World, browser: Browser, path: str) -> None:
    for client in (Client(), browser(world.anna)):
        answer = client.get(path)
        if answer.status_code != 302:
            top = answer.content.decode().partition("</header>")[0]
            assert 'href="/chat/"' in top
            assert "Онлайн-консультант" in top


def _file(name: str, content: bytes) -> object:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content)


def test_documents_come_as_letters_once(world: World, browser: Browser) -> None:
    invoices.make_due(world.today)
    first = tell_documents.tell_new(clock.now())
    assert first >= 2
    assert tell_documents.tell_new(clock.now()) == 0
    romashka = browser(world.romashka)
    page = romashka.get("/mail/?folder=documents")
    assert "Счёт на оплату № 1" in words(page)
    token = re.findall(r"/mail/([\w-]{43})/", page.content.decode())[0]
    link = re.search(r'href="(/cabinet/documents/\d+/)"', romashka.get(f"/mail/{token}/").content.decode())
    assert link is not None
    assert romashka.get(link[1])["Content-Type"] == "application/pdf"
    assert browser(world.anna).get(f"/mail/{token}/").status_code == 404
