"""What staff may do: the names that roles are made of. Asked by the screens, on plain values."""

from collections.abc import Collection
from typing import Final

from django.utils.translation import gettext_lazy

VIEW_SUBSCRIBERS: Final = "subscribers.view"
EDIT_SUBSCRIBERS: Final = "subscribers.edit"
SIGN_CONTRACTS: Final = "contracts.sign"
END_CONTRACTS: Final = "contracts.end"
ISSUE_PASSWORDS: Final = "passwords.issue"
MANAGE_SERVICES: Final = "services.manage"
APPROVE_TARIFF_CHANGES: Final = "services.approve"
GRANT_DEFERRALS: Final = "deferrals.grant"
VIEW_MONEY: Final = "money.view"
TAKE_CASH: Final = "money.take_cash"
GIVE_BONUSES: Final = "money.give_bonuses"
CORRECT_MONEY: Final = "money.correct"
TAKE_BACK_OWN_CASH: Final = "money.take_back_own_cash"
SECOND_YES: Final = "money.second_yes"
REFUND: Final = "money.refund"
REFUND_BEYOND_LIMITS: Final = "money.refund_beyond_limits"
SET_CREDIT_LIMITS: Final = "money.set_credit_limits"
WORK_DEBTORS: Final = "debtors.work"
CONTINUE_CHARGE_RUNS: Final = "charge_runs.continue"
MAKE_DOCUMENTS: Final = "documents.make"
HANDLE_REQUESTS: Final = "requests.handle"
DO_VISITS: Final = "visits.do"
ANSWER_MESSAGES: Final = "messages.answer"
SEND_MAILINGS: Final = "mailings.send"
VIEW_NETWORK: Final = "network.view"
MANAGE_NETWORK: Final = "network.manage"
ANNOUNCE_OUTAGES: Final = "network.announce_outages"
EDIT_CATALOG: Final = "catalog.edit"
EDIT_ADDRESSES: Final = "addresses.edit"
VIEW_REPORTS: Final = "reports.view"
VIEW_SUBSCRIBERS_REPORTS: Final = "reports.subscribers"
VIEW_DESK_REPORTS: Final = "reports.desk"
VIEW_TRAFFIC_REPORTS: Final = "reports.traffic"
VIEW_AUDIT: Final = "audit.view"
MANAGE_STAFF: Final = "staff.manage"
MOVE_EVERYTHING: Final = "data.move"

DESCRIPTIONS: Final = {
    VIEW_SUBSCRIBERS: gettext_lazy("See subscribers, their contracts and services"),
    EDIT_SUBSCRIBERS: gettext_lazy("Change names, contacts and documents of subscribers"),
    SIGN_CONTRACTS: gettext_lazy("Sign contracts"),
    END_CONTRACTS: gettext_lazy("End contracts and close accounts"),
    ISSUE_PASSWORDS: gettext_lazy("Issue a new password after identification"),
    MANAGE_SERVICES: gettext_lazy("Connect and disconnect tariffs and add-ons, pause services"),
    APPROVE_TARIFF_CHANGES: gettext_lazy("Approve requests to change the tariff"),
    GRANT_DEFERRALS: gettext_lazy("Grant a deferred payment"),
    VIEW_MONEY: gettext_lazy("See payments, charges and balances"),
    TAKE_CASH: gettext_lazy("Take cash"),
    GIVE_BONUSES: gettext_lazy("Give bonuses"),
    CORRECT_MONEY: gettext_lazy("Reverse transfers and write debts off"),
    TAKE_BACK_OWN_CASH: gettext_lazy("Take back cash of one's own open shift"),
    SECOND_YES: gettext_lazy("Say the second yes to what colleagues may not give away alone"),
    REFUND: gettext_lazy("Refund payments"),
    REFUND_BEYOND_LIMITS: gettext_lazy("Refund more than the balance allows"),
    SET_CREDIT_LIMITS: gettext_lazy("Set credit limits"),
    WORK_DEBTORS: gettext_lazy("Work with debtors: notices, letters, suspension, promises to pay"),
    CONTINUE_CHARGE_RUNS: gettext_lazy("Let a stopped charge run go on"),
    MAKE_DOCUMENTS: gettext_lazy("Make invoices, acts and statements"),
    HANDLE_REQUESTS: gettext_lazy("Handle connection requests"),
    DO_VISITS: gettext_lazy("Go out to visits and report them"),
    ANSWER_MESSAGES: gettext_lazy("Answer chats and mail"),
    SEND_MAILINGS: gettext_lazy("Send mailings"),
    VIEW_NETWORK: gettext_lazy("See sessions, devices and ports"),
    MANAGE_NETWORK: gettext_lazy("Change ports, addresses and devices, reset sessions"),
    ANNOUNCE_OUTAGES: gettext_lazy("Announce outages and works"),
    EDIT_CATALOG: gettext_lazy("Edit tariffs and add-ons"),
    EDIT_ADDRESSES: gettext_lazy("Edit buildings and streets"),
    VIEW_REPORTS: gettext_lazy("See reports of money"),
    VIEW_SUBSCRIBERS_REPORTS: gettext_lazy("See reports of subscribers, tariffs and requests"),
    VIEW_DESK_REPORTS: gettext_lazy("See reports of chats and support"),
    VIEW_TRAFFIC_REPORTS: gettext_lazy("See reports of traffic"),
    VIEW_AUDIT: gettext_lazy("Read the log of who did what"),
    MANAGE_STAFF: gettext_lazy("Manage staff and their roles"),
    MOVE_EVERYTHING: gettext_lazy("Import a provider and export everything"),
}


def may(role_permissions: Collection[str], permission: str) -> bool:
    """Whether a role with those permissions may do it. An unknown permission is a bug, not a refusal."""
    assert permission in DESCRIPTIONS, permission
    return permission in role_permissions
