"""The process: where it may stand, how it starts, ends, and what outlives it."""

import ast
import smtplib
import socket
import subprocess
import sys
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from sandbox import server, testing, texts
from sandbox.atol import documents
from sandbox.bank import cards
from sandbox.tests import shop as shops
from sandbox.tests.receiver import Receiver

HERE = Path(server.__file__).parent


def refused(*arguments: str) -> str:
    """The line a start is refused with."""
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=testing.ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--host", "0.0.0.0"], "listens on 127.0.0.1 only, not on 0.0.0.0"),
        (["--host", "192.168.0.1"], "listens on 127.0.0.1 only"),
        (["--host", "::"], "listens on 127.0.0.1 only"),
        (["--abonent", "http://example.org"], "'http://example.org' is not an address on this machine"),
        (["--abonent", "http://192.168.0.1:8000"], "not an address on this machine"),
        (["--abonent", "http://127.0.0.1@example.org/"], "not an address on this machine"),
        (["--abonent", "http://localhost.example.org/"], "not an address on this machine"),
        (["--abonent", "ftp://127.0.0.1/"], "not an address on this machine"),
        (["--abonent", "http://127.0.0.1:port/"], "not an address on this machine"),
        (["--webhook-path", "hooks/"], "must begin with a slash"),
        (["--port", "0"], "--port must be from 1 to 65535"),
        (["--smtp-port", "8001"], "--smtp-port must differ from --port"),
        (["--time-zone", "Mars/Phobos"], "is not a zone like Europe/Moscow"),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
        (["--port", "many"], "invalid int value: 'many'"),
    ],
)
def test_a_wrong_option_is_one_clear_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    assert says in refused("--port", "8001", "--home", str(tmp_path / "home"), *arguments)
    assert not (tmp_path / "home").exists()


def test_what_it_is_told_by_default(tmp_path: Path) -> None:
    options = server.read(["--port", "8001", "--home", str(tmp_path), "--webhook-path", "/hooks/x/"])
    assert options.abonent_url == "http://127.0.0.1:8000"
    assert options.webhook_url == "http://127.0.0.1:8000/hooks/x/"
    assert options.smtp_port == 8002


@pytest.mark.parametrize("which", ["--port", "--smtp-port"])
def test_a_taken_port_is_one_clear_line(tmp_path: Path, which: str) -> None:
    port, smtp_port = testing.free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port if which == "--port" else smtp_port))
        taken.listen()
        line = refused("--home", str(tmp_path), "--port", str(port), "--smtp-port", str(smtp_port))
    assert f"give another {which}" in line


def test_a_home_it_cannot_use_is_one_clear_line(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    port, smtp_port = testing.free_ports()
    line = refused("--home", str(occupied), "--port", str(port), "--smtp-port", str(smtp_port))
    assert "give --home a folder of yours" in line


def test_two_never_share_a_home(tmp_path: Path) -> None:
    with testing.start(tmp_path):
        port, smtp_port = testing.free_ports()
        line = refused("--home", str(tmp_path), "--port", str(port), "--smtp-port", str(smtp_port))
    assert "another sandbox already uses" in line


def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sandbox.sqlite3").write_bytes(b"this is no database, and long enough to be looked at" * 20)
    port, smtp_port = testing.free_ports()
    line = refused("--home", str(tmp_path), "--port", str(port), "--smtp-port", str(smtp_port))
    assert "move it away to begin anew" in line


def test_it_listens_on_loopback_only(bank: testing.Running) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; only asks which address of ours would be used
        own = probe.getsockname()[0]
    for port in (bank.port, bank.smtp_port):
        with socket.socket() as caller:
            caller.settimeout(2)
            assert caller.connect_ex((own, port)) != 0


def test_it_says_one_line_when_ready(tmp_path: Path) -> None:
    with testing.start(tmp_path, webhook_path="/hooks/secret-path/") as running:
        with shops.Shop.open(running) as shop:
            shop.paid()
            shops.until(lambda: running.control("notifications")[0]["attempts"] > 0)
        expected = f"sandbox: http://localhost:{running.port}/, mail to port {running.smtp_port}\n"
        shops.until(lambda: running.log_path.read_text() != "")
    assert running.log_path.read_text() == expected


@pytest.mark.parametrize("busy", [False, True])
def test_it_stops_within_two_seconds(tmp_path: Path, busy: bool) -> None:
    with testing.start(tmp_path) as running:
        running.control("", {"delay_ms": 60_000, "delay_calls": 1} if busy else {})
        with httpx.Client(trust_env=False, timeout=30) as idle:
            idle.get(f"{running.base_url}/healthz")  # a connection kept alive
            waiting = threading.Thread(target=_call_and_give_up, args=(running.api_url,))
            waiting.start()
            shops.until(lambda: running.control()["faults"] == {})  # the slow call is being served
            with smtplib.SMTP("127.0.0.1", running.smtp_port, timeout=10):  # a sender that says nothing
                begun = time.monotonic()
                assert running.stop() == 0
                assert time.monotonic() - begun < 2
            waiting.join()
        assert server.CUT_SHORT not in running.log_path.read_text()


def _call_and_give_up(api_url: str) -> None:
    try:
        httpx.get(f"{api_url}/me", auth=(testing.SHOP_ID, testing.SECRET), timeout=30, trust_env=False)
    except httpx.HTTPError:
        return


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_keeps_everything(tmp_path: Path, receiver: Receiver, end: str) -> None:
    path = receiver.url.removeprefix("http://127.0.0.1:").partition("/")[2]
    abonent_url = receiver.url.removesuffix(f"/{path}")
    with testing.start(tmp_path, abonent_url=abonent_url, webhook_path=f"/{path}") as running:
        receiver.answers = [503]
        with shops.Shop.open(running) as shop:
            paid = shop.paid(save_payment_method=True)
            waiting = shop.create()
            refund = shop.refund(paid, "100.00", key="refund").json()
            running.control("", {"webhooks": "none", "status_500": 1})
            running.control("clock", {"advance_seconds": 60})
        httpx.post(
            running.sms_url,
            data={
                "login": testing.SMS_LOGIN,
                "psw": testing.SMS_PASSWORD,
                "phones": "79161234567",
                "mes": "words",
                "charset": "utf-8",
                "id": "1",
                "fmt": "3",
            },
            trust_env=False,
        )
        with smtplib.SMTP("127.0.0.1", running.smtp_port, timeout=10) as mail:
            mail.sendmail("a@b.example", ["c@d.example"], b"Subject: kept\n\nwords")
        settings = running.control()
        getattr(running, end)()

        running.start()
        assert running.control() == settings
        running.control("", {"status_500": 0})
        with shops.Shop.open(running) as shop:
            assert shop.read(paid["id"])["refunded_amount"] == shops.rub("100.00")
            assert shop.read(waiting["id"]) == waiting
            assert shop.refund(paid, "100.00", key="refund").json() == refund
            assert shop.create(payment_method_id=paid["id"])["status"] == "succeeded"
        assert [message["text"] for message in running.sms()] == ["words"]
        assert [letter["subject"] for letter in running.letters()] == ["kept"]
        receiver.wait_for(3)  # the first was refused; it comes again, and the refund's comes too
        assert sorted(set(receiver.events)) == ["payment.succeeded", "refund.succeeded"]


def test_a_kill_in_a_storm_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    """Whatever was answered is kept; what was not is made by the repeat with the same key, once."""
    keys = [f"storm-{number}" for number in range(200)]
    with testing.start(tmp_path) as running:
        answered: dict[str, str] = {}

        def create(key: str) -> None:
            try:
                with shops.Shop.open(running) as shop:
                    answered[key] = shop.post("/payments", shops.body(), key=key).json()["id"]
            except httpx.HTTPError:
                return  # its answer was lost

        with ThreadPoolExecutor(4) as pool:
            for key in keys:
                pool.submit(create, key)
            shops.until(lambda: len(answered) >= 20)
            running.kill()
        assert len(answered) < len(keys)
        before = dict(answered)
        running.start()
        for key in keys:
            create(key)
        assert {key: answered[key] for key in before} == before
        assert sorted(payment["id"] for payment in running.payments()) == sorted(answered.values())
        assert len(answered) == len(keys)


@pytest.mark.parametrize("path", ["/", "/bank/", "/sms/", "/mail/", "/no-such-page/"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_is_safe_and_in_its_language(bank: testing.Running, path: str, language: str) -> None:
    answer = httpx.get(f"{bank.base_url}{path}?lang={language}", trust_env=False)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert f'<html lang="{language}">' in answer.text
    assert ("Песочница" in answer.text) == (language == "ru")


def test_the_way_back_keeps_the_visitors_host_name(bank: testing.Running) -> None:
    for host in ("localhost", "127.0.0.1"):
        page = httpx.get(f"http://{host}:{bank.port}/", trust_env=False).text
        assert f'href="http://{host}:9/"' in page


def test_it_is_well(bank: testing.Running) -> None:
    assert httpx.get(f"{bank.base_url}/healthz", trust_env=False).text == "ok\n"


def test_every_word_has_its_russian_and_no_russian_is_left_over() -> None:
    import re

    said = {card.title for card in cards.CARDS.values()} | {title for title, _ in cards.GROUPS}
    said |= {card.declines_with for card in cards.CARDS.values() if card.declines_with}
    said |= {card.recurring_declines_with for card in cards.CARDS.values() if card.recurring_declines_with}
    said |= set(cards.PARTY) - {"internal_timeout", "identification_required"}
    said |= {*documents.STATES.values(), *documents.SAID, *documents.VATS, *documents.OPERATIONS}
    said |= {"pending", "waiting_for_capture", "succeeded", "canceled", "language"}
    for path in HERE.joinpath("templates").glob("*.html"):
        source = path.read_text(encoding="utf-8")
        said |= {first or second for first, second in re.findall(r"""say\((?:"([^"]*)"|'([^']*)')""", source)}
        said |= set(re.findall(r'"([A-Z][^"{]*)"', source))
    for path in HERE.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "UnableToReadCard":
                said.add(ast.literal_eval(node.args[1]))
    said.add("Type the code from the message")
    known = tomllib.loads(HERE.joinpath("texts", "ru.toml").read_text(encoding="utf-8"))
    assert said - {""} == set(known)
    assert texts.speaker("ru")("Pay {sum}", sum="1 ₽") == "Оплатить 1 ₽"
    assert texts.speaker("en")("Pay {sum}", sum="1 ₽") == "Pay 1 ₽"


def test_it_knows_nothing_of_abonent_nor_of_django() -> None:
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("abonent", "django")], path
