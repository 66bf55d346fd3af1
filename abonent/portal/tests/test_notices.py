"""The page of notices, one tap against offers, and the app: what a browser keeps and who may look at it."""

import json

from django.test import Client

from abonent.core import clock
from abonent.notifications import choices, push_devices, refusals, subjects
from abonent.notifications.models import Channel, PushDevice
from abonent.notifications.tests import test_push
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from abonent.subscribers import consents
from abonent.subscribers.models import Contract
from tests.world import World

PAGE = "/cabinet/notices/"
SANDBOX = "http://localhost:8001/push/send/"


def subscription(name: str = "one", **keys: str) -> str:
    made = {"p256dh": test_push.READER, "auth": test_push.AUTH} | keys
    return json.dumps({"endpoint": SANDBOX + name, "keys": made})


def test_one_chooses_by_subject_and_channel_and_goes_back_to_the_usual(world: World, browser: Browser) -> None:
    anna, customer_id = browser(world.anna), Contract.objects.get(id=world.anna.contract_id).customer_id
    page = words(anna.get(PAGE))
    assert "Нельзя выключить совсем: закон обязывает предупреждать о приостановке (126-ФЗ, ст. 44)" in page
    everything = {f"{one.name}:email": "1" for one in subjects.SUBJECTS}
    assert anna.post(PAGE, {"do": "choose", **everything, "payments:email": ""}).status_code == 302
    assert choices.of_customer(customer_id)["payments"] == set()
    assert choices.of_customer(customer_id)["charges"] == {Channel.EMAIL}
    refused = anna.post(PAGE, {"do": "choose", **everything, "charges:email": "", "charges:push": "1"})
    assert refused.status_code == 422
    assert "Оставьте SMS или электронную почту" in words(refused)
    assert choices.of_customer(customer_id)["charges"] == {Channel.EMAIL}
    assert anna.post(PAGE, {"do": "hours", "how": "own", "from": "20", "to": "7"}).status_code == 302
    assert [one.hour for one in choices.hours_of(customer_id) or ()] == [20, 7]
    for wrong in ({"from": "7", "to": "7"}, {"from": "x", "to": "7"}, {"from": "24", "to": "7"}):
        assert anna.post(PAGE, {"do": "hours", "how": "own", **wrong}).status_code == 422
    assert anna.post(PAGE, {"do": "usual"}).status_code == 302
    assert choices.of_customer(customer_id) == {}
    assert anna.post(PAGE, {"do": "nothing"}).status_code == 404


def test_a_browser_that_takes_pushes_is_its_owners_until_he_signs_out_there(world: World, browser: Browser) -> None:
    anna, boris = browser(world.anna), browser(world.boris)
    for each, device in ((anna, "the phone"), (boris, "the phone")):
        each.cookies["device"] = device
    assert anna.post(PAGE, {"do": "add", "subscription": subscription()}).json() == {"go": PAGE}
    for wrong in (
        "", "[]", "{}", json.dumps({"endpoint": 1, "keys": 2}), subscription(auth="x"), subscription(p256dh="AAAA"),
        json.dumps({"endpoint": "https://127.0.0.1/", "keys": {"p256dh": test_push.READER, "auth": test_push.AUTH}}),
    ):  # fmt: skip
        assert anna.post(PAGE, {"do": "add", "subscription": wrong}).status_code in (400, 422), wrong
    (kept,) = PushDevice.objects.all()
    assert boris.post(PAGE, {"do": "remove", "device": kept.pk}).status_code == 404
    assert PushDevice.objects.count() == 1
    # Another signs in on the same phone without the first having signed out.
    assert push_devices.forget_browser("the phone", but_of_user=kept.customer.user_id) == 0
    anna.post("/logout/")
    assert not PushDevice.objects.exists()


def test_one_tap_refuses_offers_without_signing_in(world: World) -> None:
    customer_id = Contract.objects.get(id=world.anna.contract_id).customer_id
    consents.give(customer_id, "marketing_email", text="yes", language="ru", actor="x", at=clock.now())
    path = f"/u/{refusals.token(customer_id, Channel.EMAIL)}/"
    stranger = Client(enforce_csrf_checks=True)
    assert "Больше не присылать" in words(stranger.get(path))
    assert "marketing_email" in consents.in_force(customer_id)  # a look changes nothing
    one_click = stranger.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert one_click.status_code == 200
    assert consents.in_force(customer_id) == {}
    assert "Готово" in words(stranger.post(path))
    assert stranger.post(path.replace("/u/e", "/u/s")).status_code == 404


def test_the_apps_snapshot_is_ones_own_and_its_shell_nobodys(world: World, browser: Browser) -> None:
    anna, boris = browser(world.anna), browser(world.boris)
    told = anna.get("/cabinet/app.json")
    assert "no-store" in told["Cache-Control"]
    said = told.json()
    assert said["number"] == "100001"
    assert said["balance"].endswith("₽")
    assert len(said["operations"]) == 5
    assert said["letters"]
    assert said["news"]
    assert said["owner"] != boris.get("/cabinet/app.json").json()["owner"]
    assert f'content="{said["owner"]}"' in anna.get("/cabinet/").content.decode()
    stranger = Client()
    assert stranger.get("/cabinet/app.json").status_code == 302
    assert 'name="app-owner" content=""' in stranger.get("/").content.decode()
    assert anna.get("/app/").content.decode().count("100001") == 0
    manifest = json.loads(stranger.get("/manifest.webmanifest").content)
    assert (manifest["start_url"], manifest["display"], manifest["scope"]) == ("/app/", "standalone", "/")
    assert [one["url"] for one in manifest["shortcuts"]] == ["/cabinet/pay/", "/chat/", "/mail/"]
    assert {one["sizes"] for one in manifest["icons"]} == {"192x192", "512x512", "any"}
    worker = stranger.get("/service-worker.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert worker.content.decode().startswith('const KNOWN = {"version": "')
