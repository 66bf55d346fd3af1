"""«Why is there no internet?»: the one cause, in plain words, with the one button that helps."""

from typing import Any, NamedTuple, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.core import money
from abonent.flows import diagnosis
from abonent.portal import devices, scope, sums, tariff
from abonent.ui import diagnosis as words

DONE_KEY = "internet_done"  # in the session
_ADDRESSES = {
    "tariffs": "tariff",
    "pay": "pay",
    "pause": "pause",
    "traffic": "addons",
    "devices": "devices",
    "support": "support",
}


class Shown(NamedTuple):
    """A line's verdict on the page."""

    line_id: int
    said: words.Said
    checks: list[words.Check]
    label: str  # of the button; empty: to wait
    address: str  # of its page; empty: the button restarts the session here


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/internet/: of each line of the contract; POST `line` restarts its session."""
    own = cast(scope.OwnRequest, request)
    verdicts = diagnosis.of(own.contract.id)
    if request.method == "POST":
        return _restart(own, verdicts)
    return _page(own, verdicts)


def _restart(own: scope.OwnRequest, verdicts: list[diagnosis.Verdict]) -> HttpResponse:
    line_id = devices.read_id(own.POST.get("line", ""))
    if not line_id or line_id not in [one.line_id for one in verdicts]:
        raise Http404
    try:
        diagnosis.restart(line_id, actor=own.user.username, address=own.META.get("REMOTE_ADDR"))
    except diagnosis.UnableToRestart:
        return _page(
            own, verdicts, problem=_("It was restarted a moment ago, or is not online. Look again in a minute.")
        )
    own.session[DONE_KEY] = True
    return tariff.SeeOther(reverse("internet"))


def _page(own: scope.OwnRequest, verdicts: list[diagnosis.Verdict], *, problem: str = "") -> HttpResponse:
    context = {
        "here": "cabinet_services",
        "verdicts": [_shown(one) for one in verdicts],
        "many": len(verdicts) > 1,
        "problem": problem,
        "done": not problem and own.session.pop(DONE_KEY, False),
    }
    return render(own, "portal/internet.html", context, status=422 if problem else 200)


def _shown(one: diagnosis.Verdict) -> Shown:
    plain: dict[str, Any] = one.plain()
    said = words.said(plain)
    address = reverse(_ADDRESSES[said.help]) if said.help in _ADDRESSES else ""
    label = str(words.HELPS.get(said.help, ""))
    if said.help == "pay" and plain["missing_kop"]:
        address += f"?sum={sums.typed(plain['missing_kop'])}"
        label = _("Top up by %(sum)s") % {"sum": money.show(plain["missing_kop"])}
    if said.help == "support":
        address += "?topic=technical"
    return Shown(one.line_id, said, words.checks(plain), label, address)
