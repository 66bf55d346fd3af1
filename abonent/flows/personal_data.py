"""Everything we keep about a person, out of every room: as JSON in pieces, and as a PDF to read.

Nothing is looked up but through the customer of the signed-in user. No secret is among it: no password, no bank's
token, no hash of a device. What it is made of stands in `personal_sections`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import dateformat, translation
from django.utils.translation import gettext as _

from abonent.core import audit, clock, db, documents, money
from abonent.flows.personal_rows import Whose
from abonent.flows.personal_sections import SECTIONS
from abonent.identity.models import SignInName
from abonent.ledger.models import Account
from abonent.subscribers.models import Contact, Contract, Customer

MOST_ROWS_OF_PDF = 400  # of a section: the rest stands in the JSON
_TEMPLATE = Path(__file__).parent.joinpath("templates", "personal_data.typ")


def whose(customer_id: int) -> Whose:
    customer = Customer.objects.get(id=customer_id)
    contracts = dict(Contract.objects.filter(customer_id=customer_id).order_by("id").values_list("id", "number"))
    accounts = Account.objects.filter(contract_id__in=contracts).order_by("id").values_list("id", flat=True)
    confirmed = Contact.objects.filter(customer_id=customer_id, kind="phone", confirmed_at__isnull=False)
    names = set(contracts.values())
    if customer.user_id is not None:
        names |= set(SignInName.objects.filter(user_id=customer.user_id).values_list("name", flat=True))
    phones = tuple(confirmed.values_list("value", flat=True))
    return Whose(customer_id, customer.user_id, tuple(contracts), tuple(accounts), tuple(sorted(names)), phones)


def record(one: Whose, form: str, *, actor: str, address: str | None = None) -> None:
    """That the data went out stands in the log.   form: "json", "pdf"."""
    with db.atomic():
        subject, new = f"customer:{one.customer_id}", {"form": form}
        audit.record(actor=actor, action="subscribers.export_data", subject=subject, new=new, address=address)


def as_json(one: Whose, *, at: datetime, language: str) -> Iterator[bytes]:
    """One JSON object, a section a key, each a list of objects; piece by piece, however long."""
    head = {"made_at": at.isoformat(), "operator": settings.PROFILE.legal_name.get(language)}
    yield json.dumps(head, ensure_ascii=False)[:-1].encode()
    for section in SECTIONS:
        yield f',\n"{section.key}": ['.encode()
        keys = [key for key, _name in section.columns]
        for number, row in enumerate(section.rows(one, language)):
            said = json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False, default=_plain)
            yield f"{',' if number else ''}\n {said}".encode()
        yield b"]"
    yield b"}\n"


def as_pdf(one: Whose, *, at: datetime, language: str) -> bytes:
    """The same to read, at most MOST_ROWS_OF_PDF of a section.   Raises core.documents.UnableToRender."""
    with translation.override(language):
        return documents.render(_TEMPLATE, _printed(one, at, language))


def _printed(one: Whose, at: datetime, language: str) -> dict[str, Any]:
    profile, spoken = settings.PROFILE, "en" if language == "en" else "ru"
    sections = []
    for section in SECTIONS:
        found = list(islice(section.rows(one, language), MOST_ROWS_OF_PDF + 1))
        if found:
            keys = [key for key, _name in section.columns]
            sections.append(
                {
                    "title": str(section.title),
                    "columns": [str(name) for _key, name in section.columns],
                    "rows": [
                        [_shown(key, value) for key, value in zip(keys, row, strict=True)]
                        for row in found[:MOST_ROWS_OF_PDF]
                    ],
                    "more": _("Only the first %(count)s lines stand here; all of them are in the JSON file.")
                    % {"count": MOST_ROWS_OF_PDF}
                    if len(found) > MOST_ROWS_OF_PDF
                    else "",
                }
            )
    return {
        "language": spoken,
        "issued": clock.on_date(at).isoformat(),
        "logo": profile.logo_svg,
        "brand": profile.brand,
        "seller": profile.legal_name.get(spoken),
        "help": f"{profile.contacts.support_phone}, {profile.contacts.support_email}",
        "title": _("What we keep about you"),
        "made": _("Made on %(day)s") % {"day": _instant(at)},
        "page": _("page {page} of {pages}"),
        "sections": sections,
        "nothing": _("Passwords, bank tokens and numbers of cards are not here: we do not keep them in readable form."),
    }


def _shown(key: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if key.endswith("_kop"):
        return money.show(value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date):
        return dateformat.format(value, "d.m.Y")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _instant(at: datetime) -> str:
    return dateformat.format(clock.local(at), "d.m.Y H:i")


def _plain(value: Any) -> str:
    assert isinstance(value, date), type(value)  # a datetime is one too
    return value.isoformat()
