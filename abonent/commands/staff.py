"""`abonent staff NAME --role R`: one of the staff, who signs in by name."""

import argparse
import getpass
import os
import sys

from rich.console import Console

HELP = "create a staff account"
PASSWORD_VARIABLE = "ABONENT_STAFF_PASSWORD"

errors = Console(stderr=True, highlight=False)


class UnableToReadPassword(Exception):
    """The message says what to do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="signs in by it: 2 to 64 of a-z, 0-9, dot, dash, underscore; not all digits")
    parser.add_argument("--role", required=True, help="manager, support, cashier, engineer, accountant, admin")
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help=f"read the password from stdin, first line; else {PASSWORD_VARIABLE}, else it is asked for",
    )


def run(args: argparse.Namespace) -> int:
    from django.core.exceptions import ValidationError
    from django.db import ProgrammingError

    from abonent.identity import users

    try:
        # A name or a role that will not do is said before anybody types a password.
        name = users.tidy_staff_name(args.name)
        users.find_role(args.role)
        _create(name, args.role, _read_password(from_stdin=args.password_stdin))
    except (users.UnableToCreateUser, UnableToReadPassword) as error:
        return _refuse(str(error))
    except ValidationError as error:
        return _refuse(" ".join(error.messages))
    except ProgrammingError:
        return _refuse("the database has no tables yet: run `abonent migrate` first")
    Console(highlight=False).print(f"{name} signs in as {args.role}.", markup=False)
    return 0


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1


def _create(name: str, role: str, password: str) -> None:
    from django.contrib.auth import password_validation
    from django.db import transaction

    from abonent.core import audit
    from abonent.identity import users
    from abonent.identity.models import User

    password_validation.validate_password(password, User(username=name))
    with transaction.atomic():
        user = users.create_staff(name, role=role, password=password)
        audit.record(
            actor="system:staff",
            action="identity.create_staff",
            subject=f"user:{user.pk}",
            new={"name": name, "role": role},
        )


def _read_password(*, from_stdin: bool) -> str:
    """Raises UnableToReadPassword."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif given := os.environ.get(PASSWORD_VARIABLE):
        password = given
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("The same once more: ") != password:
            raise UnableToReadPassword("the two passwords differ: nothing is created, run it again")
    else:
        raise UnableToReadPassword(
            f"no terminal to ask for a password: use --password-stdin or set {PASSWORD_VARIABLE}"
        )
    if not password:
        raise UnableToReadPassword("the password is empty: nothing is created")
    return password
