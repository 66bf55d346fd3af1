"""An accountant loads the bank's statement and says whose the transfers without an owner are."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.identity.models import Role
from abonent.payments.models_desk import BankEntry, BankEntryState
from tests import statements
from tests.world import World


@pytest.mark.committing
def test_an_accountant_says_whose_a_transfer_is(world: World, staff: StaffBrowser) -> None:
    accountant = staff("accountant")
    paper = statements.Paper("1", "500.00", "За интернет, договор не помню")
    sent = SimpleUploadedFile("kl_to_1c.txt", statements.content(paper, received="500.00", closing="1500.00"))
    report = accountant.post("/staff/bank/", {"file": sent, "load": "1"})
    assert report.status_code == 200
    entry = BankEntry.objects.get(state=BankEntryState.QUEUED)
    before = world.balance(world.boris)
    wrong = accountant.post("/staff/bank/", {"entry": entry.pk, "do": "assign", "contract": "999999"})
    assert wrong.status_code == 422
    Role.objects.filter(code="accountant").update(most_kop=499_99)
    back = accountant.post("/staff/bank/", {"entry": entry.pk, "do": "return", "why": "order 7"})
    assert (back.status_code, BankEntry.objects.get(pk=entry.pk).state) == (422, "queued")
    accountant.post("/staff/bank/", {"entry": entry.pk, "do": "assign", "contract": "100002"})
    entry.refresh_from_db()
    assert (entry.state, entry.decided_by) == ("credited", "accountant")
    assert entry.amount_kop == 500_00
    assert world.balance(world.boris) != before
    assert world.broken() == []
