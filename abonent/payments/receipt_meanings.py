"""What a register's or our own words about a receipt mean, and what to do: for the one who looks at a stuck one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise


class Meaning(NamedTuple):
    piece: str  # of the words
    means: StrPromise
    to_do: StrPromise


MEANINGS: tuple[Meaning, ...] = (
    Meaning("12:", _("the register does not know our login or password"), _("check the login and the password")),
    Meaning("14:", _("the register has blocked our login"), _("ask the register's support")),
    Meaning("20:", _("the group is not this login's"), _("check the group of cash registers")),
    Meaning(
        "21:",
        _("the group's cash registers speak another version (FFD 1.2)"),
        _("ask the register for a group of FFD 1.05"),
    ),
    Meaning(
        "32:", _("the register refuses the document's words"), _("mend the contact or the INN it names, then retry")
    ),
    Meaning(
        "timeout",
        _("the cash registers of the group are off, or too few"),
        _("ask the register's support, then retry"),
    ),
    Meaning("driver", _("the cash register could not print it"), _("ask the register's support, then retry")),
    Meaning(
        "kopecks",
        _("the register has a document of another sum"),
        _("do not retry: the accountant corrects it"),
    ),
    Meaning("invalid_credentials", _("the bank refuses our shop and key"), _("check the shop's key")),
    Meaning(
        "not registered the payment's receipt",
        _("the shop prints no receipts"),
        _("switch fiscalisation on at the bank"),
    ),
    Meaning(
        "neither an e-mail nor a phone",
        _("there is nobody to send it to"),
        _("add a contact to the customer, then retry"),
    ),
)


def of(error: str) -> Meaning | None:
    return next((one for one in MEANINGS if one.piece in error), None)
