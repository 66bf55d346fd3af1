"""What is kept of a person's line: what it signs in by, what stands on it, when it was used, who came to mend it."""

from django.utils.translation import gettext_lazy as _

from abonent.flows import personal_rows as rows
from abonent.network.models_lines import Device, Login, StaticAddress
from abonent.network.models_outages import OutageLine
from abonent.onboarding.models_visits import Equipment, Visit, VisitPhoto

_WHEN = _("When")
SECTIONS: tuple[rows.Section, ...] = (
    rows.Section(
        "logins",
        _("What your line signs in by"),
        (("name", _("Login")),),
        rows.fields(Login, "line__contract_id", "id", "name"),
    ),
    rows.Section(
        "static_addresses",
        _("Addresses of your own"),
        (("address", _("Address")),),
        rows.fields(StaticAddress, "line__contract_id", "id", "address"),
    ),
    rows.Section(
        "devices",
        _("Devices"),
        (
            ("mac", _("MAC")),
            ("name", _("Your word for it")),
            ("source", _("How it came")),
            ("registered_at", _("Since")),
            ("last_seen_at", _("Last seen")),
        ),
        rows.fields(Device, "line__contract_id", "id", "mac", "name", "source", "registered_at", "last_seen_at"),
    ),
    rows.Section(
        "equipment",
        _("Equipment at your place"),
        (("noted_at", _WHEN), ("kind", _("What")), ("mac", _("MAC")), ("serial", _("Serial number"))),
        rows.fields(Equipment, "line__contract_id", "id", "noted_at", "kind", "mac", "serial"),
    ),
    rows.Section(
        "sessions",
        _("When you were online"),
        (
            ("started_at", _("From")),
            ("ended_at", _("Until")),
            ("mac", _("MAC")),
            ("address", _("Address")),
            ("up_octets", _("Sent, octets")),
            ("down_octets", _("Received, octets")),
        ),
        rows.sessions,
    ),
    rows.Section(
        "usage",
        _("Traffic by day"),
        (("used_on", _WHEN), ("up_octets", _("Sent, octets")), ("down_octets", _("Received, octets"))),
        rows.usage,
    ),
    rows.Section(
        "interruptions",
        _("Interruptions of your line"),
        (("began_at", _("From")), ("ended_at", _("Until")), ("what", _("What"))),
        rows.fields(OutageLine, "contract_id", "id", "outage__started_at", "outage__ended_at", "outage__what"),
    ),
    rows.Section(
        "visits",
        _("Technicians' visits"),
        (("agreed_at", _("Agreed")), ("ended_at", _("Ended")), ("state", _("State")), ("report", _("What was done"))),
        rows.fields(Visit, "request__contract_id", "id", "created_at", "closed_at", "state", "report"),
    ),
    rows.Section(
        "photos",
        _("Photos of the visits"),
        (("kept_at", _WHEN), ("width", _("Width, points")), ("height", _("Height, points"))),
        rows.fields(VisitPhoto, "visit__request__contract_id", "id", "kept_at", "width", "height"),
    ),
)
