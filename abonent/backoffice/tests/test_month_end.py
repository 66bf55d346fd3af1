"""An accountant's month end: documents made at once, corrected with a reason, settlements with a client."""

import pytest

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing.documents import queries
from abonent.billing.models import Document
from abonent.billing.tests import builder, papers
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.flows import month_end

pytestmark = pytest.mark.django_db
ADDRESS = "/staff/documents/"


def test_what_is_due_is_made_at_once_and_each_paper_opens(staff: StaffBrowser) -> None:
    account = papers.company()
    papers.charge(account, "3900,00", "2026-11-01")
    papers.charged_through("2026-11-30")
    with clock.frozen(clock.at_noon(builder.day("2026-12-02"))):
        page = staff("accountant").get(ADDRESS).content.decode()
        assert "1 month of a contract waits" in page
        assert staff("accountant").post(ADDRESS, {"do": "make"}).status_code == 302
        assert AuditEntry.objects.filter(action="documents.make_due", actor="accountant").count() == 1
        month_end.make_documents()
        page = staff("accountant").get(ADDRESS).content.decode()
        assert "waits for its documents" not in page
        assert "3\u00a0900,00" in page
        act = Document.objects.get(kind="act")
        paper = staff("accountant").get(f"/staff/documents/{act.pk}.pdf")
        assert (paper["Content-Type"], paper.content[:4]) == ("application/pdf", b"%PDF")
        number = papers.contract(account).number
        asked = {"number": number, "from": "2026-11-01", "to": "2026-11-30", "all": "1"}
        settled = staff("accountant").get("/staff/reconciliation/", asked)
        assert settled["Content-Disposition"] == f'inline; filename="reconciliation-{number}-2026-11-01-2026-11-30.pdf"'
        wrong = staff("accountant").get("/staff/reconciliation/", {"number": "nobody"})
        assert (wrong.status_code, "no contract of a legal entity" in wrong.content.decode()) == (422, True)


def test_what_the_ledger_has_overtaken_is_corrected_with_a_reason(staff: StaffBrowser) -> None:
    account = papers.company()
    papers.charge(account, "3900,00", "2026-11-01")
    papers.charged_through("2026-11-30")
    papers.make(account)
    papers.fee(account, "100,00", "2026-11-30")
    with clock.frozen(clock.at_noon(builder.day("2026-12-05"))):
        (late,) = queries.outdated_named([builder.day("2026-11-01")])
        assert "Overtaken by the ledger" in staff("accountant").get(ADDRESS).content.decode()
        sent = {"do": "correct", "document": late.document_id}
        assert staff("accountant").post(ADDRESS, sent).status_code == 422
        assert staff("accountant").post(ADDRESS, {**sent, "why": "a late fee"}).status_code == 302
        assert Document.objects.filter(correction=1).count() == 3
        again = staff("accountant").post(ADDRESS, {**sent, "why": "a late fee"})
        assert (again.status_code, "nothing to correct" in again.content.decode()) == (422, True)
