"""`abonent doctor`: what is wrong with this installation, and how to mend it."""

import argparse
import smtplib
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

import httpx
from rich.console import Console

from abonent.core import money

HELP = "check settings, profile, database, jobs, mail, SMS, bank, receipts, RADIUS; say how to mend what is wrong"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    console = Console(highlight=False)
    wrong = 0
    for name, check in CHECKS:
        problems = list(check())
        wrong += len(problems)
        console.print(f"{'✗' if problems else '✓'} {name}")
        for line in SHOWN.get(name, tuple)():
            console.print(f"    {line}", markup=False)
        for problem in problems:
            console.print(f"    {problem}", markup=False)
    console.print("\nAll is well." if not wrong else f"\nTo mend: {wrong}.")
    return 1 if wrong else 0


def check_settings() -> Iterator[str]:
    from django.conf import settings

    if settings.SANDBOX:
        return
    if not settings.BEHIND_TLS:
        yield f"ABONENT_PUBLIC_URL is {settings.PUBLIC_URL}: passwords go in the clear; serve https://"
    needed = {
        "ABONENT_YOOKASSA_SHOP_ID": settings.YOOKASSA_SHOP_ID,
        "ABONENT_YOOKASSA_SECRET_KEY": settings.YOOKASSA_SECRET_KEY,
        "ABONENT_YOOKASSA_WEBHOOK_SECRET": settings.YOOKASSA_WEBHOOK_SECRET,
    }
    for name, value in needed.items():
        if not value:
            yield f"{name} is not set: cards are not taken; copy it from the shop's page at YooKassa"
    for name, value in (
        ("ABONENT_SMS_GATEWAY", settings.SMS_GATEWAY),
        ("ABONENT_EMAIL_GATEWAY", settings.EMAIL_GATEWAY),
    ):
        if value == "console":
            yield f"{name} is «console»: messages are only logged; set the gateway you have a contract with"


def check_database() -> Iterator[str]:
    from abonent.core import installation, partitions

    yield from installation.problems_of_database()
    for table, rows in partitions.strays().items():
        yield f"{rows} rows of {table} stand in its default partition: run `abonent migrate`, ask support"


def check_migrations() -> Iterator[str]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        yield f"{len(plan)} migrations are missing: run `abonent migrate`"


def check_charging() -> Iterator[str]:
    from abonent.billing.models import ChargedThrough, ParkedAccount
    from abonent.core import alarms, clock

    charged = ChargedThrough.objects.first()
    today = clock.today()
    if charged is not None and (late := (today - charged.on).days) > 0:
        yield f"charging is {late} days late (through {charged.on}): start `abonent worker`, or run `abonent charge`"
    if parked := ParkedAccount.objects.count():
        yield f"{parked} accounts are parked: they are charged by nobody until somebody looks"
    for alarm in alarms.open_alarms()[:10]:
        yield f"alarm of {alarm.raised_at:%Y-%m-%d %H:%M}: {alarm.what}"


LAW_DAYS = 183  # the law on communications, article 44: six months between a written notice and the end


def check_debts() -> Iterator[str]:
    from django.conf import settings

    policy = settings.PROFILE.debts
    given = policy.contract_end.days - policy.notice.days
    if given < LAW_DAYS:
        yield (
            f"profile.toml: debts.contract_end comes {given} days after the notice; the law gives six months "
            f"({LAW_DAYS} days): make it {policy.notice.days + LAW_DAYS} at least"
        )


def _stages() -> Iterable[str]:
    from django.conf import settings

    policy = settings.PROFILE.debts
    for name in ("notice", "suspension", "letter", "contract_end"):
        stage = getattr(policy, name)
        yield f"{name}: from day {stage.days} of a debt, from {money.show(stage.least_kop)}"


def check_jobs() -> Iterator[str]:
    from abonent.core import db

    late = db.rows(
        "select count(*) as n, min(scheduled_at) as oldest from procrastinate_jobs "
        "where status = 'todo' and coalesce(scheduled_at, now()) < now() - interval '10 minutes'"
    )[0]
    if late["n"]:
        yield f"{late['n']} jobs wait for more than 10 minutes: start `abonent worker`"
    failed = db.rows("select count(*) as n from procrastinate_jobs where status = 'failed'")[0]["n"]
    if failed:
        yield f"{failed} jobs failed for good: the worker's log says why"


def check_mail() -> Iterator[str]:
    from django.conf import settings

    if settings.EMAIL_GATEWAY != "smtp":
        return
    try:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=5) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield (
            f"the mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} does not answer ({error}): "
            "check ABONENT_SMTP_HOST and ABONENT_SMTP_PORT"
        )


def check_sms() -> Iterator[str]:
    from django.conf import settings

    from abonent.notifications.channels import message, smpp

    if settings.SMS_GATEWAY == "smsc":
        yield from _answers(settings.SMSC_URL, "the SMS gateway", "ABONENT_SMSC_URL")
    elif settings.SMS_GATEWAY == "smsru":
        if not settings.SMSRU_API_ID:
            yield "ABONENT_SMSRU_API_ID is not set: copy it from the page of your SMS.ru account"
        yield from _answers(settings.SMSRU_URL, "the SMS gateway", "ABONENT_SMSRU_URL")
    elif settings.SMS_GATEWAY == "smpp":
        try:
            smpp.check()
        except message.UnableToSend as error:
            yield f"the SMS centre at {settings.SMPP_URL or 'no address'}: {error}; check ABONENT_SMPP_URL, …_SYSTEM_ID"
        else:
            smpp.close()


def check_bank() -> Iterator[str]:
    from django.conf import settings

    if not settings.YOOKASSA_SHOP_ID:
        return
    try:
        answer = httpx.get(
            f"{settings.YOOKASSA_API_URL}/me",
            auth=(settings.YOOKASSA_SHOP_ID, settings.YOOKASSA_SECRET_KEY),
            timeout=10,
        )
    except httpx.HTTPError as error:
        yield f"the bank does not answer at {urlsplit(settings.YOOKASSA_API_URL).netloc} ({type(error).__name__})"
        return
    if answer.status_code == 401:
        yield "the bank refuses our shop and key: check ABONENT_YOOKASSA_SHOP_ID and ABONENT_YOOKASSA_SECRET_KEY"
    elif answer.status_code != 200:
        yield f"the bank answers {answer.status_code} to «who am I»: try again later, then ask its support"


def check_addresses() -> Iterator[str]:
    from django.conf import settings

    from abonent.addresses.gateways import dadata
    from abonent.addresses.models import Building, Street

    if not Building.objects.exists():
        yield "the directory has no buildings: `abonent addresses load FILE.csv`"
    elif not Street.objects.exists():
        yield "the search knows no streets: load the buildings once more, `abonent addresses load FILE.csv`"
    if dadata.is_on():
        try:
            dadata.check()
        except dadata.KeyRefused as error:
            yield f"DaData does not let us in ({error}): check ABONENT_DADATA_TOKEN"
        except dadata.UnableToAsk as error:
            yield f"DaData does not answer at {settings.DADATA_URL} ({error}); our own directory answers alone"


def check_terminals() -> Iterator[str]:
    from abonent.payments import terminals

    yield from terminals.problems()


def check_radius() -> Iterator[str]:
    from django.conf import settings

    from abonent.core import db
    from abonent.network import freeradius

    if not db.rows("select 1 from radius.clients() limit 1"):
        return  # no access server is known yet
    folder = settings.RADIUS_DIR
    if not (folder / "clients.conf").exists():
        yield f"access servers are known, but nothing is configured: run `abonent radius configure {folder}`"
        return
    yield from freeradius.problems(folder)
    if (folder / "clients.conf").read_text(encoding="utf-8") != freeradius.clients():
        yield f"the access servers have changed: run `abonent radius configure {folder}` and restart FreeRADIUS"
    if spooled := sum(path.stat().st_size for path in (folder / "spool").glob("accounting*")):
        yield f"{spooled} octets of accounting wait in {folder / 'spool'}: does FreeRADIUS reach the database?"


def _open_terminals() -> Iterable[str]:
    from abonent.payments import terminals

    return [] if list(terminals.problems()) else list(terminals.shown())


def check_receipts() -> Iterator[str]:
    from django.conf import settings

    from abonent.payments import receipts
    from abonent.payments.gateways import atol, yookassa

    if stuck := receipts.count_stuck()[0]:
        yield f"{stuck} receipts are stuck: `abonent receipts list`, then explain and retry"
    if settings.PROFILE.receipts == "atol":
        needed = {
            "ABONENT_ATOL_LOGIN": settings.ATOL_LOGIN,
            "ABONENT_ATOL_PASSWORD": settings.ATOL_PASSWORD,
            "ABONENT_ATOL_GROUP": settings.ATOL_GROUP,
            "ABONENT_ATOL_INN (or the profile's requisites.inn)": settings.ATOL_INN or settings.PROFILE.requisites,
        }
        missing = [name for name, value in needed.items() if not value]
        if missing:
            yield f'receipts = "atol", not set: {", ".join(missing)}; copy them from the settings of ATOL Online'
            return
        try:
            atol.check()
        except (atol.AtolRefused, atol.AtolUnknown) as error:
            yield f"the register of receipts does not let us in at {settings.ATOL_API_URL}: {error}"
    elif settings.PROFILE.receipts == "yookassa" and settings.YOOKASSA_SHOP_ID:
        try:
            prints = yookassa.me().prints_receipts
        except (yookassa.BankRefused, yookassa.BankUnknown):
            return  # told of beside the bank
        if not prints and not settings.SANDBOX:  # its shop takes payments with and without
            yield 'receipts = "yookassa", and the shop prints none: switch fiscalisation on in the shop, or set "none"'
    elif settings.PROFILE.receipts == "yookassa":
        yield 'receipts = "yookassa" without ABONENT_YOOKASSA_SHOP_ID: nobody prints receipts'


def _answers(url: str, who: str, setting: str) -> Iterator[str]:
    try:
        httpx.get(url, timeout=5)
    except httpx.HTTPError as error:
        yield f"{who} does not answer at {url} ({type(error).__name__}): check {setting}"


CHECKS: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
    ("settings", check_settings),
    ("database", check_database),
    ("migrations", check_migrations),
    ("charging", check_charging),
    ("debtors", check_debts),
    ("jobs", check_jobs),
    ("mail", check_mail),
    ("SMS", check_sms),
    ("bank", check_bank),
    ("addresses", check_addresses),
    ("terminals", check_terminals),
    ("receipts", check_receipts),
    ("RADIUS", check_radius),
)
# What a check has found in order and is worth a line.
SHOWN: dict[str, Callable[[], Iterable[str]]] = {"debtors": _stages, "terminals": _open_terminals}
