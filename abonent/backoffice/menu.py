"""The workplace's menu, the one list: where a page stands, and who sees it. A room not built has no line."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

from abonent.flows import four_eyes
from abonent.identity import permissions

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise


class Item(NamedTuple):
    name: str  # of its address in urls.py, and `here` of its pages
    icon: str  # of the lucide package
    label: StrPromise
    any_of: tuple[str, ...] = ()  # permissions, one of which opens it; none: all of the staff


ITEMS: tuple[Item, ...] = (
    Item("staff", "house", _("Home")),
    Item("staff_requests", "inbox", _("Requests"), (permissions.HANDLE_REQUESTS,)),
    Item("staff_visits", "calendar-days", _("Visits"), (permissions.HANDLE_REQUESTS, permissions.DO_VISITS)),
    Item("staff_my_visits", "route", _("My visits"), (permissions.DO_VISITS,)),
    Item("staff_desk", "headset", _("Desk"), (permissions.ANSWER_MESSAGES,)),
    Item("staff_search", "search", _("Subscribers"), (permissions.VIEW_SUBSCRIBERS,)),
    Item(
        "staff_petitions",
        "shield-check",
        _("Wishes about data"),
        (permissions.EDIT_SUBSCRIBERS, permissions.END_CONTRACTS),
    ),
    Item("staff_news", "newspaper", _("News"), (permissions.SEND_MAILINGS,)),
    Item("staff_outages", "triangle-alert", _("Interruptions"), (permissions.ANNOUNCE_OUTAGES,)),
    Item("staff_network", "server", _("Network"), (permissions.VIEW_NETWORK,)),
    Item("staff_mailings", "send", _("Mailings"), (permissions.SEND_MAILINGS,)),
    Item("staff_notices", "bell", _("Words of notices"), (permissions.SEND_MAILINGS,)),
    Item("staff_cash", "banknote", _("Cash desk"), (permissions.TAKE_CASH,)),
    Item("staff_approvals", "git-pull-request-arrow", _("Changes of tariff"), (permissions.APPROVE_TARIFF_CHANGES,)),
    Item("staff_second_yes", "check-check", _("Second yes"), (permissions.SECOND_YES, *four_eyes.ASKED_WITH)),
    Item(
        "staff_reports",
        "chart-column",
        _("Reports"),
        (
            permissions.VIEW_REPORTS,
            permissions.VIEW_SUBSCRIBERS_REPORTS,
            permissions.VIEW_DESK_REPORTS,
            permissions.VIEW_TRAFFIC_REPORTS,
        ),
    ),
    Item("staff_charge_runs", "calendar-check", _("Charge runs"), (permissions.VIEW_MONEY,)),
    Item("staff_parked", "circle-parking", _("Parked accounts"), (permissions.VIEW_MONEY,)),
    Item("staff_bank", "landmark", _("Bank transfers"), (permissions.CORRECT_MONEY,)),
    Item("staff_documents", "file-text", _("Legal entities' documents"), (permissions.MAKE_DOCUMENTS,)),
    Item("staff_receipts", "receipt-text", _("Stuck receipts"), (permissions.CORRECT_MONEY,)),
    Item("staff_debtors", "hand-coins", _("Debtors"), (permissions.WORK_DEBTORS, permissions.VIEW_REPORTS)),
    Item(
        "staff_deferrals",
        "calendar-clock",
        _("Deferred payments"),
        (permissions.VIEW_MONEY, permissions.GRANT_DEFERRALS),
    ),
    Item("staff_differences", "scale", _("Differences"), (permissions.CORRECT_MONEY,)),
    Item("staff_import", "package-open", _("Import"), (permissions.MOVE_EVERYTHING,)),
    Item("staff_export", "package", _("Export"), (permissions.MOVE_EVERYTHING,)),
    Item("staff_tariffs", "tag", _("Tariffs"), (permissions.EDIT_CATALOG,)),
    Item("staff_addons", "puzzle", _("Additional services"), (permissions.EDIT_CATALOG,)),
    Item("staff_buildings", "building-2", _("Buildings"), (permissions.EDIT_ADDRESSES,)),
    Item("staff_departments", "network", _("Departments"), (permissions.MANAGE_STAFF,)),
    Item("staff_answers", "message-square-quote", _("Prepared answers"), (permissions.MANAGE_STAFF,)),
    Item("staff_people", "contact", _("Staff"), (permissions.MANAGE_STAFF,)),
    Item("staff_log", "scroll-text", _("Log"), (permissions.VIEW_AUDIT,)),
    Item("staff_roles", "users-round", _("Roles"), (permissions.MANAGE_STAFF,)),
)


def of(granted: Collection[str]) -> list[Item]:
    """What a role with those permissions may open, in the order of the menu."""
    return [one for one in ITEMS if not one.any_of or any(permissions.may(granted, each) for each in one.any_of)]
