"""Users, the names they sign in by, and their passwords. The only module that writes User and SignInName."""

import re
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import hashers
from django.utils.crypto import salted_hmac

from abonent.core import audit, db
from abonent.identity import readable
from abonent.identity.models import Role, SignInName, User

MOST_CHARS = 100  # of a password that is looked at
STAFF_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


class UnableToCreateUser(Exception):
    """The message says why, and what to do."""


class NameTaken(UnableToCreateUser):
    """Another user signs in by that name."""


class NameNotAllowed(UnableToCreateUser):
    """It cannot be the name of one of the staff."""


class RoleNotFound(UnableToCreateUser):
    """The message lists the roles."""


class Issued(NamedTuple):
    """A password made by us: `plain` is shown once and stored nowhere."""

    plain: str
    hashed: str
    must_change: bool


def issue_password() -> Issued:
    """A password that can be read out over a phone, of 61 bits. Hashing takes time: call it early."""
    plain = readable.phrase(3)
    return Issued(plain, hashers.make_password(plain), settings.PROFILE.password_must_change)


def create_subscriber(number: str, *, hashed: str, must_change: bool, language: str = "ru") -> User:
    """A user who signs in by a contract's number.   hashed: of django's hashers.   Raises NameTaken."""
    db.require_transaction()
    if User.objects.filter(username=number).exists():
        raise NameTaken(f"«{number}» signs in another user")
    user = User.objects.create(username=number, password=hashed, password_must_change=must_change, language=language)
    add_number(user, number)
    return user


def add_number(user: User, number: str) -> None:
    """One more contract's number that signs the same person in, with his password.   Raises NameTaken."""
    db.require_transaction()
    assert not user.is_staff, "staff sign in by their name only"
    _, created = SignInName.objects.get_or_create(name=number, defaults={"user": user})
    if not created:
        raise NameTaken(f"«{number}» signs in another user")


def remove_number(number: str) -> None:
    """The number of a closed contract signs nobody in any more; with the last one the user himself is closed."""
    db.require_transaction()
    found = SignInName.objects.filter(name=number).select_related("user").first()
    if found is None:
        return
    user = db.lock(User, [found.user_id])[found.user_id]
    found.delete()
    if not user.sign_in_names.exists():
        user.is_active = False
        user.save(update_fields=["is_active"])


def create_staff(username: str, *, role: str, password: str) -> User:
    """One of the staff, who signs in by name.   Raises NameNotAllowed, NameTaken or RoleNotFound."""
    db.require_transaction()
    username = tidy_staff_name(username)
    found = find_role(role)
    if User.objects.filter(username=username).exists():
        raise NameTaken(f"«{username}» has an account already: choose another name")
    return User.objects.create(username=username, password=hashers.make_password(password), is_staff=True, role=found)


def tidy_staff_name(text: str) -> str:
    """In small letters.   Raises NameNotAllowed."""
    name = text.strip().lower()
    if name.isdigit():
        raise NameNotAllowed(f"«{name}» is all digits, which only a contract's number may be: add a letter")
    if not STAFF_NAME.fullmatch(name):
        raise NameNotAllowed(f"«{name}» cannot be a staff name: 2 to 64 of a-z, 0-9, dot, dash, underscore")
    return name


def find_role(code: str) -> Role:
    """Raises RoleNotFound."""
    found = Role.objects.filter(code=code).first()
    if found is None:
        codes = ", ".join(Role.objects.order_by("code").values_list("code", flat=True))
        raise RoleNotFound(f"no role «{code}»; there are: {codes}")
    return found


def set_password(user: User, hashed: str, *, must_change: bool = False) -> None:
    """Give a user another password. His sessions end: each holds a hash of the password it began with."""
    db.require_transaction()
    user.password = hashed
    user.password_must_change = must_change
    user.save(update_fields=["password", "password_must_change"])


def is_password(user: User, text: str) -> bool:
    """Whether it signs him in now. Takes the time of a hash."""
    return 0 < len(text) < MOST_CHARS and user.check_password(text)


def state_of_password(user: User) -> str:
    """Another whenever the password is another; tells nothing of it."""
    return salted_hmac("abonent.identity.users", user.password, algorithm="sha256").hexdigest()


def end_password(user: User) -> User:
    """The password signs in no more and its sessions end; a new one must be chosen. Gives the user as he is now."""
    db.require_transaction()
    locked = db.lock(User, [user.pk])[user.pk]
    set_password(locked, hashers.make_password(None), must_change=True)
    return locked


def issue_new_password(user: User, actor: str, why: str, *, address: str | None = None) -> str:
    """A new random password for a subscriber whom `actor` has identified; every session of his ends.

    actor: the sign-in name of one of the staff.   why: how the subscriber was identified.
    Gives the password: it is shown once and stored nowhere.
    """
    assert not user.is_staff, "a subscriber's password"
    issued = issue_password()
    with db.atomic():
        set_password(db.lock(User, [user.pk])[user.pk], issued.hashed, must_change=issued.must_change)
        audit.record(actor=actor, action="identity.issue_password", subject=f"user:{user.pk}", why=why, address=address)
    return issued.plain
