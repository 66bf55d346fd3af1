"""The network's pages: servers and pools by who may, the secret shown to nobody, outages declared and ended."""

import re

import pytest
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core import clock
from abonent.core import db as database
from abonent.core.models import AuditEntry
from abonent.flows.tests.test_diagnosis import session
from abonent.network import mending
from abonent.network.models import AddressPool, Mend, Nas, Outage, StaticAddress
from abonent.subscribers.models import Line
from sandbox.network import nas as sandbox_nas
from tests.world import World

pytestmark = pytest.mark.committing
SERVER = {
    "name": "north", "address": "10.1.1.1", "kind": "accel_ppp", "secret": "north-secret", "coa_port": "3799",
    "interim_seconds": "300", "sends_authenticator": "on", "is_on": "on",
}  # fmt: skip


def said(client: Client, address: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(address).content.decode()).split())


def test_a_server_is_added_changed_and_its_secret_is_shown_to_nobody(world: World, staff: StaffBrowser) -> None:
    engineer = staff("engineer")
    answer = engineer.post("/staff/network/new/", SERVER)
    made = Nas.objects.get(name="north")
    assert (answer.status_code, answer["Location"]) == (302, f"/staff/network/{made.pk}/")
    page = engineer.get(f"/staff/network/{made.pk}/").content.decode()
    assert "north-secret" not in page
    engineer.post(f"/staff/network/{made.pk}/", {**SERVER, "secret": "", "name": "north-2", "coa_port": "1700"})
    made.refresh_from_db()
    assert (made.name, made.coa_port, made.secret) == ("north-2", 1700, "north-secret")
    entry = AuditEntry.objects.filter(subject=f"nas:{made.pk}").latest("id")
    assert entry.new == {"name": "north-2", "coa_port": 1700}
    assert "north-secret" not in str(list(AuditEntry.objects.values_list("new", "old")))
    wrong = (
        {"address": "here"}, {"secret": "short"}, {"name": ""}, {"coa_port": "0"}, {"interim_seconds": "5"},
        {"kind": "nokia"}, {"address": "127.0.0.11"},
    )  # fmt: skip
    for typed in wrong:
        assert engineer.post("/staff/network/new/", {**SERVER, "name": "south", **typed}).status_code == 422, typed
    assert not Nas.objects.filter(name="south").exists()
    support = staff("support")
    assert "north-2" in said(support, "/staff/network/")
    assert support.get(f"/staff/network/{made.pk}/").status_code == 403
    assert support.post("/staff/network/", {"do": "add", "name": "x", "network": "10.0.0.0/24"}).status_code == 403


def test_the_connection_is_tried_without_anything_happening_there(world: World, staff: StaffBrowser) -> None:
    row = Nas.objects.get()
    Nas.objects.update(coa_timeout_seconds=1, coa_tries=1)
    there = sandbox_nas.Nas(str(row.address), row.secret, "127.0.0.1", 1, 2, row.coa_port)
    try:
        engineer = staff("engineer")
        engineer.post(f"/staff/network/{row.pk}/check/")
        assert "It answers, and knows the secret" in said(engineer, f"/staff/network/{row.pk}/")
        assert len(there.asked) == 1
        Nas.objects.update(secret="another-secret")
        engineer.post(f"/staff/network/{row.pk}/check/")
        assert "It does not answer" in said(engineer, f"/staff/network/{row.pk}/")
    finally:
        there.close()


def test_pools_are_added_and_removed_while_nothing_of_them_is_given(world: World, staff: StaffBrowser) -> None:
    engineer = staff("engineer")
    engineer.post("/staff/network/", {"do": "add", "name": "office", "network": "203.0.113.0/30"})
    pool = AddressPool.objects.get(name="office")
    assert "given: 0, free: 2" in said(engineer, "/staff/network/")
    for network in ("203.0.113.0/29", "10.0.0.0/8", "here", "203.0.113.1/30"):
        answer = engineer.post("/staff/network/", {"do": "add", "name": "other", "network": network})
        assert answer.status_code == 422, network
    line = Line.objects.get(contract_id=world.anna.contract_id)
    given = StaticAddress.objects.create(line=line, pool=pool, address="203.0.113.1")
    assert engineer.post("/staff/network/", {"do": "remove", "pool": pool.pk}).status_code == 422
    given.delete()
    assert engineer.post("/staff/network/", {"do": "remove", "pool": pool.pk}).status_code == 302
    assert not AddressPool.objects.filter(name="office").exists()


def test_the_drift_stands_as_a_figure_with_its_last_mends(world: World, staff: StaffBrowser) -> None:
    support = staff("support")
    assert "has not looked yet" in said(support, "/staff/network/")
    session(world, world.anna.contract_id, "open:300:300:-")
    session(world, world.vera.contract_id, "walled")
    mending.tick(clock.now())
    page = said(support, "/staff/network/")
    assert "1 of 2 had drifted" in page
    assert "Drift, of a thousand sessions 500" in page
    assert "100003 is being told" in page
    database.run("update network_accesssession set granted = 'open:50:50:-' where granted = 'walled'")
    mending.tick(clock.now())
    assert "All 2 agree" in said(support, "/staff/network/")
    assert [(one.sessions, one.drifted) for one in Mend.objects.order_by("id")] == [(2, 1), (2, 0)]


def test_an_interruption_is_declared_of_a_building_and_ended(world: World, staff: StaffBrowser) -> None:
    support = staff("support")
    premises = Line.objects.get(contract_id=world.anna.contract_id).premises
    assert premises is not None
    building = premises.building
    page = support.get("/staff/outages/", {"q": f"{building.street} {building.house}"}).content.decode()
    assert f'name="building" value="{building.pk}"' in page
    words = {"do": "declare", "building": building.pk, "what": "Cut cable.", "expected": "18:00"}
    assert support.post("/staff/outages/", words).status_code == 302
    page = said(support, "/staff/outages/")
    assert "those touched are told" in page
    assert "Cut cable." in page
    assert world.notices(world.anna, "outage_began") == 1
    assert support.post("/staff/outages/", words).status_code == 422, "there is one already"
    assert support.post("/staff/outages/", {"do": "declare"}).status_code == 422
    assert support.post("/staff/outages/", {**words, "expected": "soon"}).status_code == 422
    made = Outage.objects.get()
    support.post("/staff/outages/", {"do": "end", "outage": made.pk})
    assert support.post("/staff/outages/", {"do": "end", "outage": made.pk}).status_code == 422
    made.refresh_from_db()
    assert (made.state, made.declared_by, made.ended_by) == ("ended", "support", "support")
    assert staff("cashier").get("/staff/outages/").status_code == 403


def test_support_reads_what_the_subscriber_reads_and_the_engineer_restarts(world: World, staff: StaffBrowser) -> None:
    support, engineer = staff("support"), staff("engineer")
    assert staff("cashier").get("/staff/contracts/100001/").status_code == 200, "who may not see the network"
    session(world, world.anna.contract_id, "open:300:300:-")
    address = "/staff/contracts/100001/internet/"
    line = Line.objects.get(contract_id=world.anna.contract_id)
    assert "The line works: online since" in said(support, address)
    assert "The line works: online since" in said(support, "/staff/contracts/100001/")
    assert "is missing" in said(support, "/staff/contracts/100002/internet/")
    assert support.post(address, {"line": line.pk}).status_code == 422
    assert engineer.post(address, {"line": line.pk}).status_code == 302
    assert "is restarted" in said(engineer, address)
    assert engineer.post(address, {"line": Line.objects.get(contract_id=world.boris.contract_id).pk}).status_code == 404
    assert AuditEntry.objects.filter(subject=f"line:{line.pk}", actor="engineer").count() == 1
