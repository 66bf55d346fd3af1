"""One's own door: codes of an app, sessions, the question «is it you?», phones and addresses, the log one can read."""

import re
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.db import transaction
from django.test import Client

from abonent.core import audit, jobs, sealing
from abonent.core.models import AuditEntry
from abonent.flows import protect
from abonent.identity import signed_in as browsers
from abonent.identity.models import OneTimeCode, User
from abonent.notifications import delivery
from abonent.notifications.channels.message import Message
from abonent.subscribers import contacts
from abonent.subscribers.models import Contract, Customer
from tests.stories.sign_in_people import browser, contract_shown, post, present, signed_in

SECURITY, APP, PROFILE = "/cabinet/security/", "/cabinet/security/app/", "/cabinet/profile/"
PHONE = "+79161234567"


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        with transaction.atomic():
            contacts.add_phone(customer("100001").pk, PHONE)
        yield


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    sent: list[Message] = []
    monkeypatch.setitem(delivery._SMS_GATEWAYS, "console", lambda one: sent.append(one))
    monkeypatch.setitem(delivery._EMAIL_GATEWAYS, "console", lambda one: sent.append(one))
    return sent


@pytest.fixture
def app_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The second that the app and we look at."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(totp.time, "time", lambda: now[0])
    return now


def customer(number: str) -> Customer:
    return Customer.objects.get(contracts__number=number)


def user(number: str = "100001") -> User:
    return User.objects.get(sign_in_names__name=number)


def code_at(secret: str, second: float) -> str:
    code: str = totp.format_hotp_value(totp.hotp_value(secret, int(second) // 30))
    return code


def switch_on(who: Client, second: float) -> tuple[str, list[str]]:
    """Codes of an app: its secret, and the recovery codes that were shown."""
    page = who.get(APP).content.decode()
    found = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page)
    assert found is not None
    secret = found[1].replace(" ", "")
    shown = who.post(APP, {"code": code_at(secret, second)}).content.decode()
    return secret, re.findall(r"<code>(\d{4} \d{4})</code>", shown)


def send_all() -> None:
    jobs.run_due()
    delivery.deliver()


# --- codes of an app ------------------------------------------------------------------------------------------------


def test_with_an_app_the_password_alone_opens_nothing(app_clock: list[float], inbox: list[Message]) -> None:
    secret, recovery = switch_on(signed_in(), app_clock[0])
    assert len(recovery) == 10
    anna = browser()
    response = post(anna, "100001", "demo-anna", next="/cabinet/history/")
    assert response["Location"] == "/login/code/"
    assert contract_shown(anna) is None
    assert anna.get("/cabinet/history/").status_code == 302
    app_clock[0] += 30
    assert anna.post("/login/code/", {"code": code_at(secret, app_clock[0])})["Location"] == "/cabinet/history/"
    assert contract_shown(anna) == "100001"
    send_all()
    assert [one.body.split(".")[0] for one in inbox] == [
        "SkyNet: Вход по договору 100001 теперь просит код из приложения"
    ]
    assert secret not in str(Authenticator.objects.values_list("data", flat=True))


def test_a_code_of_the_app_opens_once(app_clock: list[float]) -> None:
    secret, _codes = switch_on(signed_in(), app_clock[0])
    begun = app_clock[0]
    # The one it was switched on with, the next one, the same again, an older one; a minute later a new one.
    for later, of_second, status in ((1, 0, 200), (30, 30, 302), (31, 30, 200), (32, 0, 200), (90, 90, 302)):
        app_clock[0] = begun + later
        who = browser()
        post(who, "100001", "demo-anna")
        assert who.post("/login/code/", {"code": code_at(secret, begun + of_second)}).status_code == status, later


def test_a_recovery_code_opens_once_and_is_one_less(app_clock: list[float]) -> None:
    anna = signed_in()
    _secret, recovery = switch_on(anna, app_clock[0])
    for status in (302, 200):
        who = browser()
        post(who, "100001", "demo-anna")
        assert who.post("/login/code/", {"code": recovery[3]}).status_code == status
    assert "9 recovery codes are left" in anna.get(SECURITY).content.decode()


def test_a_thousand_codes_get_ten_looks(app_clock: list[float]) -> None:
    secret, _codes = switch_on(signed_in(), app_clock[0])
    app_clock[0] += 90
    thief = browser()
    post(thief, "100001", "demo-anna")
    answers = [thief.post("/login/code/", {"code": f"{n:06d}"}).status_code for n in range(1000)]
    assert answers == [200] * 10 + [429] * 990
    assert thief.post("/login/code/", {"code": code_at(secret, app_clock[0])}).status_code == 429
    assert contract_shown(thief) is None


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "000000\x00", "٠٠٠٠٠٠", "1" * 400, "' or 1=1"])
def test_what_is_no_code_opens_nothing(app_clock: list[float], code: str) -> None:
    switch_on(signed_in(), app_clock[0])
    thief = browser()
    post(thief, "100001", "demo-anna")
    assert thief.post("/login/code/", {"code": code}).status_code == 200
    assert contract_shown(thief) is None


def test_the_page_of_the_code_is_for_who_has_typed_the_password() -> None:
    stranger = browser()
    assert stranger.get("/login/code/")["Location"] == "/login/"
    assert stranger.post("/login/code/", {"code": "123456"})["Location"] == "/login/"


def test_a_one_time_password_does_not_go_round_the_app(app_clock: list[float], inbox: list[Message]) -> None:
    switch_on(signed_in(), app_clock[0])
    browser().post("/password/forgot/", {"login": "100001"})
    send_all()
    found = re.search(r": ([a-z]+-[a-z]+-\d\d)\.", inbox[-1].body)
    assert found is not None
    thief = browser()
    assert post(thief, "100001", found[1])["Location"] == "/login/code/"
    assert contract_shown(thief) is None


def test_switching_off_asks_who_it_is_and_then_the_password_is_enough(app_clock: list[float]) -> None:
    anna = signed_in()
    switch_on(anna, app_clock[0])
    forget_who(anna)
    assert "Is it you?" in anna.post(SECURITY, {"do": "app_off"}).content.decode()
    assert Authenticator.objects.count() == 2
    assert anna.post(SECURITY, {"do": "app_off", "confirm_password": "demo-anna"}).status_code == 303
    assert not Authenticator.objects.exists()
    assert post(browser(), "100001", "demo-anna")["Location"] == "/cabinet/"


# --- is it you? -----------------------------------------------------------------------------------------------------


def forget_who(who: Client) -> None:
    """Ten minutes have gone since he signed in."""
    session = who.session
    session[browsers.CONFIRMED_KEY] = int(time.time()) - browsers.FRESH_SECONDS
    session.save()


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/cabinet/cards/", {"do": "bind", "kind": "bank_card", "token": "x" * 24}),
        ("/cabinet/close/", {"do": "end", "last": "2026-11-30"}),
        ("/cabinet/close/", {"do": "payout"}),
        ("/cabinet/close/", {"do": "move", "contract": "100001"}),
        (PROFILE, {"do": "phone", "value": "8 916 000-00-00"}),
        (PROFILE, {"do": "email", "value": "thief@example.ru"}),
        (PROFILE, {"do": "remove", "contact": "1"}),
        (SECURITY, {"do": "codes"}),
        (SECURITY, {"do": "passkey_remove", "passkey": "1"}),
        (APP, {"code": "123456"}),
        ("/cabinet/security/passkey/", {"credential": "{}"}),
    ],
)
def test_a_stolen_session_is_asked_who_it_is(address: str, form: dict[str, str]) -> None:
    thief = signed_in()
    forget_who(thief)
    for typed in ({}, {"confirm_password": ""}, {"confirm_password": "wrong"}, {"confirm_passkey": "{}"}):
        response = thief.post(address, {**form, **typed})
        page = response.content.decode()
        assert "Is it you?" in page
        assert response.status_code == (422 if typed else 200)
        for name, value in form.items():
            assert f'name="{name}" value="{value}"' in page  # nothing is typed twice
    assert not OneTimeCode.objects.exists()


def test_after_the_password_the_form_goes_on_and_the_next_one_is_not_asked(inbox: list[Message]) -> None:
    anna = signed_in()
    forget_who(anna)
    form = {"do": "email", "value": "anna@example.ru"}
    assert anna.post(PROFILE, {**form, "confirm_password": "demo-anna"}).status_code == 303
    assert anna.post(PROFILE, {"do": "phone", "value": "8 916 123-45-99"}).status_code == 303
    assert OneTimeCode.objects.count() == 2


def test_guessing_the_password_in_that_question_is_limited() -> None:
    thief = signed_in()
    forget_who(thief)
    for _ in range(10):
        thief.post(SECURITY, {"do": "app_off", "confirm_password": "guess"})
    assert (
        "Wait 60 minutes" in thief.post(SECURITY, {"do": "app_off", "confirm_password": "demo-anna"}).content.decode()
    )


# --- sessions -------------------------------------------------------------------------------------------------------


def test_a_browser_of_ones_own_is_seen_and_ended() -> None:
    here = signed_in()
    there = browser(headers={"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile"})
    post(there, "100001", "demo-anna")
    page = here.get(SECURITY).content.decode()
    assert "Chrome, Android" in page
    found = re.search(r'name="session" value="(\d+)"', page)
    assert found is not None
    assert here.post(SECURITY, {"do": "end", "session": found[1]}).status_code == 303
    assert contract_shown(there) is None
    assert contract_shown(here) == "100001"


def test_another_persons_session_is_ended_by_nobody_else() -> None:
    anna, daria = signed_in(), signed_in("100006", "demo-daria")
    other = signed_in("100006", "demo-daria")
    found = re.search(r'name="session" value="(\d+)"', daria.get(SECURITY).content.decode())
    assert found is not None
    assert anna.post(SECURITY, {"do": "end", "session": found[1]}).status_code == 404
    assert contract_shown(other) == "100006"


def test_signing_out_everywhere_else_leaves_this_one_and_knows_no_other_browser() -> None:
    here, *others = signed_in(), signed_in(), signed_in()
    assert here.post(SECURITY, {"do": "end_others"}).status_code == 303
    assert "2 browsers are signed out" in here.get(SECURITY).content.decode()
    assert [contract_shown(one) for one in (here, *others)] == ["100001", None, None]
    for n in range(12):
        post(browser(), "100001", f"guess-{n}")
    assert post(others[0], "100001", "demo-anna").status_code == 429  # a stranger's budget, like every stranger's
    here.post("/logout/")
    assert post(here, "100001", "demo-anna").status_code == 302


# --- the log --------------------------------------------------------------------------------------------------------


def test_the_log_tells_of_sign_ins_changes_and_looks_of_staff_and_of_nobody_elses() -> None:
    anna = signed_in()
    contract = Contract.objects.get(number="100001")
    other = Contract.objects.get(number="100006")
    with transaction.atomic():
        for one, why in ((contract, "обращение 1183"), (other, "обращение 7")):
            audit.record(actor="support", action="backoffice.look", subject=f"contract:{one.pk}", why=why)
    protect.switch_app_off(user(), contract_id=contract.pk, address=None)  # was off: nothing to tell
    page = anna.get("/cabinet/security/log/").content.decode()
    assert "One of our staff opened your account" in page
    assert "обращение 1183" in page
    assert "обращение 7" not in page
    lines = re.search(r'<ul class="lines">.*?</ul>', page, re.DOTALL)
    assert lines is not None
    assert "support" not in lines[0]  # who of the staff it was is ours to know
    assert "10 November, 12:00" in page.replace("\u00a0", " ")
    assert "Signed in" in page
    assert "127.0.0.1" in page
    assert AuditEntry.objects.filter(action="identity.totp_off").count() == 0


# --- passwords ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaked", ["1q2w3e4r5t6y", "qwertyuiop", "password123", "Iloveyou12", "1234567890"])
def test_a_password_of_the_leaked_list_is_refused(leaked: str) -> None:
    anna = signed_in()
    response = anna.post("/cabinet/password/", {"old_password": "demo-anna", "new_password": leaked})
    assert response.status_code == 200
    assert user().check_password("demo-anna")


def test_a_long_password_pasted_with_spaces_is_taken_as_it_is() -> None:
    anna = signed_in()
    new = "  река шире в мае, чем в августе 🙂 " + "x" * 200
    page = anna.get("/cabinet/password/").content.decode()
    assert "onpaste" not in page
    assert anna.post("/cabinet/password/", {"old_password": "demo-anna", "new_password": new}).status_code == 302
    assert post(browser(), "100001", new).status_code == 302


def test_a_secret_sealed_for_one_purpose_opens_for_no_other() -> None:
    sealed = sealing.seal("one", "secret")
    assert "secret" not in sealed
    assert sealing.unseal("one", sealed) == "secret"
    for purpose, text in (("two", sealed), ("one", sealed[:-4] + "AAAA"), ("one", "")):
        with pytest.raises(sealing.UnableToUnseal):
            sealing.unseal(purpose, text)
