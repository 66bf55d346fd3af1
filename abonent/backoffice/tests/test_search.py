"""The search from anywhere: whatever a caller can say, and only what the role may see."""

import pytest

from abonent.addresses.models import Premises
from abonent.billing.models_documents import Document, DocumentCounter
from abonent.core import clock, db
from abonent.core.models import AuditEntry
from abonent.identity.models import Role
from abonent.network import devices, lines
from abonent.network.models import Sighting, StaticAddress
from abonent.payments.models import Payment
from abonent.subscribers import contacts
from abonent.subscribers.models import Contract, Line
from tests.world import World

from .conftest import StaffBrowser

pytestmark = pytest.mark.committing


def test_whatever_a_caller_says_is_found(world: World, staff: StaffBrowser) -> None:
    anna, romashka = Contract.objects.get(number="100001"), Contract.objects.get(number="100004")
    line = Line.objects.get(contract=anna)
    home = Premises.objects.select_related("building").get(line=line)
    Sighting.objects.get_or_create(line=line, mac="dc:a6:32:00:00:77", defaults={"seen_at": clock.now()})
    StaticAddress.objects.filter(line=line).delete()
    StaticAddress.objects.create(line=line, address="198.51.100.77")
    with db.atomic():
        contacts.add_phone(anna.customer_id, "8 916 000-00-01")
        lines.give_login(line.pk, "anna-of-search")
        devices.register(line.pk, "d8:07:b6:00:00:99", source="typed")
    payment = Payment.objects.filter(account__contract=anna).latest("id")
    DocumentCounter.objects.get_or_create(kind="invoice", year=2026, defaults={"last_number": 4711})
    Document.objects.create(
        contract=romashka, kind="invoice", month="2026-10-01", year=2026, number=4711, issued_on="2026-10-31",
        total_kop=10_000_00, vat_kop=0, data={},
    )  # fmt: skip
    browser = staff("admin")

    def found(typed: str) -> list[str]:
        page = browser.get("/staff/search/", {"q": typed}).content.decode()
        return [one.number for one in Contract.objects.order_by("number") if f"/staff/contracts/{one.number}/" in page]

    for typed in (
        "100001", "соколова анна", "Анна Сокол", "Соклова Ана", "СОКОЛОВА",
        "8(916)0000001", "+7 916 000 00 01", "9160000001",
        "D807.B600.0099", "dc-a6-32-00-00-77", "198.51.100.77",
    ):  # fmt: skip
        assert "100001" in found(typed), typed
    assert found(f"{home.building.street} {home.building.house} кв {home.flat}") == ["100001"]
    assert "100001" in found(str(payment.pk))
    assert payment.external_id is not None
    assert found(payment.external_id) == ["100001"]
    for typed in ("4711", "№ 4711", "4711/2026"):
        assert "100004" in found(typed), typed
    assert found("4711/2025") == []
    for nothing in ("", "Я", "%", "' or 1=1 --", "\x00", "я" * 500, "00:00:00:00:00:00", "999.1.1.1", "9" * 60):
        assert found(nothing) == [], nothing

    before = AuditEntry.objects.filter(action="backoffice.search").count()
    found("198.51.100.77")
    found("Неизвестный")
    entries = AuditEntry.objects.filter(action="backoffice.search").order_by("-id")
    assert (entries.count() - before, entries[0].new) == (1, {"contracts": [anna.pk]})

    Role.objects.filter(code="admin").update(permissions=["subscribers.view"])
    assert found("198.51.100.77") == found("d807b6000099") == found(payment.external_id) == found("4711") == []
    assert found("соколова") == ["100001"]
