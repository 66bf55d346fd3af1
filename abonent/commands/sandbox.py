"""`abonent sandbox`: the demo's bank, SMS and mail inboxes: a process and a store of its own."""

import argparse
import os
import sys

from abonent.commands import ground

HELP = "the demo's bank and inboxes, on PORT+1"
NEEDS = "settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, help="default: PORT+1")


def run(args: argparse.Namespace) -> int:
    command = command_line(args.port)
    os.execv(command[0], command)


def command_line(port: int | None = None) -> list[str]:
    """How the sandbox is started beside this installation."""
    from django.conf import settings

    if not settings.SANDBOX:
        raise ground.UnableToPrepare("the sandbox is for the demo: set ABONENT_SANDBOX=1")
    from abonent.network import freeradius

    radius = ["--radius-port", str(settings.SANDBOX_RADIUS_PORT)] if freeradius.program() else []
    return [
        sys.executable, "-m", "sandbox",
        "--port", str(port or settings.PORT + 1),
        "--smtp-port", str(settings.EMAIL_PORT),
        "--home", str(settings.HOME / f"sandbox_{settings.PROFILE.key}"),
        "--abonent", f"http://127.0.0.1:{settings.PORT}",
        "--webhook-path", f"/hooks/yookassa/{settings.YOOKASSA_WEBHOOK_SECRET}/",
        "--time-zone", settings.PROFILE.time_zone,
        *radius,
    ]  # fmt: skip
