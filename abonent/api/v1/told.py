"""What a person wants to be told of, and how."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from abonent.api.v1 import shapes, wire
from abonent.api.v1.problems import Refused
from abonent.core import clock
from abonent.notifications import choices, subjects, ways
from abonent.notifications import news as operators_news
from abonent.notifications.models import Channel
from abonent.ui import formats

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


class NewsItem(Schema):
    slug: str
    on: date
    title: str
    body: str  # markdown; HTML in it is text
    picture: str  # its address, with the token; "": none
    picture_says: str


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


@router.get("/news", response=list[NewsItem], summary="News for everybody and for your lines, the newest first")
def news(request: HttpRequest) -> list[NewsItem]:
    return [
        NewsItem(
            slug=one.slug,
            on=one.on,
            title=one.title,
            body=one.body,
            picture=f"{wire.PREFIX}news/{one.id}/picture" if one.width else "",
            picture_says=one.says,
        )
        for one in operators_news.shown(formats.language(), clock.today(), _contract_ids(request))
    ]


@router.get("/news/{int:news_id}/picture", summary="The picture of a piece of news")
def picture(request: HttpRequest, news_id: shapes.Id) -> HttpResponse:
    found = operators_news.picture(news_id, clock.today(), _contract_ids(request))
    if found is None:
        raise Http404
    return HttpResponse(found[1], content_type=found[0])


def _contract_ids(request: HttpRequest) -> list[int]:
    return [one.id for one in wire.caller(request).contracts]


def _customer_id(request: HttpRequest) -> int:
    found = wire.caller(request).contracts
    if not found:
        raise Http404
    return found[0].customer_id
