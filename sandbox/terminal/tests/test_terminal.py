"""The terminal's page: what it sends, what it shows of the answer."""

import http.server
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox import testing
from sandbox.terminal import dialects

ANSWERS = {
    "osmp": '<?xml version="1.0" encoding="utf-8"?><response><osmp_txn_id>1</osmp_txn_id><prv_txn>17</prv_txn>'
    '<result>0</result><comment>OK</comment><fields><field1 name="fio" type="disp">И***** И.</field1></fields>'
    "</response>",
    "sber": '<?xml version="1.0" encoding="windows-1251"?><response><CODE>3</CODE>'
    "<MESSAGE>Договора с таким номером нет</MESSAGE></response>",
}


class Provider(http.server.BaseHTTPRequestHandler):
    heard: list[tuple[str, dict[str, list[str]]]] = []

    def do_GET(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        channel = parts.path.split("/")[2]
        Provider.heard.append((self.headers["Authorization"], urllib.parse.parse_qs(parts.query)))
        encoding = "utf-8" if channel == "osmp" else "windows-1251"
        body = ANSWERS[channel].encode(encoding)
        self.send_response(200)
        self.send_header("Content-Type", f"text/xml; charset={encoding}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def base_url(tmp_path: Path) -> Iterator[str]:
    """A sandbox whose provider is the one above."""
    Provider.heard = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with testing.start(tmp_path, abonent_url=f"http://127.0.0.1:{server.server_port}") as running:
        yield running.base_url
    server.shutdown()
    thread.join()
    server.server_close()


def press(base_url: str, **form: str) -> str:
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        answer = client.post(f"{base_url}/terminal/", data=form)
    assert answer.status_code == 200
    return answer.text


def test_a_payment_goes_out_in_the_terminals_words_and_its_answer_is_shown(base_url: str) -> None:
    page = press(base_url, way="pay", channel="osmp", account="100002", sum="500,00")
    ((authorization, said),) = Provider.heard
    assert authorization == "Basic b3NtcDpkZW1vLW9zbXA="
    assert (said["command"], said["account"], said["sum"]) == (["pay"], ["100002"], ["500.00"])
    assert "Код 0" in page
    assert "№ 17" in page


def test_a_repeat_is_the_same_payment(base_url: str) -> None:
    press(base_url, way="pay", channel="osmp", account="100002", sum="1")
    number = Provider.heard[0][1]["txn_id"][0]
    press(base_url, way="repeat", channel="osmp", account="100002", sum="1", number=number)
    assert Provider.heard[1][1]["txn_id"] == [number]


def test_ten_at_once_are_ten_messages_of_one_payment(base_url: str) -> None:
    press(base_url, way="at_once", channel="sber", account="1", sum="1")
    assert len(Provider.heard) == 10
    assert len({said["PAY_ID"][0] for _, said in Provider.heard}) == 1


def test_sberbank_is_heard_in_its_encoding(base_url: str) -> None:
    page = press(base_url, way="check", channel="sber", account="999", sum="1")
    assert "Договора с таким номером нет" in page
    assert Provider.heard[0][1]["ACTION"] == ["check"]


def test_nonsense_goes_out_as_it_is(base_url: str) -> None:
    press(base_url, way="garbage", channel="osmp", account="1", sum="1")
    assert "drop table" in Provider.heard[0][1]["account"][0]


@pytest.mark.parametrize("body", [b"", b"<html>", b"<response/>"])
def test_what_is_no_answer_has_no_code(body: bytes) -> None:
    assert dialects.hear(body).code is None


def test_a_provider_that_is_away_is_told_so(tmp_path: Path) -> None:
    with testing.start(tmp_path) as running:
        assert "Это не ответ протокола" in press(running.base_url, way="pay", channel="osmp", account="1", sum="1")


def test_the_registry_has_what_was_taken_and_not_what_was_refused(base_url: str) -> None:
    press(base_url, account="100001", sum="500,50", channel="osmp", way="pay")
    press(base_url, account="100001", sum="10", channel="osmp", way="check")
    press(base_url, account="999999", sum="1", channel="sber", way="pay")  # answered 3: no such contract
    with httpx.Client(trust_env=False, base_url=base_url) as client:
        (first,) = client.get("/terminal/exchanges.json").json()[-1:]
        lines = client.get("/terminal/registry/osmp.csv").text.splitlines()
        assert lines[0] == "txn_id;account;sum;txn_date"
        number, account, amount, paid_at = lines[1].split(";")
        assert (len(lines), number, account, amount) == (2, first["number"], "100001", "500.50")
        assert len(client.get(f"/terminal/registry/osmp.csv?on={paid_at[:10]}").text.splitlines()) == 2
        assert len(client.get("/terminal/registry/osmp.csv?on=2020-01-01").text.splitlines()) == 1
        assert len(client.get("/terminal/registry/sber.csv").text.splitlines()) == 1
        assert client.get("/terminal/registry/yookassa.csv").status_code == 404
