"""Requests at every stage of their way, so that the staff's board is one of a working day. All people are invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from abonent.addresses.models import Building
from abonent.catalog.models import Offer
from abonent.core import clock, db
from abonent.flows import handle_request, visiting
from abonent.flows.handle_request import By
from abonent.identity.models import User
from abonent.onboarding import requests, windows
from abonent.onboarding.models import ConnectionRequest, Visit
from abonent.subscribers.models import Contract

_WAY = ("new", "called", "address", "visit", "connected", "signed")


@dataclass(frozen=True)
class Wish:
    """Who asked for what, how long before now, and how far it has come."""

    name: str
    hours_ago: int
    stage: str  # of _WAY, or how it was closed
    flat: str = ""
    segment: str = "apartment"
    offer: str = "city-300"
    nth: int = 0  # of the profile's buildings of the segment
    visit_on: int = 0  # days after the demo's today
    window: int = 0
    note: str = ""


WISHES = (
    Wish("Архипова Нина Львовна", 1, "new", "41"),
    Wish("Дёмин Олег Викторович", 3, "new", "8", nth=1, offer="city-500"),
    Wish("Семья Кузиных", 22, "new", "", segment="private", offer="private-100"),
    Wish("Тихонов Павел Сергеевич", 26, "called", "63", note="Перезвонить после шести, уточнит квартиру родителей."),
    Wish("ИП Лаврова", 50, "called", "", segment="business", offer="business-100", note="Ждёт сметы на два этажа."),
    Wish("Фомина Алла Игоревна", 30, "address", "17", nth=1, note="Кабель завести через кухню."),
    Wish("Ежов Денис Романович", 74, "address", "2", segment="private", offer="private-100", nth=1),
    Wish("Савин Артём Павлович", 48, "visit", "35", visit_on=0, window=3, note="Домофон не работает, звонить."),
    Wish("Белова Ирина Олеговна", 52, "visit", "70", nth=1, visit_on=1, window=1),
    Wish("Громов Илья Антонович", 70, "visit", "9", visit_on=2, window=0, offer="city-500"),
    Wish("Титова Вера Кирилловна", 96, "connected", "28", nth=1, visit_on=-1, window=3),
    Wish("Крылов Степан Ильич", 120, "refused", "11", note="Выбрал другого оператора."),
    Wish("Носова Лидия Петровна", 200, "no_coverage", "4", segment="none", note="Сеть придёт в дом в следующем году."),
)


def make(today: date) -> None:
    """The board of the demo's first day, as it is at that moment."""
    noon = clock.now() if clock.today() == today else clock.at_noon(today)
    for number, one in enumerate(WISHES, 1):
        _walk(number, one, noon)
    _glebs(noon)


def _walk(number: int, one: Wish, noon: datetime) -> None:
    moments = _moments(noon, one.hours_ago)
    building = _building(one)
    asked = _ask(number, one, building, next(moments))
    by = By(User.objects.get(username="manager").pk, "manager")
    closed = one.stage in requests.CLOSED
    reached = _WAY.index(one.stage) if one.stage in _WAY else 1
    if reached >= 1:
        with clock.frozen(next(moments)):
            later = clock.today() + timedelta(days=1) if one.stage == "called" else None
            handle_request.log_call(
                asked.pk, outcome="reached", note=one.note, next_call_on=later, by=by, version=_version(asked)
            )
    if closed:
        with clock.frozen(next(moments)):
            handle_request.close(
                asked.pk, one.stage, reason=one.note, duplicate_of_id=None, by=by, version=_version(asked)
            )
    if reached >= 2:
        with clock.frozen(next(moments)):
            handle_request.set_address(
                asked.pk, building_id=building.pk, flat=one.flat, entrance="1", offer_id=asked.offer_id, by=by,
                version=_version(asked),
            )  # fmt: skip
    if reached >= 3:
        with clock.frozen(next(moments)):
            visit = _agree(asked, one, noon, by)
        if reached >= 4:
            _report(visit)


def _agree(asked: ConnectionRequest, one: Wish, noon: datetime, by: By) -> Visit:
    on = clock.on_date(noon) + timedelta(days=one.visit_on)
    return visiting.agree(
        asked.pk,
        technician=User.objects.get(username="engineer"),
        window=windows.of_day(on, clock.zone())[one.window],
        tasks=f"Завести кабель, подключить и проверить. {one.note}".strip(),
        by=by,
        version=None,
    )


def _report(visit: Visit) -> None:
    by = By(User.objects.get(username="engineer").pk, "engineer")
    with clock.frozen(visit.period.upper - timedelta(minutes=30)):
        visiting.add_equipment(visit, kind="ont", mac="A4:2B:B0:00:10:01", serial="DEMO-0001", by=by)
        visiting.finish(visit, report="Кабель проложен, терминал в прихожей, скорость проверена.", by=by)


def _glebs(noon: datetime) -> None:
    """Gleb has signed two days ago: his request waits for the first top-up."""
    contract = Contract.objects.filter(number="100005").first()
    if contract is None:
        return
    gleb = Wish("Орлов Глеб Андреевич", 120, "signed", "31")
    building = _building(gleb)
    asked = _ask(len(WISHES) + 1, gleb, building, noon - timedelta(days=5))
    with db.atomic():
        for state in ("called", "address", "visit", "connected"):
            ConnectionRequest.objects.filter(pk=asked.pk).update(building=building)
            requests.move(asked.pk, state, actor="manager", at=noon - timedelta(days=3))
        requests.give_contract(asked.pk, contract_id=contract.pk, actor="manager", at=noon - timedelta(days=2))


def _ask(number: int, one: Wish, building: Building, at: datetime) -> ConnectionRequest:
    offer = Offer.objects.filter(code=one.offer).first()
    flat = f", кв. {one.flat}" if one.flat else ""
    with db.atomic():
        return requests.open_request(
            requests.Wish(
                full_name=one.name,
                phone=f"+7916000{1000 + number}",
                submit_token=f"demo-{number}",
                consent_text="demo",
                language="ru",
                address=f"{building}{flat}",
                building_id=building.pk,
                flat=one.flat,
                offer_id=None if offer is None else offer.pk,
                is_company=one.segment == "business",
            ),
            at=at,
        )


def _building(one: Wish) -> Building:
    """The profile's nth of the segment that is in the network; "none": one that is not."""
    known = [
        each
        for each in settings.PROFILE.buildings
        if (each.connected == "no" if one.segment == "none" else (each.segment, each.connected) == (one.segment, "yes"))
    ]
    each = known[one.nth % len(known)]
    return Building.objects.get(settlement=each.settlement, street=each.street, house=each.house, korpus=each.korpus)


def _moments(noon: datetime, hours_ago: int) -> Iterator[datetime]:
    """When it was asked, and what followed: an eighth of the time apart."""
    began = noon - timedelta(hours=hours_ago)
    step = timedelta(minutes=hours_ago * 60 // 8)
    return (began + step * n for n in range(8))


def _version(asked: ConnectionRequest) -> int:
    return ConnectionRequest.objects.values_list("version", flat=True).get(pk=asked.pk)
