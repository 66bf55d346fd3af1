"""A provider is taken over and out from the pages: shown first, confirmed by his word, once however often."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core import clock, jobs
from abonent.core.models import AuditEntry, Move
from abonent.flows import load_profile, moving_desk, moving_in
from abonent.ledger.models import Transfer
from abonent.subscribers.models import Contract

SAMPLE = Path(__file__).resolve().parents[3] / "docs" / "sample-bundle"
ON = date(2026, 11, 22)
PASSWORD = {"confirm_password": "demo-staff"}

pytestmark = pytest.mark.committing


@pytest.fixture
def admin(own_database: str, staff: StaffBrowser, tmp_path: Path, settings: object) -> Client:
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    load_profile.load(date(2026, 1, 1))
    return staff("admin")


def files(**changed: bytes) -> list[SimpleUploadedFile]:
    found = {path.stem: path.read_bytes() for path in SAMPLE.glob("*.csv")} | changed
    return [SimpleUploadedFile(f"{name}.csv", content) for name, content in found.items()]


def send(admin: Client, sent: list[SimpleUploadedFile]) -> str:
    """The address of the bundle's page, once it has been looked at."""
    answer = admin.post("/staff/import/", {"files": sent})
    assert answer.status_code == 302, answer.content.decode()
    jobs.run_due()
    return str(answer["Location"])


def read(admin: Client, address: str) -> str:
    return admin.get(address).content.decode().replace("\u00a0", " ")


def test_a_bundle_is_shown_confirmed_with_the_password_and_taken_over_once(admin: Client) -> None:
    with clock.frozen(clock.at_noon(ON)):
        customers = SAMPLE.joinpath("customers.csv").read_text(encoding="utf-8").replace("full_name", "Абонент", 1)
        with io.StringIO() as written:
            csv.writer(written, delimiter=";").writerows(csv.reader(customers.splitlines()))
            address = send(admin, files(customers=written.getvalue().encode("cp1251")))
        page = read(admin, address)
        assert "Some columns that are needed were not found" in page
        assert "cp1251 · semicolons" in page
        assert "Not taken: Абонент." in page
        admin.post(address, {"do": "map", "customers.full_name": "Абонент"})
        jobs.run_due()
        page = read(admin, address)
        assert ("waits for your yes" in page, "-4 282,60 ₽" in page.replace("\u2212", "-")) == (True, True)
        assert (Contract.objects.count(), Transfer.objects.count()) == (0, 0)

        assert "Is it you?" in admin.post(address, {"do": "confirm"}).content.decode()
        assert Move.objects.get().state == "checked"
        assert [admin.post(address, {"do": "confirm", **PASSWORD}).status_code for _ in range(2)] == [302, 409]
        assert admin.get(f"{address}state/").status_code == 200
        jobs.run_due()
        assert "the totals agree" in read(admin, address)
        assert (Contract.objects.count(), Transfer.objects.count()) == (4, 3)
        assert not moving_desk.folder_of(Move.objects.get()).exists()
        assert AuditEntry.objects.get(action="flows.move_in").actor == "admin"

        moving_desk.go_on(Move.objects.get().pk)  # its job once more
        again = send(admin, files())
        admin.post(again, {"do": "confirm"})
        jobs.run_due()
        assert "the totals agree" in read(admin, again)
        assert (Contract.objects.count(), Transfer.objects.count()) == (4, 3)


def test_mistakes_are_listed_and_what_changed_since_is_shown_before_it_is_written(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.frozen(clock.at_noon(ON)):
        wrong = SAMPLE.joinpath("contracts.csv").read_bytes() + b"d-9,c-1,700001,2021-02-30,,,\nd-8,=cmd|x,700008,\n"
        address = send(admin, files(contracts=wrong))
        page = read(admin, address)
        assert ("2 mistakes: nothing is written" in page, "2021-02-30" in page) == (True, True)
        told = b"".join(admin.get(f"{address}errors.csv")).decode("utf-8-sig")
        assert told.splitlines()[1].startswith("contracts;6;signed_on;2021-02-30;")

        address = send(admin, files())
        other = send(admin, files(balances=b"contract_id,balance\nd-1,312.40\n"))
        for one in (other, address):
            admin.post(one, {"do": "confirm", **PASSWORD})
            jobs.run_due()
        assert "Something has changed since this was shown" in read(admin, address)
        assert Transfer.objects.count() == 1

        # Killed after everything was written and before the end: nothing is there, and the next one does it.
        admin.post(address, {"do": "confirm"})

        class Killed(BaseException):
            pass

        def kill(*_args: object) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(moving_in, "_record", kill)
            with pytest.raises(Killed):
                moving_desk.go_on(Move.objects.get(state="writing").pk)
        assert Transfer.objects.count() == 1
        jobs.run_due()
        assert "the totals agree" in read(admin, address)
        assert Transfer.objects.count() == 3


def test_what_is_no_bundle_is_refused_and_only_the_administrator_comes_in(admin: Client, staff: StaffBrowser) -> None:
    def refused(name: str, content: bytes) -> str:
        answer = admin.post("/staff/import/", {"files": [SimpleUploadedFile(name, content)]})
        assert answer.status_code == 422
        return str(answer.content.decode())

    assert "“clients.csv” is no table of a bundle" in refused("clients.csv", b"a,b\n")
    assert "no ZIP or workbook" in refused("bundle.zip", b"PK\x03\x04 broken")
    assert (Move.objects.count(), list(moving_desk.folder_of(Move(pk=1)).parent.glob("*"))) == (0, [])
    halfway = SAMPLE.joinpath("customers.csv").read_bytes()[:-60] + "я".encode()[:1]
    with clock.frozen(clock.at_noon(ON)):
        assert "breaks off" in read(admin, send(admin, files(customers=halfway)))
    for address in ("/staff/import/", "/staff/export/"):
        assert staff("accountant").get(address).status_code == 403


def test_everything_is_taken_out_packed_and_gone_after_a_day(admin: Client, tmp_path: Path) -> None:
    with clock.frozen(clock.at_noon(ON)):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path in SAMPLE.glob("*.csv"):
                text = path.read_text(encoding="utf-8").replace("Соколов Иван", "=Соколов Иван")
                archive.writestr(f"bundle/{path.name}", text)
        address = send(admin, [SimpleUploadedFile("bundle.zip", packed.getvalue())])
        admin.post(address, {"do": "confirm", **PASSWORD})
        jobs.run_due()

        assert [admin.post("/staff/export/", {"do": "begin"}).status_code for _ in range(2)] == [302, 409]
        jobs.run_due()
        assert "Download" in read(admin, "/staff/export/")
        made = Move.objects.get(kind="out")
        sent = {"do": "download", "move": made.pk}
        answer = admin.post("/staff/export/", sent)
        with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
            assert {"totals.csv", "ledger.csv", "customers.csv"} <= set(archive.namelist())
            assert "'=Соколов" in archive.read("customers.csv").decode("utf-8-sig")
        assert AuditEntry.objects.filter(action="flows.download_export", actor="admin").count() == 1
    with clock.frozen(clock.at_noon(date(2026, 11, 24))):
        assert admin.post("/staff/export/", sent).status_code == 409
        moving_desk.forget_old(clock.now())
    assert not list((tmp_path / "moves").glob("*"))
