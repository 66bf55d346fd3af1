"""An interruption: told once to those it touches, ended, and a long one given back once to exactly those."""

from datetime import timedelta

import pytest
from django.db import transaction

from abonent.addresses.models import Premises
from abonent.core import clock, jobs
from abonent.core import db as database
from abonent.core.models import Alarm, AuditEntry
from abonent.flows import outage
from abonent.ledger import transfers
from abonent.network import outages
from abonent.network.models import Nas, Outage, OutageCredit, OutageLine
from abonent.notifications.models import Notice
from abonent.subscribers.models import Line
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing


def building_of(who: Subscriber) -> int:
    found = Premises.objects.get(line__contract_id=who.contract_id)
    return found.building_id


def began(world: World, *whose: Subscriber, hours: int = 0) -> Outage:
    return outage.declare(
        building_ids=[building_of(one) for one in whose],
        what="Обрыв кабеля",
        started_at=clock.now() - timedelta(hours=hours),
        expected_at=clock.now() + timedelta(hours=2),
        actor="support",
    )


def test_a_long_one_is_told_once_and_given_back_once_to_those_it_touched(world: World) -> None:
    """Boris is suspended: he had no service to lose. Vera lives elsewhere. Daria lives in Anna's house or Boris's."""
    before = {one.name: world.balance(one) for one in (world.anna, world.boris, world.vera)}
    made = began(world, world.anna, world.boris, hours=7)
    line = Line.objects.get(contract_id=world.anna.contract_id)
    touched = OutageLine.objects.values_list("contract__number", flat=True)
    assert sorted(touched) == ["100001", "100006"]
    assert [one.what for one in outages.open_of([line.pk])] == ["Обрыв кабеля"]
    assert world.notices(world.anna, "outage_began") == 1
    with pytest.raises(outages.DeclaredAlready):
        began(world, world.anna)
    world.run_jobs()
    outage.end(made.pk, actor="support")
    with pytest.raises(outages.NotOpen):
        outage.end(made.pk, actor="support")
    for _ in range(2):
        world.run_jobs()
        outage.give_back(made.pk)
        outage.tick(clock.now())
    assert world.balance(world.anna) == before["anna"] + 21_67
    assert (world.balance(world.boris), world.balance(world.vera)) == (before["boris"], before["vera"])
    assert [world.notices(world.anna, kind) for kind in ("outage_began", "outage_over", "outage_credit")] == [1, 1, 1]
    assert world.notices(world.boris, "outage_began") == 0
    assert outages.open_of([line.pk]) == []
    assert Outage.objects.get().settled_at is not None
    actions = AuditEntry.objects.filter(subject=f"outage:{made.pk}").values_list("action", flat=True)
    assert sorted(actions) == ["network.declare_outage", "network.end_outage"]
    assert world.broken() == []


def test_a_short_one_gives_nothing_back(world: World) -> None:
    made = began(world, world.anna, hours=5)
    outage.end(made.pk, actor="support")
    before = world.balance(world.anna)
    world.run_jobs()
    assert world.balance(world.anna) == before
    assert world.notices(world.anna, "outage_over") == 0, "nobody had been told of it yet"
    assert Notice.objects.get(kind="outage_began", contract_id=world.anna.contract_id).state == "canceled"
    assert not OutageCredit.objects.exists()
    assert Outage.objects.get().settled_at is not None


def test_a_kill_between_two_lines_gives_each_once_and_the_database_refuses_a_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (world.balance(world.anna), world.balance(world.vera))
    made = began(world, world.anna, world.vera, hours=30)
    outage.end(made.pk, actor="support")
    posted = transfers.post
    calls: list[str] = []

    class Killed(BaseException):
        """As a kill comes: nothing after it runs."""

    def post(**words: object) -> object:
        calls.append(str(words["key"]))
        if len(calls) == 2:
            raise Killed
        return posted(**words)  # type: ignore[arg-type]

    monkeypatch.setattr(transfers, "post", post)
    with pytest.raises(Killed):
        outage.give_back(made.pk)
    assert OutageCredit.objects.count() == 1
    monkeypatch.undo()
    outage.tick(clock.now())
    jobs.run_due()
    assert world.balance(world.anna) == before[0] + 43_33  # 650 × 2 ÷ 30
    assert world.balance(world.vera) == before[1] + 41_33  # 620 × 2 ÷ 30
    given = OutageCredit.objects.order_by("id")[0]
    with transaction.atomic():
        assert not outages.note_credit(
            made.pk, given.line_id, account_id=given.account_id, days=9, amount_kop=0, transfer=None
        )
        with pytest.raises(transfers.KeyReusedWithOtherBody):
            posted(
                key=f"outage:{made.pk}:{given.line_id}", debit_id=301, credit_id=given.account_id, amount_kop=1,
                on=clock.today(), reason="bonus",
            )  # fmt: skip
    assert world.broken() == []


def drop(contract_ids: list[int], nas_id: int, cause: str = "Lost-Carrier") -> None:
    """Sessions of these lines that have just ended."""
    database.run(
        """
        insert into network_closedsession (id, unique_id, nas_id, acct_session_id, user_name, line_id, way, port,
            circuit_id, remote_id, started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets,
            raw_down_octets, has_class, granted, ended_on, ended_at, cause)
        select nextval('network_accesssession_id_seq'), 'drop-' || l.id, %(nas)s, 'x', 'x', l.id, 'login', '', '', '',
            %(now)s, %(now)s, 9, 0, 0, 0, 0, true, 'open:1:1:-', radius.date_of(%(now)s), %(now)s, %(cause)s
        from subscribers_line l where l.contract_id = any(%(contracts)s)
        """,
        {"nas": nas_id, "now": clock.now() - timedelta(minutes=2), "cause": cause, "contracts": contract_ids},
    )


def test_a_drop_of_sessions_is_seen_confirmed_by_staff_or_withdrawn_when_they_come_back(world: World) -> None:
    nas = Nas.objects.get()
    everybody = [one.contract_id for one in (world.anna, world.vera, world.romashka, world.daria, world.daria_second)]
    drop(everybody[:3], nas.pk)
    outage.tick(clock.now())
    assert not Outage.objects.exists(), "three of a node are people's own doings"
    drop(everybody[3:], nas.pk)
    outage.tick(clock.now())
    outage.tick(clock.now())
    seen = Outage.objects.get()
    assert (seen.state, seen.nas_id, seen.seen_lines) == ("seen", nas.pk, 5)
    assert Alarm.objects.filter(key=f"outage:{seen.pk}", closed_at=None).exists()
    line = Line.objects.get(contract_id=world.anna.contract_id)
    assert [one.is_declared for one in outages.open_of([line.pk])] == [False]
    assert world.notices(world.anna, "outage_began") == 0, "nobody is told what nobody has looked at"

    database.run(
        "insert into network_accesssession (unique_id, nas_id, acct_session_id, user_name, line_id, way, port, "
        "circuit_id, remote_id, started_at, updated_at, seconds, up_octets, down_octets, raw_up_octets, "
        "raw_down_octets, has_class, granted) select 'again-' || l.id, %s, 'y', 'x', l.id, 'login', '', '', '', "
        "%s, %s, 0, 0, 0, 0, 0, true, 'open:1:1:-' from subscribers_line l where l.contract_id = any(%s)",
        [nas.pk, *[clock.now() + timedelta(minutes=1)] * 2, everybody],
    )
    outage.tick(clock.now())
    assert Outage.objects.get().state == "dismissed"

    database.run("delete from network_accesssession")
    outage.tick(clock.now())
    again = Outage.objects.get(state="seen")
    declared = outage.declare(nas_id=nas.pk, what="Авария", started_at=clock.now(), expected_at=None, actor="engineer")
    assert declared.pk == again.pk, "what was seen becomes what is declared"
    assert world.notices(world.anna, "outage_began") == 1
    assert not Alarm.objects.filter(key=f"outage:{again.pk}", closed_at=None).exists()


def test_people_who_switch_off_are_no_outage(world: World) -> None:
    nas = Nas.objects.get()
    drop([one.contract_id for one in (world.anna, world.vera, world.romashka, world.daria)], nas.pk, "User-Request")
    outage.tick(clock.now())
    assert not Outage.objects.exists()
