"""The program's settings, and one address more: the floor of `bench payments`."""

from abonent.settings import *  # noqa: F403

ROOT_URLCONF = "abonent.commands.bench.payments_floor"
