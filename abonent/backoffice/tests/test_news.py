"""News: written with a picture, looked at, published, seen by whom it is for and by nobody else, and over."""

import io
from collections.abc import Callable
from datetime import date

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from abonent.identity.models import User
from abonent.notifications.models import News
from abonent.subscribers.models import Line
from tests.world import Subscriber, World

Staff = Callable[[str], Client]
WORDS = {
    "title_ru": "Работы в ночь", "body_ru": "С 2 до 4 часов. <script>alert(1)</script>", "from_on": "2026-11-14",
    "through": "2026-11-20", "do": "keep",
}  # fmt: skip


def taken_by_a_camera() -> SimpleUploadedFile:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(written, "JPEG", exif=exif)
    return SimpleUploadedFile("night.jpg", written.getvalue(), "image/jpeg")


def reader(who: Subscriber) -> Client:
    made = Client()
    made.force_login(User.objects.get(sign_in_names__name=who.contract), settings.AUTHENTICATION_BACKENDS[0])
    return made


def test_news_for_all_is_a_draft_until_it_is_published_and_over_after_its_last_day(world: World, staff: Staff) -> None:
    editor, stranger = staff("admin"), Client()
    kept = editor.post("/staff/news/new/", {**WORDS, "audience": "all", "picture": taken_by_a_camera()})
    one = News.objects.get()
    assert kept["Location"] == f"/staff/news/{one.pk}/"
    look = editor.get(kept["Location"]).content.decode()
    assert "&lt;script&gt;" in look
    assert "<script>alert" not in look
    assert "Работы в ночь" not in stranger.get("/news/").content.decode()
    editor.post(kept["Location"], {"do": "publish"})
    assert "Работы в ночь" in stranger.get("/news/").content.decode()
    assert "Работы в ночь" in stranger.get("/").content.decode()
    assert "Работы в ночь" in reader(world.anna).get("/cabinet/").content.decode()
    shown = stranger.get(f"/news/2026-11-14-n{one.pk}/").content.decode()
    assert f'src="/news/pictures/{one.pk}/"' in shown
    seen = stranger.get(f"/news/pictures/{one.pk}/")
    assert (seen["Content-Type"], seen.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert b"SecretCamera" not in seen.content
    world.move_to(date(2026, 11, 21))
    assert "Работы в ночь" not in stranger.get("/news/").content.decode()
    assert stranger.get(f"/news/pictures/{one.pk}/").status_code == 404


def test_news_of_a_building_is_seen_by_who_lives_there(world: World, staff: Staff) -> None:
    line = Line.objects.select_related("premises").filter(contract__number="100001").first()
    assert line is not None
    assert line.premises is not None
    building = str(line.premises.building_id)
    editor = staff("admin")
    wrong = editor.post("/staff/news/new/", {**WORDS, "audience": "building", "building": "999999999"})
    assert (wrong.status_code, News.objects.count()) == (422, 0)
    late = editor.post("/staff/news/new/", {**WORDS, "audience": "all", "through": "2026-11-01"})
    assert (late.status_code, News.objects.count()) == (422, 0)
    editor.post("/staff/news/new/", {**WORDS, "audience": "building", "building": building,
                                      "picture": taken_by_a_camera()})  # fmt: skip
    one = News.objects.get()
    editor.post(f"/staff/news/{one.pk}/", {"do": "publish"})
    assert "Работы в ночь" in reader(world.anna).get("/news/").content.decode()
    for who in (reader(world.vera), Client()):
        assert "Работы в ночь" not in who.get("/news/").content.decode()
        assert who.get(f"/news/2026-11-14-n{one.pk}/").status_code == 404
        assert who.get(f"/news/pictures/{one.pk}/").status_code == 404
    assert staff("engineer").get("/staff/news/").status_code == 403
