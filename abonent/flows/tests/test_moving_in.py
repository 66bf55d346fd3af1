"""A provider moves in and out: whole or not at all, once, and nobody pays for the past."""

import csv
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import translation

from abonent.billing.models import Subscription
from abonent.core import clock, db
from abonent.core.models import AuditEntry
from abonent.flows import charge_run, load_profile, moving_files, moving_in, moving_out, moving_shape, verify
from abonent.identity.models import SignInName
from abonent.ledger.models import Account, Transfer
from abonent.subscribers.models import Contact, Contract
from conftest import clone

SAMPLE = Path(__file__).resolve().parents[3] / "docs" / "sample-bundle"
ON = date(2026, 11, 22)

pytestmark = pytest.mark.committing


@pytest.fixture
def operator(own_database: str) -> None:
    load_profile.load(date(2026, 1, 1))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "bundle"))


def load(path: Path, **more: Any) -> moving_in.Report:
    with clock.frozen(clock.at_noon(ON)):
        return moving_in.load(path, errors=path.parent / "errors.csv", on=ON, actor="admin", **more)


def mistakes(path: Path) -> list[tuple[str, str, str]]:
    with (path.parent / "errors.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["file"], row["line"], row["column"]) for row in csv.DictReader(file, delimiter=";")]


def balance_kop(number: str) -> int | None:
    return Account.objects.get(contract__number=number).balance_kop


@pytest.mark.usefixtures("operator")
def test_a_bundle_is_taken_over_once_and_nobody_pays_for_the_past(bundle: Path) -> None:
    tried = load(bundle, dry_run=True)
    assert (tried.written, tried.problems, Contract.objects.count()) == (False, 0, 0)

    done = load(bundle)
    totals = {one.table: (one.rows, one.kop, one.new, one.there, one.there_kop) for one in done.totals}
    assert totals["contracts"] == (4, 3_000_000, 4, 4, 3_000_000)
    assert totals["balances"] == (4, 31_240 - 9_500 - 450_000, 4, 4, 31_240 - 9_500 - 450_000)
    assert totals["payments"] == (4, 70_000 + 72_000 + 45_000 + 450_000, 4, 4, 637_000)
    assert totals["subscriptions"] == (6, 45_000 + 12_000 + 10_000 + 45_000 + 45_000 + 450_000, 6, 6, 607_000)
    assert [balance_kop(f"70000{n}") for n in (1, 2, 3, 4)] == [31_240, -9_500, 0, -450_000]
    assert Transfer.objects.count() == 3  # one an account; a balance of zero moves nothing
    assert list(verify.problems()) == []
    # One person, two contracts, one sign-in; his phone is read.
    assert SignInName.objects.get(name="700002").user_id == SignInName.objects.get(name="700003").user_id
    assert (
        Contact.objects.filter(customer__contracts__number="700002").values_list("value", flat=True)[0]
        == "+79165550202"
    )
    assert AuditEntry.objects.get(action="flows.move_in").new["tables"]["balances"]["kop"] == -428_260
    # Paid until August there; here his days begin with the import.
    office = Subscription.objects.get(account__contract__number="700004")
    assert (office.paid_until, office.state, office.price_kop) == (ON, "active", 450_000)

    again = load(bundle)
    assert [one.new for one in again.totals if one.table != "tariffs"] == [0] * 7
    assert (Transfer.objects.count(), Contract.objects.count(), Subscription.objects.count()) == (3, 4, 6)

    charge_run.catch_up(ON)
    # 450,00 + 120,00 + 100,00 are paid to December; the office owes the nine days 22-30 November: 4500 × 9 ÷ 30.
    assert [balance_kop(f"70000{n}") for n in (1, 2, 3, 4)] == [31_240, -9_500, 0, -450_000 - 135_000]
    assert list(verify.problems()) == []


@pytest.mark.usefixtures("operator")
def test_a_bundle_with_mistakes_is_refused_whole_and_each_line_is_named(bundle: Path) -> None:
    def more(name: str, *lines: str) -> None:
        with (bundle / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))

    more(
        "customers",
        "c-1,person,Двойник,,,,,,ru",
        "c-9,legal,ООО,7707083890,,,,,ru",
        "c-8,person,Без телефона,,,,123,,ru",
    )
    more("contracts", "d-9,c-1,700001,2021-02-30,,,", "d-8,nobody,700008,2021-02-03,,,", "d-7,c-1")
    more(
        "subscriptions",
        "s-9,d-1,a-1,,no-such,,active,2021-01-01,2026-12-01,",
        "s-8,d-1,a-1,,old-60,,active,2021-01-01,,",
    )
    more("balances", "d-1,1", "d-77,1", "d-4,много")
    more("payments", "p-1,d-1,2026-10-01,1,", "p-9,d-1,2027-01-01,1,", "p-8,d-1,2026-10-01,-5,")
    more("devices", "d-1,a-1,d807b6112233,", "d-1,a-1,=cmd|x,")
    report = load(bundle)
    assert (report.written, Contract.objects.count(), Transfer.objects.count()) == (False, 0, 0)
    assert sorted(mistakes(bundle)) == sorted(
        [
            ("customers", "5", "customer_id"), ("customers", "6", "inn"), ("customers", "7", "phone"),
            ("contracts", "6", "signed_on"), ("contracts", "7", "customer_id"), ("contracts", "8", ""),
            ("subscriptions", "8", "tariff"), ("subscriptions", "9", "paid_until"),
            ("balances", "6", "contract_id"), ("balances", "7", "contract_id"), ("balances", "8", "balance"),
            ("payments", "6", "payment_id"), ("payments", "7", "paid_on"), ("payments", "8", "amount"),
            ("devices", "5", "mac"), ("devices", "6", "mac"),
        ]
    )  # fmt: skip
    assert report.problems == 16
    assert "'=cmd|x" in (bundle.parent / "errors.csv").read_text(encoding="utf-8-sig")


@pytest.mark.usefixtures("operator")
def test_two_tariffs_at_one_address_and_an_addon_without_its_tariff_are_told(bundle: Path) -> None:
    with (bundle / "subscriptions.csv").open("a", encoding="utf-8") as file:
        file.write(
            "s-7,d-1,a-1,,old-60,,active,2021-01-01,2026-12-01,\ns-8,d-2,a-1,,old-ip,,active,2021-01-01,2026-12-01,\n"
        )
    with (bundle / "devices.csv").open("a", encoding="utf-8") as file:
        file.write("d-1,a-2,d8:07:b6:11:22:77,\n")
    assert load(bundle).problems == 3
    assert mistakes(bundle) == [
        ("subscriptions", "8", "address_id"),
        ("subscriptions", "9", "tariff"),
        ("devices", "5", "address_id"),
    ]
    assert Contract.objects.count() == 0


@pytest.mark.usefixtures("operator")
def test_a_sum_that_differs_the_second_time_is_refused(bundle: Path) -> None:
    load(bundle)
    path = bundle / "balances.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("312,40", "999,00"), encoding="utf-8")
    assert (load(bundle).problems, mistakes(bundle)) == (1, [("balances", "2", "balance")])
    assert balance_kop("700001") == 31_240


@pytest.mark.usefixtures("operator")
def test_a_workbook_and_cp1251_with_semicolons_and_other_names_are_read(bundle: Path, tmp_path: Path) -> None:
    for path in bundle.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        if path.stem == "customers":
            rows[0][2] = "ФИО"
        with path.open("w", encoding="cp1251", newline="") as file:
            csv.writer(file, delimiter=";").writerows(rows)
    bundle.joinpath(moving_files.MAPPING).write_text('[customers]\nfull_name = "ФИО"\n', encoding="utf-8")
    report = load(bundle, dry_run=True)
    header = next(one for one in report.headers if one.table == "customers")
    assert (header.encoding, header.delimiter, header.columns["full_name"]) == ("cp1251", ";", "ФИО")
    assert report.problems == 0

    book = openpyxl.Workbook(write_only=True)
    for path in SAMPLE.glob("*.csv"):
        sheet = book.create_sheet(path.stem)
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                sheet.append(
                    [date.fromisoformat(one) if one[:2] == "20" and one.count("-") == 2 else one for one in row]
                )
    book.save(tmp_path / "book.xlsx")
    book.close()
    assert load(tmp_path / "book.xlsx").written
    assert balance_kop("700001") == 31_240


@pytest.mark.usefixtures("operator")
def test_a_file_broken_halfway_is_told_from_cp1251_and_leaves_nothing(bundle: Path) -> None:
    path = bundle / "customers.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[:-60] + "я".encode()[:1])
    with translation.override("en"), pytest.raises(moving_files.UnableToRead, match="breaks off"):
        load(bundle)
    path.write_bytes(whole + 'c-9,person,"Незакрытая'.encode())
    assert load(bundle).problems == 1
    assert db.rows("select count(*) as n from subscribers_customer")[0]["n"] == 0


@pytest.mark.usefixtures("operator")
def test_what_is_exported_is_read_back_the_same(bundle: Path, tmp_path: Path, template: str) -> None:
    path = bundle / "customers.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("Соколов Иван", "=Соколов Иван"), encoding="utf-8")
    load(bundle)
    charge_run.catch_up(ON)
    first, second = tmp_path / "first", tmp_path / "second"
    report = moving_out.export(first, actor="admin")
    assert {one.table: one.rows for one in report.tables}["ledger"] == 4  # three balances, the office's nine days
    assert "'=Соколов" in (first / "customers.csv").read_text(encoding="utf-8-sig")
    with translation.override("en"), pytest.raises(moving_out.UnableToMoveOut, match="not empty"):
        moving_out.export(first, actor="admin")
    with clone(template, f"second_{os.getpid()}"):
        load_profile.load(date(2026, 1, 1))
        assert load(first).problems == 0
        assert list(verify.problems()) == []
        moving_out.export(second, actor="admin")
    for table in moving_shape.TABLES:
        assert (first / f"{table.name}.csv").read_text() == (second / f"{table.name}.csv").read_text()
