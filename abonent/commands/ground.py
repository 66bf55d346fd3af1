"""The ground a command stands on: a home, a secret key, a database that is held for as long as the command runs."""

import os
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

from abonent.core import embedded, profile
from abonent.notifications.channels import push_crypto


class UnableToPrepare(Exception):
    """The settings or the database are not fit to be used; the message says what to do."""


def prepare(module: ModuleType, ground: ExitStack) -> None:
    """Lay as much ground as the module's NEEDS says, and have it taken away when `ground` closes.

    Raises UnableToPrepare, embedded.UnableToStart or profile.UnableToLoadProfile.
    """
    needs = getattr(module, "NEEDS", "database")
    if needs == "nothing":
        return
    home = Path(os.environ.get("ABONENT_HOME", "var")).resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("ABONENT_SECRET_KEY", _secret_key(home))
        os.environ.setdefault("ABONENT_VAPID_KEY", _vapid_key(home))
    except OSError as error:
        raise UnableToPrepare(
            f"the folder {home} cannot be used ({error.strerror}): set ABONENT_HOME to one that may be written"
        ) from error
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abonent.settings")
    if needs == "database" and not os.environ.get("DATABASE_URL"):
        key = profile.load(os.environ.get("ABONENT_PROFILE", "skynet")).key
        server = embedded.hold(home, database=f"abonent_{key}")
        ground.callback(server.release)
        os.environ["DATABASE_URL"] = server.dsn  # the children of this command use what it holds
        ground.callback(os.environ.pop, "DATABASE_URL", None)
    import django

    django.setup()
    from django.db import connections

    from abonent.core import installation

    ground.callback(connections.close_all)
    problems = installation.problems_of_settings()
    if needs == "database" and not problems:
        problems = installation.problems_of_database()
    if problems:
        raise UnableToPrepare("\nabonent: ".join(problems))


def _secret_key(home: Path) -> str:
    """The installation's own key; production may give its own in ABONENT_SECRET_KEY."""
    return _made_once(home / "secret_key", lambda: secrets.token_urlsafe(50))


def _vapid_key(home: Path) -> str:
    """Browsers subscribe to pushes of this key alone: with another one they would have to be asked anew."""
    return _made_once(home / "vapid_key", push_crypto.new_private_key)


def _made_once(path: Path, make: Callable[[], str]) -> str:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = make()
        file.write(key)
    return key
