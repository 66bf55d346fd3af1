"""Who comes in by a name and a password, within the limits of wrong tries: the site's form and the apps ask here.

A name that nobody has costs one hashing too, so that the time tells nothing.
"""

from datetime import datetime

from django.contrib.auth import hashers

from abonent.flows import recover_password
from abonent.identity import codes, devices, limits, queries
from abonent.identity.models import User
from abonent.identity.models_codes import CodePurpose
from abonent.subscribers import contracts


def check(*, name: str, password: str, staff: bool, device: str, address: str, at: datetime) -> User | None:
    """The user whose password it is; None: it is nobody's.

    device: what a browser or an app holds since it signed in before, "" for none.   address: of the client.
    Raises limits.TooManyTries; no password is looked at then, but a one-time one is.
    """
    user = find(name, staff=staff)
    try:
        taken = limits.take(_budgets(user, name, device, address, at), at)
    except limits.TooManyTries:
        if entered := _enter_once(user, password, address, at, limited=True):
            return entered
        raise
    if entered := _enter_once(user, password, address, at, limited=False):
        limits.give_back(taken)
        return entered
    if not password_fits(user, password):
        return None
    limits.give_back(taken)
    return user


def find(name: str, *, staff: bool) -> User | None:
    """Who is meant by what was typed; staff and subscribers have doors of their own."""
    if staff:
        return queries.staff_by_name(name.strip().lower())
    return queries.subscriber_by_number(contracts.tidy_number(name))


def password_fits(user: User | None, password: str) -> bool:
    """Hashes once, whoever is asked for."""
    if user is None:
        hashers.make_password(password)
        return False
    return user.check_password(password)


def _enter_once(user: User | None, typed: str, address: str, at: datetime, *, limited: bool) -> User | None:
    """By a one-time password, also where a stranger has used up the tries: it is how the owner passes him.

    Asked of a name that nobody has too: the same work for the same answer.
    """
    taken = None
    if limited:
        try:
            taken = limits.take(limits.of_one_time_password(address), at)
        except limits.TooManyTries:
            return None
    fits = codes.fits(user.pk if user else 0, CodePurpose.PASSWORD, typed, at)
    if user is None or user.is_staff or not fits:
        return None
    if taken is not None:
        limits.give_back(taken)
    return recover_password.use(user=user, typed=typed, address=address or None, at=at)


def _budgets(user: User | None, name: str, device: str, address: str, at: datetime) -> list[limits.Budget]:
    # Asked for a name that nobody has too: the same work for the same answer.
    known = devices.is_known(user.pk if user else 0, device, at)
    if user is not None and known:
        return limits.of_known_device(user.pk, devices.hash_of(device))
    return limits.of_stranger(user.pk if user else None, contracts.tidy_number(name), address)
