"""Devices of the line, and its traffic."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest
from ninja import Router, Status

from abonent.api.v1 import shapes, wire
from abonent.core import clock
from abonent.flows import diagnosis, own_devices
from abonent.network import makers, queries
from abonent.network.models import Device
from abonent.ui import diagnosis as words

router = Router(tags=["Line"])
DAYS = 30


@router.get(
    "/contracts/{str:number}/devices", response=shapes.Devices, summary="Devices, and what was seen on the line"
)
def devices(request: HttpRequest, number: str) -> shapes.Devices:
    line_ids = _lines(request, number)
    live = queries.online(line_ids)
    return shapes.Devices(
        most=settings.PROFILE.device_limit,
        devices=[_device(one, live) for one in queries.devices(line_ids)],
        seen=[
            shapes.Sighting(
                id=one.pk, line_id=one.line_id, mac=one.mac.upper(), maker=makers.maker(one.mac), seen_at=one.seen_at
            )
            for one in queries.sightings(line_ids)
        ],
    )


@router.post("/contracts/{str:number}/devices", response={201: shapes.Device}, summary="Register a device")
def register(request: HttpRequest, number: str, given: shapes.NewDevice) -> Status[shapes.Device]:
    """By its `mac`, or by `sighting_id`: what was seen on the line."""
    line_ids, acting = _lines(request, number), wire.acting(request)
    line_id = given.line_id if given.line_id is not None else next(iter(line_ids), 0)
    if line_id not in line_ids:
        raise Http404
    if given.sighting_id is not None:
        made = own_devices.register_seen(
            line_id=line_id, sighting_id=given.sighting_id, actor=acting.actor, address=acting.address
        )
    else:
        made = own_devices.register(
            line_id=line_id, typed=given.mac, name=given.name, actor=acting.actor, address=acting.address
        )
    return Status(201, _device(made, set()))


@router.patch("/contracts/{str:number}/devices/{int:device_id}", response={204: None}, summary="Name a device")
def rename(request: HttpRequest, number: str, device_id: shapes.Id, given: shapes.DeviceName) -> Status[None]:
    if not any(
        own_devices.rename(line_id=one, device_id=device_id, name=given.name) for one in _lines(request, number)
    ):
        raise Http404
    return Status(204, None)


@router.delete("/contracts/{str:number}/devices/{int:device_id}", response={204: None}, summary="Take a device off")
def remove(request: HttpRequest, number: str, device_id: shapes.Id) -> Status[None]:
    acting = wire.acting(request)
    for one in _lines(request, number):
        gone = own_devices.remove(line_id=one, device_id=device_id, actor=acting.actor, address=acting.address)
        if gone is not None:
            return Status(204, None)
    raise Http404


@router.get(
    "/contracts/{str:number}/diagnosis", response=list[shapes.Diagnosis], summary="Why is there no internet, by line"
)
def diagnosed(request: HttpRequest, number: str) -> list[shapes.Diagnosis]:
    return [_diagnosis(one) for one in diagnosis.of(wire.own(request, number).id)]


@router.get("/contracts/{str:number}/traffic", response=list[shapes.Traffic], summary="Traffic used and left, by day")
def traffic(request: HttpRequest, number: str) -> list[shapes.Traffic]:
    today = clock.today()
    return [_traffic(one) for one in queries.lines(wire.own(request, number).id, today)]


def _diagnosis(one: diagnosis.Verdict) -> shapes.Diagnosis:
    plain = one.plain()
    said = words.said(plain)
    return shapes.Diagnosis(
        line_id=one.line_id or None,
        cause=str(one.cause),
        mark=said.mark,
        title=said.title,
        why=said.why,
        helps=said.help,
        missing_kop=plain["missing_kop"],
        checks=[shapes.Check(mark=each.mark, label=each.label, text=each.text) for each in words.checks(plain)],
    )


def _traffic(line: queries.OwnLine) -> shapes.Traffic:
    today = clock.today()
    first = min(today - timedelta(days=DAYS - 1), line.period.start)
    known = queries.by_day(line.line_id, first, today + timedelta(days=1))
    return shapes.Traffic(
        line_id=line.line_id,
        period_start=line.period.start,
        period_end=line.period.end,
        included_octets=None if line.included_octets is None else line.included_octets + line.extra_octets,
        when_used_up=line.when_used_up,
        slow_mbps=line.slow_mbps,
        used_octets=sum(one.down_octets + one.up_octets for one in known if one.on >= line.period.start),
        days=[shapes.Day(on=one.on, down_octets=one.down_octets, up_octets=one.up_octets) for one in known[-DAYS:]],
        sessions=[
            shapes.Session(
                started_at=one.started_at,
                ended_at=one.ended_at,
                address=one.address,
                down_octets=one.down_octets,
                up_octets=one.up_octets,
            )
            for one in queries.sessions(line.line_id, today)
        ],
    )


def _lines(request: HttpRequest, number: str) -> list[int]:
    return [one.line_id for one in queries.lines(wire.own(request, number).id, clock.today())]


def _device(one: Device, live: set[str]) -> shapes.Device:
    return shapes.Device(
        id=one.pk,
        line_id=one.line_id,
        name=one.name,
        mac=one.mac.upper(),
        maker=makers.maker(one.mac),
        is_online=one.mac in live,
        last_seen_at=one.last_seen_at,
    )
