"""Why a wish cannot be, and what to do: by the domain's codes. The subscriber and the staff read the same words.

Marked for translation here, translated when shown; each takes the facts that the screen knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

# By billing.deferrals.Why; day: from when it is possible, sum: what it is about.
DEFERRAL: dict[str, StrPromise] = {
    "off": _("Deferred payments are not offered just now."),
    "no_service": _("There is nothing to keep on: no service of this contract goes on."),
    "first_top_up": _("A deferred payment is possible after the first top-up: %(sum)s."),
    "open": _("A deferred payment counts already. The next one is possible from %(day)s."),
    "unpaid": _("%(sum)s is owed since before. Pay it, and a deferred payment is possible again."),
    "too_soon": _("The next deferred payment is possible from %(day)s."),
    "paused": _("Not together with a pause. It is possible from %(day)s, or when you end the pause."),
    "too_small": _("That is not enough to switch the service on: %(sum)s is needed."),
    "too_large": _("The largest sum is %(sum)s."),
    "not_enough": _("Even the largest sum is not enough. Top up by %(sum)s, and it will be."),
}
# By billing.pauses.Why; day and last: from when, up to when; least and most: how long; sum: what the fee lacks.
PAUSE: dict[str, StrPromise] = {
    "backwards": _("The last day is before the first. Look at the two days."),
    "too_early": _("A pause begins tomorrow at the earliest: from %(day)s."),
    "too_far": _("A pause is planned for a year ahead at most: up to %(day)s."),
    "too_short": _("A pause lasts %(least)s at least: through %(last)s or later."),
    "too_long": _("A pause lasts %(most)s at most: through %(last)s or earlier."),
    "open": _("There is a pause already. Cancel or end it first."),
    "nothing_works": _("Nothing works that could be paused, so nothing is charged either."),
    "deferred": _("Not together with a deferred payment. It is possible from %(day)s."),
    "contract_ends": _("The contract ends on %(day)s: there is nothing to pause."),
    "no_money": _("For the fee %(sum)s is missing. Top up first."),
    "not_daily": _("Only what is charged by the day can be switched off like this."),
    "none": _("There is no pause to change any more."),
}
# By the name of the refusal's class in billing.tariff_prices and billing.obstacles.
TARIFF: dict[str, StrPromise] = {
    "Paused": _("The service is paused at your wish. End the pause first, then change what you like."),
    "DueToday": _("Your future tariff begins today. Try in some minutes."),
    "PlannedAlready": _("A future tariff is approved already: take it back first, if you want another."),
    "NothingToChange": _(
        "The tariff was changed a moment ago, perhaps in another window. Nothing more was done: look below."
    ),
    "TariffWithdrawn": _("This tariff is not offered any more. Nothing was done: choose another one."),
    "SameTariff": _("You have this tariff already. Nothing was done."),
    "NotNow": _("The tariff cannot be changed just now. Try in some minutes, or call us."),
    "AskedAlready": _("A request for a change waits already: withdraw it first, if you want another."),
}
TARIFF_OTHERWISE = _("The tariff cannot be changed just now. Call us, and we will help.")
