"""«News»: written, looked at as its readers will see it, published, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.addresses import spelling
from abonent.addresses.models import Building, Segment
from abonent.backoffice import gate, screen
from abonent.conversations import files
from abonent.core import clock
from abonent.identity import permissions
from abonent.notifications import news
from abonent.notifications.models import News
from abonent.notifications.models_news import NewsAudience
from abonent.ui import prose, talk_forms

DONE_KEY = "news_done"  # in the session: the next page tells what was done
SEGMENTS = {
    Segment.APARTMENT: _("apartment buildings"),
    Segment.PRIVATE: _("private sector"),
    Segment.BUSINESS: _("business"),
}


class NewsForm(forms.Form):
    """As it stands on the page; `told()` once it is valid."""

    title_ru = forms.CharField(max_length=120, error_messages={"required": _("Write the headline.")})
    body_ru = forms.CharField(max_length=20_000, error_messages={"required": _("Write the text.")})
    title_en = forms.CharField(max_length=120, required=False)
    body_en = forms.CharField(max_length=20_000, required=False)
    audience = forms.ChoiceField(choices=NewsAudience.choices)
    segment = forms.ChoiceField(choices=[("", ""), *Segment.choices], required=False)
    building = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    from_on = forms.DateField(error_messages={"required": _("Choose the day."), "invalid": _("This is not a day.")})
    through = forms.DateField(required=False, error_messages={"invalid": _("This is not a day.")})
    picture_says = forms.CharField(max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("through") and given.get("from_on") and given["through"] < given["from_on"]:
            self.add_error("through", gettext("The last day is before the first. Look at the two days."))
        if given.get("audience") == NewsAudience.SEGMENT and not given.get("segment"):
            self.add_error("segment", gettext("Choose for whom it is."))
        if given.get("audience") == NewsAudience.BUILDING:
            number = given.get("building")
            if number is None or not Building.objects.filter(pk=number).exists():
                self.add_error("building", gettext("There is no building of that number in the directory."))
        return given

    def told(self) -> news.Text:
        given = self.cleaned_data
        value = {
            NewsAudience.SEGMENT: given.get("segment") or "",
            NewsAudience.BUILDING: str(given.get("building") or ""),
        }.get(given["audience"], "")
        through = given["through"]
        return news.Text(
            title_ru=given["title_ru"],
            body_ru=given["body_ru"],
            title_en=given["title_en"],
            body_en=given["body_en"],
            audience=given["audience"],
            audience_value=value,
            from_on=given["from_on"],
            until_on=through + timedelta(days=1) if through else None,
            picture_says=given["picture_says"],
        )


@require_safe
@gate.permitted(permissions.SEND_MAILINGS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/news/."""
    today = clock.today()
    found = [(one, _state(one), _audience(one)) for one in news.all_of_them()]
    context = {"here": "staff_news", "found": found, "today": today, "done": request.session.pop(DONE_KEY, "")}
    return screen.show(request, "backoffice/news.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.SEND_MAILINGS)
def one(request: gate.StaffRequest, news_id: int = 0) -> HttpResponse:
    """/staff/news/new/ and /staff/news/<id>/: POST does `keep`, `publish`, `withdraw` or `drop_picture`."""
    found = News.objects.defer("picture").filter(pk=news_id).first() if news_id else None
    if news_id and found is None:
        raise Http404
    do = request.POST.get("do", "")
    if found is not None and do in ("publish", "withdraw"):
        news.publish(found.pk, do == "publish", actor=request.actor, address=request.address)
        said = gettext("It is published.") if do == "publish" else gettext("It is taken back: nobody sees it.")
        request.session[DONE_KEY] = said
        return HttpResponseRedirect(reverse("staff_news"))
    if found is not None and do == "drop_picture":
        news.drop_picture(found.pk, actor=request.actor, address=request.address)
        return HttpResponseRedirect(reverse("staff_news_one", args=[found.pk]))
    form = NewsForm(request.POST if request.method == "POST" else _standing(found))
    if request.method == "POST" and form.is_valid():
        problem = _keep(request, form, found)
        if not problem:
            return HttpResponseRedirect(request.session.pop("news_at"))
        return _form(request, form, found, problem)
    return _form(request, form, found, "")


@require_safe
@gate.permitted(permissions.SEND_MAILINGS)
def picture(request: gate.StaffRequest, news_id: int) -> HttpResponse:
    found = News.objects.filter(pk=news_id, picture__isnull=False).first()
    if found is None:
        raise Http404
    return HttpResponse(bytes(found.picture or b""), content_type=found.picture_type)


def _keep(request: gate.StaffRequest, form: NewsForm, found: News | None) -> str:
    """What is wrong with the picture; "" where it is kept."""
    try:
        sent = talk_forms.read_files(request, files, "picture")
    except files.UnableToAccept as error:
        return str(error)
    if any(not each.content_type.startswith("image/") for each in sent):
        return gettext("That is not a picture.")
    kept = news.keep(
        found.pk if found else None,
        form.told(),
        sent[0] if sent else None,
        actor=request.actor,
        address=request.address,
        at=clock.now(),
    )
    request.session["news_at"] = reverse("staff_news_one", args=[kept.pk])
    return ""


def _form(request: gate.StaffRequest, form: NewsForm, found: News | None, problem: str) -> HttpResponse:
    is_wrong = bool(problem or (request.method == "POST" and form.errors))
    context = {
        "here": "staff_news",
        "form": form,
        "errors": {name: str(each[0]) for name, each in form.errors.items()} if request.method == "POST" else {},
        "found": found,
        "state": _state(found) if found else "draft",
        "problem": problem,
        "segments": SEGMENTS,
        "building": _building(found),
        "preview": prose.html(found.body_ru) if found else "",
        "preview_en": prose.html(found.body_en) if found and found.body_en else "",
    }
    return screen.show(request, "backoffice/news_one.html", context, status=422 if is_wrong else 200)


def _standing(found: News | None) -> dict[str, Any]:
    if found is None:
        return {"audience": NewsAudience.ALL, "from_on": clock.today().isoformat()}
    is_segment = found.audience == NewsAudience.SEGMENT
    return {
        "title_ru": found.title_ru,
        "body_ru": found.body_ru,
        "title_en": found.title_en,
        "body_en": found.body_en,
        "audience": found.audience,
        "segment": found.audience_value if is_segment else "",
        "building": found.audience_value if found.audience == NewsAudience.BUILDING else "",
        "from_on": found.from_on.isoformat(),
        "through": (found.until_on - timedelta(days=1)).isoformat() if found.until_on else "",
        "picture_says": found.picture_says,
    }


def _state(found: News) -> str:
    today = clock.today()
    if not found.is_published:
        return "draft"
    if found.from_on > today:
        return "waits"
    return "over" if found.until_on is not None and found.until_on <= today else "shown"


def _audience(found: News) -> str:
    if found.audience == NewsAudience.SEGMENT:
        return str(SEGMENTS[Segment(found.audience_value)])
    return _building(found) or gettext("everybody")


def _building(found: News | None) -> str:
    if found is None or found.audience != NewsAudience.BUILDING:
        return ""
    house = Building.objects.filter(pk=int(found.audience_value)).first()
    if house is None:
        return ""
    return spelling.spell(
        house.settlement, house.street, house.house, house.korpus, house.stroenie, house.liter, ""
    )  # fmt: skip
