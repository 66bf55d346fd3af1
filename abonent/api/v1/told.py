"""What a person wants to be told of, and how."""

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from abonent.api.v1 import shapes, wire
from abonent.api.v1.problems import Refused
from abonent.core import clock
from abonent.notifications import choices, subjects, ways
from abonent.notifications.models import Channel

router = Router(tags=["Being in touch"])


class Subject(Schema):
    name: str
    label: str
    what: str
    is_required: bool  # by SMS or by mail it stays
    channels: list[str] | None  # None: as the operator usually does


class Notices(Schema):
    channels: list[str]  # that there are
    subjects: list[Subject]


class Wish(shapes.In):
    channels: list[str]


@router.get("/notices", response=Notices, summary="What you are told of, and how")
def notices(request: HttpRequest) -> Notices:
    chosen = choices.of_customer(_customer_id(request))
    return Notices(
        channels=[one.value for one in ways.CHOSEN],
        subjects=[
            Subject(
                name=one.name,
                label=str(one.label),
                what=str(one.what),
                is_required=one.why_required is not None,
                channels=sorted(each.value for each in chosen[one.name]) if one.name in chosen else None,
            )
            for one in subjects.SUBJECTS
        ],
    )


@router.put("/notices/{str:name}", response=Notices, summary="Choose how you are told of a subject")
def choose(request: HttpRequest, name: str, given: Wish) -> Notices:
    if name not in subjects.BY_NAME:
        raise Http404
    known = {one.value for one in ways.CHOSEN}
    if not set(given.channels) <= known:
        raise Refused(422, "invalid", _("This is not what is expected here."), channels=sorted(known))
    acting = wire.acting(request)
    try:
        choices.choose(
            _customer_id(request),
            {name: {Channel(one) for one in given.channels}},
            actor=acting.actor,
            at=clock.now(),
            address=acting.address,
        )
    except choices.UnableToSwitchOff:
        raise Refused(409, "required", str(subjects.BY_NAME[name].why_required)) from None
    return notices(request)


def _customer_id(request: HttpRequest) -> int:
    found = wire.caller(request).contracts
    if not found:
        raise Http404
    return found[0].customer_id
