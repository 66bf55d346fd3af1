"""Closing asked for through support, and wishes about data: the checklist, the answer, who may, what is logged."""

from datetime import date

import pytest
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core.models import AuditEntry
from abonent.flows import cash_desk, close_account
from abonent.portal.tests.conftest import Browser, browser
from abonent.portal.tests.reading import words
from abonent.subscribers.models import Contract, Petition
from tests.world import World

__all__ = ["browser"]


def answer(staff: Client, petition: Petition, **said: str) -> int:
    return staff.post(f"/staff/petitions/{petition.pk}/", said).status_code


def test_a_closing_is_asked_for_and_done_through_support(world: World, browser: Browser, staff: StaffBrowser) -> None:
    anna, accountant = browser(world.anna), staff("accountant")
    assert anna.post("/cabinet/close/", {"do": "ask"}).status_code == 302  # early: the wish waits for the steps
    wish = Petition.objects.get(kind="closing")
    assert "Это сделают, как только будут пройдены шаги выше." in words(anna.get("/cabinet/close/"))
    assert answer(accountant, wish, do="done", equipment="on") == 422  # the contract goes on
    anna.post("/cabinet/close/", {"do": "end", "last": "2026-11-20"})
    world.move_to(date(2026, 11, 21))
    anna, accountant = browser(world.anna), staff("accountant")
    assert answer(accountant, wish, do="done", equipment="on") == 422  # 280,00 is left
    anna.post("/cabinet/close/", {"do": "payout"})
    page = words(accountant.get(f"/staff/petitions/{wish.pk}/"))
    assert "asked back: 1 472,26 ₽" in page
    payout = close_account.checklist(account_id=world.anna.account_id)
    assert (payout.payout_kop, payout.equipment) == (1472_26, ())
    from abonent.billing.models import Payout

    cash_desk.open_shift(opening_kop=0, actor="cashier")
    cash_desk.pay_out(payout_id=Payout.objects.get().pk, on=world.today, actor="cashier")
    assert answer(accountant, wish, do="done") == 422  # nobody looked at the equipment
    assert answer(accountant, wish, do="done", equipment="on") == 302
    wish.refresh_from_db()
    assert (wish.state, wish.answered_by) == ("done", "accountant")
    assert Contract.objects.get(number="100001").closed_on == date(2026, 11, 21)
    assert anna.get("/cabinet/").status_code == 302
    assert answer(accountant, wish, do="done", equipment="on") == 422  # twice is told
    assert world.broken() == []


def test_killed_between_the_closing_and_the_answer_the_same_answer_ends_it(world: World, browser: Browser) -> None:
    anna = browser(world.gleb)
    anna.post("/cabinet/close/", {"do": "ask"})
    anna.post("/cabinet/close/", {"do": "end", "last": "2026-11-14"})
    wish, today = Petition.objects.get(), world.today
    world.move_to(date(2026, 11, 15))
    close_account.close(contract_id=world.gleb.contract_id, on=world.today, actor="accountant")  # and then the kill
    from abonent.core import clock

    close_account.answer(wish.pk, done=True, text="", at=clock.now(), on=world.today, actor="accountant")
    wish.refresh_from_db()
    assert (wish.state, today < world.today) == ("done", True)
    assert AuditEntry.objects.filter(action="subscribers.close_account").count() == 1


def test_a_wish_to_correct_is_answered_by_who_may_and_read_by_its_owner(
    world: World, browser: Browser, staff: StaffBrowser
) -> None:
    anna = browser(world.anna)
    anna.post("/cabinet/privacy/", {"do": "correction", "text": "Отчество другое"})
    wish = Petition.objects.get()
    manager = staff("manager")
    assert "Отчество другое" in words(manager.get(f"/staff/petitions/{wish.pk}/"))
    assert answer(manager, wish, do="refuse") == 422  # a refusal says why
    assert answer(manager, wish, do="refuse", text="Нужен паспорт") == 302
    assert "Ответ: Нужен паспорт" in words(anna.get("/cabinet/privacy/"))
    looked = AuditEntry.objects.filter(actor="manager", action="backoffice.look_petition")
    assert set(looked.values_list("subject", flat=True)) == {f"contract:{world.anna.contract_id}"}


@pytest.mark.parametrize(("role", "status"), [("accountant", 404), ("support", 403), ("engineer", 403), ("admin", 200)])
def test_each_sees_only_what_his_role_answers(
    world: World, browser: Browser, staff: StaffBrowser, role: str, status: int
) -> None:
    browser(world.anna).post("/cabinet/privacy/", {"do": "deletion"})
    assert staff(role).get(f"/staff/petitions/{Petition.objects.get().pk}/").status_code == status
