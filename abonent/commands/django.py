"""`abonent django …`: Django's own commands, for those who develop (makemigrations, shell, check)."""

import argparse

HELP = "Django's own commands, for developers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs=argparse.REMAINDER)


def run(args: argparse.Namespace) -> int:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["abonent django", *args.words])
    return 0
