"""An accountant's month end: documents made at once, corrected with a reason, settlements with a client."""

from typing import Any

import pytest

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing.documents import letters, queries
from abonent.billing.models import Document, DocumentLetter
from abonent.billing.tests import builder, papers
from abonent.core import clock, jobs
from abonent.core.models import AuditEntry
from abonent.flows import month_end
from abonent.notifications import delivery
from abonent.notifications.channels import message
from abonent.subscribers.models import Contact
from abonent.support import letters_in

pytestmark = pytest.mark.django_db
ADDRESS = "/staff/documents/"
BOUNCE: Any = {"sender": "", "recipient": "info@skynet.example", "at": clock.at_noon(builder.day("2026-12-02"))}
DSN = """From: MAILER-DAEMON@example.com
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; buh@romashka.example
Action: failed
Diagnostic-Code: smtp; {status}

--b
Content-Type: message/rfc822

Message-ID: <{message_id}@skynet.example>
Subject: x

x
--b--
"""


def reading(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


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


def test_the_documents_go_out_once_again_when_asked_and_a_bounce_is_shown(
    staff: StaffBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = papers.company()
    contract = papers.contract(account)
    Contact.objects.create(customer=contract.customer, kind="email", value="buh@romashka.example")
    papers.charge(account, "3900,00", "2026-11-01")
    papers.charged_through("2026-11-30")
    gone: list[message.Message] = []
    monkeypatch.setattr(delivery, "email_gateway", lambda: gone.append)
    accountant = staff("accountant")
    with clock.frozen(clock.at_noon(builder.day("2026-12-02"))):
        for _ in range(2):  # the second finds everything made
            month_end.make_documents()
            jobs.run_due()
        (letter,) = gone
        assert letter.address == "buh@romashka.example"
        kinds = [name.split("-")[0] for name, content, _type in letter.attachments if content[:4] == b"%PDF"]
        assert kinds == ["invoice", "act", "vat"]
        page = reading(accountant.get(ADDRESS))
        assert [one in page for one in ("sent", "buh@romashka.example", "waits for payment")] == [True] * 3

        report = DSN.format(message_id=letter.key, status="550 5.1.1 no such user")
        letters_in.take(report.replace(letters.key_of(DocumentLetter.objects.get()), "forged.1.0").encode(), **BOUNCE)
        assert "did not arrive" not in reading(accountant.get(ADDRESS))
        letters_in.take(report.encode(), **BOUNCE)
        page = reading(accountant.get(ADDRESS))
        assert ("did not arrive" in page, "550 5.1.1 no such user" in page) == (True, True)

        again = {"do": "send", "contract": contract.number, "month": "2026-11"}
        assert [accountant.post(ADDRESS, again).status_code for _ in range(2)] == [302, 422]
        jobs.run_due()
        assert [one.key for one in gone] == [letter.key, letters.key_of(DocumentLetter.objects.get(turn=1))]
        assert accountant.get(f"{ADDRESS}state/").headers["HX-Redirect"] == ADDRESS

        def refuse(_letter: message.Message) -> None:
            raise message.UnableToEverSend("SMTP 550: no such user")

        accountant.post(ADDRESS, again)
        monkeypatch.setattr(delivery, "email_gateway", lambda: refuse)
        jobs.run_due()
        assert "did not arrive" in reading(accountant.get(ADDRESS))
