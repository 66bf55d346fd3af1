"""The staff's mailings and words of notices: who may, what is refused, what is kept, how it looks."""

from abonent.backoffice import wordings
from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core.models import AuditEntry
from abonent.flows import mailing
from abonent.notifications import texts, wording
from abonent.notifications.models import Mailing, Notice, Wording
from abonent.portal.tests.reading import words
from tests.world import World

WISH = {
    "name": "Works", "channel": "sms", "audience": "segment", "segment": "private", "body_ru": "{name}, ночью работы.",
}  # fmt: skip


def test_a_mailing_is_written_tried_started_and_stopped(world: World, staff: StaffBrowser) -> None:
    admin = staff("admin")
    assert "Nothing has been sent to many yet" in words(admin.get("/staff/mailings/"))
    for wrong in ({"body_ru": "<b>x</b>"}, {"audience": "martians"}, {"segment": "moon"}, {"audience": "building"}):
        assert admin.post("/staff/mailings/new/", WISH | wrong).status_code == 422, wrong
    assert not Mailing.objects.exists()
    made = admin.post("/staff/mailings/new/", WISH)
    one = Mailing.objects.get()
    assert made["Location"] == f"/staff/mailings/{one.pk}/"
    page = words(admin.get(made["Location"]))
    assert "SkyNet: Анна, ночью работы." in page
    assert "Send to 2 people" in page
    assert admin.post(made["Location"], {"do": "try", "to": "12"}).status_code == 422
    assert "The test has gone to +79990000000." in words(
        admin.post(made["Location"], {"do": "try", "to": "8 999 000-00-00"})
    )
    assert admin.post(made["Location"], {"do": "start"}).status_code == 422
    assert admin.post(made["Location"], {"do": "start", "sure": "1"}).status_code == 302
    assert admin.post(made["Location"], {"do": "start", "sure": "1"}).status_code == 409
    mailing.queue(one.pk)
    assert Notice.objects.filter(mailing=one).count() == 2
    assert "of 2" in words(admin.get(f"{made['Location']}state/"))
    admin.post(made["Location"], {"do": "stop"})
    one.refresh_from_db()
    assert one.state in ("stopped", "done")
    assert admin.get(f"{made['Location']}text/").status_code == 302  # what has gone is not written anew
    told = set(AuditEntry.objects.filter(subject=f"mailing:{one.pk}").values_list("action", flat=True))
    assert {"notifications.make_mailing", "notifications.start_mailing", "notifications.try_mailing"} <= told


def test_words_of_a_notice_are_looked_at_kept_refused_and_given_back(world: World, staff: StaffBrowser) -> None:
    admin, page = staff("admin"), "/staff/notices/payment_received/ru/"
    assert "Платёж получен" in words(admin.get(page))
    typed = {"subject": "Пришли деньги", "body": "Спасибо! {amount}"}
    assert "SkyNet: Спасибо! 650,00" in words(admin.post(page, {"do": "look", **typed}))
    assert not Wording.objects.exists()
    broken = admin.post(page, {"do": "keep", **typed, "body": "<script>alert(1)</script>"})
    assert broken.status_code == 422
    assert "<script>alert" not in broken.content.decode()
    assert admin.post(page, {"do": "keep", **typed}).status_code == 302
    assert wording.current() == {("payment_received", "ru"): ("Пришли деньги", "Спасибо! {amount}")}
    assert "your words" in words(admin.get("/staff/notices/"))
    assert admin.post(page, {"do": "back"}).status_code == 302
    assert wording.current() == {}
    assert admin.get("/staff/notices/mailing/ru/").status_code == 404
    assert admin.get("/staff/notices/payment_received/fr/").status_code == 404


def test_every_notice_has_a_look_at_its_words_in_both_languages(db: None) -> None:
    for kind in texts.KINDS:
        if kind in wordings.BY_STAFF:
            continue
        for language in wording.LANGUAGES:
            said = wordings._said(kind, language, {})
            assert said.subject, kind
            assert said.body, kind
        assert texts.KINDS[kind].params <= set(wordings.sample(kind)), kind
