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


class Group(NamedTuple):
    label: StrPromise | str  # "": stands by itself, above the rest
    items: tuple[Item, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        "",
        (Item("staff", "house", _("Home")),),
    ),
    Group(
        _("Subscribers and requests"),
        (
            Item("staff_search", "search", _("Subscribers"), (permissions.VIEW_SUBSCRIBERS,)),
            Item("staff_requests", "inbox", _("Requests"), (permissions.HANDLE_REQUESTS,)),
            Item("staff_visits", "calendar-days", _("Visits"), (permissions.HANDLE_REQUESTS, permissions.DO_VISITS)),
            Item("staff_my_visits", "route", _("My visits"), (permissions.DO_VISITS,)),
            Item(
                "staff_petitions",
                "shield-check",
                _("Wishes about data"),
                (permissions.EDIT_SUBSCRIBERS, permissions.END_CONTRACTS),
            ),
        ),
    ),
    Group(
        _("Being in touch"),
        (
            Item("staff_desk", "headset", _("Desk"), (permissions.ANSWER_MESSAGES,)),
            Item("staff_news", "newspaper", _("News"), (permissions.SEND_MAILINGS,)),
            Item("staff_mailings", "send", _("Mailings"), (permissions.SEND_MAILINGS,)),
            Item("staff_notices", "bell", _("Words of notices"), (permissions.SEND_MAILINGS,)),
        ),
    ),
    Group(
        _("Money in"),
        (
            Item("staff_cash", "banknote", _("Cash desk"), (permissions.TAKE_CASH,)),
            Item("staff_bank", "landmark", _("Bank transfers"), (permissions.CORRECT_MONEY,)),
            Item("staff_receipts", "receipt-text", _("Stuck receipts"), (permissions.CORRECT_MONEY,)),
            Item("staff_differences", "scale", _("Differences"), (permissions.CORRECT_MONEY,)),
        ),
    ),
    Group(
        _("Charges and debts"),
        (
            Item("staff_charge_runs", "calendar-check", _("Charge runs"), (permissions.VIEW_MONEY,)),
            Item("staff_parked", "circle-parking", _("Parked accounts"), (permissions.VIEW_MONEY,)),
            Item(
                "staff_approvals",
                "git-pull-request-arrow",
                _("Changes of tariff"),
                (permissions.APPROVE_TARIFF_CHANGES,),
            ),
            Item("staff_second_yes", "check-check", _("Second yes"), (permissions.SECOND_YES, *four_eyes.ASKED_WITH)),
            Item(
                "staff_deferrals",
                "calendar-clock",
                _("Deferred payments"),
                (permissions.VIEW_MONEY, permissions.GRANT_DEFERRALS),
            ),
            Item("staff_debtors", "hand-coins", _("Debtors"), (permissions.WORK_DEBTORS, permissions.VIEW_REPORTS)),
            Item("staff_documents", "file-text", _("Legal entities' documents"), (permissions.MAKE_DOCUMENTS,)),
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
        ),
    ),
    Group(
        _("Lines and servers"),
        (
            Item("staff_network", "server", _("Network"), (permissions.VIEW_NETWORK,)),
            Item("staff_outages", "triangle-alert", _("Interruptions"), (permissions.ANNOUNCE_OUTAGES,)),
        ),
    ),
    Group(
        _("Directories"),
        (
            Item("staff_tariffs", "tag", _("Tariffs"), (permissions.EDIT_CATALOG,)),
            Item("staff_addons", "puzzle", _("Additional services"), (permissions.EDIT_CATALOG,)),
            Item("staff_buildings", "building-2", _("Buildings"), (permissions.EDIT_ADDRESSES,)),
            Item("staff_departments", "network", _("Departments"), (permissions.MANAGE_STAFF,)),
            Item("staff_answers", "message-square-quote", _("Prepared answers"), (permissions.MANAGE_STAFF,)),
        ),
    ),
    Group(
        _("Running the workplace"),
        (
            Item("staff_people", "contact", _("Staff"), (permissions.MANAGE_STAFF,)),
            Item("staff_roles", "users-round", _("Roles"), (permissions.MANAGE_STAFF,)),
            Item("staff_log", "scroll-text", _("Log"), (permissions.VIEW_AUDIT,)),
            Item("staff_import", "package-open", _("Import"), (permissions.MOVE_EVERYTHING,)),
            Item("staff_export", "package", _("Export"), (permissions.MOVE_EVERYTHING,)),
        ),
    ),
)


def of(granted: Collection[str]) -> list[Group]:
    """What a role with those permissions may open, in the order of the menu; a group of nothing is left out."""
    seen = (
        group._replace(
            items=tuple(
                one
                for one in group.items
                if not one.any_of or any(permissions.may(granted, each) for each in one.any_of)
            )
        )
        for group in GROUPS
    )
    return [group for group in seen if group.items]
