"""The operator's news: written by staff, with a picture, for all or for some, from a date until another.

The only module that writes News. What the profile's folder `pages/news` holds stands among them, for everybody.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from abonent.conversations import files
from abonent.core import audit, clock, db
from abonent.notifications.models_news import News, NewsAudience
from abonent.subscribers.models import Line

MOST = 50


class UnableToKeep(Exception):
    """What was typed does not fit together; nothing is kept."""


class EndsBeforeItBegins(UnableToKeep):
    pass


class NoSuchAudience(UnableToKeep):
    """A segment or a building that there is not."""


class Item(NamedTuple):
    """A piece of news as its reader has it."""

    slug: str  # "2026-11-22-n17"; of the profile's folder: the file's name
    on: date
    title: str
    body: str  # markdown
    id: int = 0  # 0: of the profile's folder
    width: int = 0  # of the picture; 0: it has none
    height: int = 0
    says: str = ""  # the picture in words


class Text(NamedTuple):
    title_ru: str
    body_ru: str
    title_en: str = ""
    body_en: str = ""
    audience: str = NewsAudience.ALL
    audience_value: str = ""
    from_on: date | None = None
    until_on: date | None = None
    picture_says: str = ""


def keep(
    news_id: int | None, text: Text, picture: files.File | None, *, actor: str, address: str | None, at: datetime
) -> News:
    """Write a piece of news, or another text of it; it is shown once it is published.

    picture: as conversations.files.accept gives it; None: what there is stays.
    Raises EndsBeforeItBegins, NoSuchAudience, News.DoesNotExist.
    """
    from_on = text.from_on or clock.on_date(at)
    if text.until_on is not None and text.until_on <= from_on:
        raise EndsBeforeItBegins
    with db.atomic():
        found = News(made_by=actor) if news_id is None else db.lock(News, [news_id])[news_id]
        for name, value in text._replace(from_on=from_on)._asdict().items():
            setattr(found, name, value)
        if picture is not None:
            found.picture, found.picture_type = picture.content, picture.content_type
            found.picture_width, found.picture_height = picture.width, picture.height
        found.changed_at = at
        found.save()
        _record("keep_news", found, actor, address)
    return found


def publish(news_id: int, is_published: bool, *, actor: str, address: str | None) -> News:
    """Show it to those it is for, or take it back.   Raises db.UnableToLock."""
    with db.atomic():
        found = db.lock(News, [news_id])[news_id]
        found.is_published = is_published
        found.save(update_fields=["is_published"])
        _record("publish_news" if is_published else "withdraw_news", found, actor, address)
    return found


def drop_picture(news_id: int, *, actor: str, address: str | None) -> None:
    with db.atomic():
        found = db.lock(News, [news_id])[news_id]
        found.picture, found.picture_type, found.picture_width, found.picture_height = None, "", 0, 0
        found.save(update_fields=["picture", "picture_type", "picture_width", "picture_height"])
        _record("drop_picture", found, actor, address)


def shown(language: str, on: date, contract_ids: Collection[int] = ()) -> list[Item]:
    """The newest first: for everybody, and for the lines of these contracts."""
    rows = _for(on, contract_ids).defer("picture").order_by("-from_on", "-id")[:MOST]
    found = [_item(one, language) for one in rows]
    found += [Item(one.slug, one.on, one.title, one.body) for one in settings.PROFILE.news(language, on)]
    return sorted(found, key=lambda one: (one.on, one.id), reverse=True)


def picture(news_id: int, on: date, contract_ids: Collection[int] = ()) -> tuple[str, bytes] | None:
    """Its type and its bytes, for whom the news is; None: there is no such thing for him."""
    found = _for(on, contract_ids).filter(pk=news_id, picture__isnull=False)
    one = found.values_list("picture_type", "picture").first()
    return None if one is None or one[1] is None else (one[0], bytes(one[1]))


def all_of_them() -> Sequence[News]:
    """For staff, the newest first."""
    return list(News.objects.defer("picture").order_by("-from_on", "-id")[:MOST])


def _for(on: date, contract_ids: Collection[int]) -> QuerySet[News]:
    meant = Q(audience=NewsAudience.ALL)
    if contract_ids:
        lines = Line.objects.filter(contract_id__in=contract_ids)
        meant |= Q(Exists(lines.filter(segment=OuterRef("audience_value"))), audience=NewsAudience.SEGMENT)
        of_building = lines.annotate(building=Cast("premises__building_id", CharField()))
        meant |= Q(Exists(of_building.filter(building=OuterRef("audience_value"))), audience=NewsAudience.BUILDING)
    now = Q(until_on=None) | Q(until_on__gt=on)
    return News.objects.filter(meant, now, is_published=True, from_on__lte=on)


def _item(one: News, language: str) -> Item:
    in_english = language == "en" and bool(one.title_en and one.body_en)
    return Item(
        slug=f"{one.from_on.isoformat()}-n{one.pk}",
        on=one.from_on,
        title=one.title_en if in_english else one.title_ru,
        body=one.body_en if in_english else one.body_ru,
        id=one.pk,
        width=one.picture_width,
        height=one.picture_height,
        says=one.picture_says,
    )


def _record(action: str, found: News, actor: str, address: str | None) -> None:
    audit.record(
        actor=actor,
        action=f"notifications.{action}",
        subject=f"news:{found.pk}",
        new={
            "title": found.title_ru,
            "audience": f"{found.audience}:{found.audience_value}",
            "from_on": found.from_on.isoformat(),
            "until_on": found.until_on.isoformat() if found.until_on else None,
            "is_published": found.is_published,
        },
        address=address,
    )
