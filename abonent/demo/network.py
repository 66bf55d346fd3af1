"""The demo's network: an access server, each line's login and devices, two months of traffic."""

from datetime import date, datetime, timedelta

from django.conf import settings

from abonent.core import clock, db
from abonent.network import devices, freeradius, lines
from abonent.network.models import DeviceSource, Nas, NasKind, Sighting
from abonent.subscribers.models import Line

NAS_ADDRESS = "127.0.0.11"
NAS_SECRET = "sandbox-radius"  # of the loopback; nothing leaves the machine
GB = 10**9
DAYS = 60

# contract: devices, each with its maker's prefix; how much goes on a usual day, GB
_DEVICES = {
    "100001": (("d8:07:b6:10:00:01", "Роутер"), ("a4:83:e7:10:00:02", "Ноутбук Анны")),
    "100002": (("50:ff:20:10:00:03", "Роутер"),),
    "100003": (("d8:07:b6:10:00:04", "Роутер"),),
    "100004": (("48:8f:5a:10:00:05", "Маршрутизатор офиса"),),
    "100006": (("50:ff:20:10:00:06", ""),),
}
_SEEN = {"100001": "dc:a6:32:10:00:07"}  # a Raspberry Pi that waits for one tap
_DAILY_GB = {"100001": 9, "100002": 5, "100003": 3, "100004": 14, "100006": 7}


def make(today: date) -> None:
    """Where there is no access server yet."""
    if Nas.objects.exists():
        return
    with db.atomic():
        Nas.objects.create(
            name="sandbox", address=NAS_ADDRESS, kind=NasKind.MIKROTIK, secret=NAS_SECRET, coa_port=_coa_port()
        )
        lines.make_pool("static", "198.51.100.0/28")  # RFC 5737: nobody's
        for line in Line.objects.select_related("contract").order_by("id"):
            number = line.contract.number
            lines.give_login(line.pk, number, password=f"net-{number}")
            lines.bind(line.pk, circuit_id="0x" + f"port-{number}".encode().hex())
            for mac, name in _DEVICES.get(number, ()):
                devices.register(line.pk, mac, name=name, source=DeviceSource.ENGINEER)
            if number in _SEEN:
                Sighting.objects.create(line=line, mac=_SEEN[number], seen_at=clock.at_noon(today))
            _used(line, number, today)


def serve() -> list[str] | None:
    """Write FreeRADIUS's configuration of the demo; how it is started. None where it is not installed or not fit."""
    program = freeradius.program()
    if program is None:
        return None
    Nas.objects.filter(name="sandbox").update(coa_port=_coa_port())
    port = settings.SANDBOX_RADIUS_PORT
    site = freeradius.Site(settings.RADIUS_DIR, "127.0.0.1", port, port + 1, reject_delay_seconds=0)
    try:
        freeradius.configure(site)
    except (freeradius.UnableToConfigure, OSError):
        return None
    if freeradius.problems(site.folder):
        return None
    return [str(program), "-f", "-l", str(site.folder / "log" / "radius.log"), "-d", str(site.folder)]


def _coa_port() -> int:
    return int(settings.SANDBOX_RADIUS_PORT) + 2


def _used(line: Line, number: str, today: date) -> None:
    """A week has its rhythm: more at the weekend, and no two days are the same."""
    usual = _DAILY_GB.get(number, 0) * GB
    first = max(line.contract.signed_on, today - timedelta(days=DAYS))
    for back in range((today - first).days if usual else 0):
        day = today - timedelta(days=back + 1)
        spread = (day.toordinal() * 7919 + line.pk * 104_729) % 100
        down = usual * (70 + spread) // 100 * (14 if day.weekday() > 4 else 10) // 10
        at: datetime = clock.at_noon(day)
        db.rows("select radius.add_usage(%s, %s, %s, %s)", [line.pk, at, down // 12, down])
