"""Lines of every kind and a real FreeRADIUS in front of them, for the tests of access."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from abonent.billing import runs
from abonent.billing.tests import builder
from abonent.catalog.models import OfferVersion
from abonent.core import clock, installation, partitions
from abonent.core import db as database
from abonent.ledger.models import Account
from abonent.network.models import Binding, Device, Login, Nas, NasKind
from abonent.network.tests import radius
from sandbox.network import nas as sandbox_nas
from sandbox.network import wire

PASSWORD = "net-secret"
CIRCUIT = bytes.fromhex("0004001e0105")
MAC = "AA-BB-CC-DD-EE-01"


class Ground:
    """A server, access servers by kind, and verbs that make lines."""

    def __init__(self, server: radius.Server | None) -> None:
        self.server = server
        self.rows = {row.kind: row for row in Nas.objects.all()}
        self.nas: dict[str, sandbox_nas.Nas] = {}
        if server is not None:
            self.nas = {kind: server.nas(row) for kind, row in self.rows.items()}
        installation.mirror_profile()
        self.today = clock.today()
        runs.start_from(self.today)
        partitions.ensure_ahead(self.today)

    @property
    def mikrotik(self) -> sandbox_nas.Nas:
        return self.nas[NasKind.MIKROTIK]

    def line(self, *, paid: bool = True, down_mbps: int = 300, up_mbps: int = 100) -> Account:
        """A contract's account with an internet tariff on its line: paid, or waiting for money."""
        account = builder.account(signed_on=self.today)
        version = builder.version("310,00", code=f"speed-{down_mbps}-{up_mbps}")
        OfferVersion.objects.filter(pk=version.pk).update(down_mbps=down_mbps, up_mbps=up_mbps)
        with_money = builder.kop("310,00") if paid else 0
        self._subscribe(account, version.pk)
        if with_money:
            builder.pay(account, "310,00", str(self.today))
        return account

    def login(self, name: str, **more: Any) -> Account:
        account = self.line(**more)
        Login.objects.create(line=builder.line_of(account), name=name, password=PASSWORD)
        return account

    def port(self, *, circuit: bytes = CIRCUIT, any_device: bool = False, mac: str = "", **more: Any) -> Account:
        """A line known by its port, with a device where `mac` is given."""
        account = self.line(**more)
        line = builder.line_of(account)
        Binding.objects.create(line=line, circuit_id=f"0x{circuit.hex()}", any_device=any_device)
        if mac:
            Device.objects.create(line=line, mac=mac, source="engineer")
        return account

    def suspend(self, account: Account) -> None:
        """As the charge run leaves a debtor."""
        database.run(
            "update billing_subscription set state = 'suspended', stopped_on = %s, turn = turn + 1 "
            "where account_id = %s",
            [self.today, account.pk],
        )

    def _subscribe(self, account: Account, version_id: int) -> None:
        from django.db import transaction

        from abonent.billing import subscriptions

        with transaction.atomic():
            subscriptions.subscribe(
                account_id=account.pk, line_id=builder.line_of(account).pk, version_id=version_id, on=self.today
            )


@contextmanager
def served(*kinds: str) -> Iterator[Ground]:
    with radius.serving(*kinds) as server:
        yield Ground(server)


def pap(name: str, password: str = PASSWORD, mac: str = MAC) -> wire.Pairs:
    return [("User-Name", name), ("User-Password", password.encode()), ("Calling-Station-Id", mac)]


def chap(name: str, password: str = PASSWORD) -> wire.Pairs:
    challenge = bytes(range(16))
    return [
        ("User-Name", name),
        ("CHAP-Password", wire.chap_password(password, challenge)),
        ("CHAP-Challenge", challenge),
        ("Calling-Station-Id", MAC),
    ]


def ipoe(mac: str = MAC, circuit: bytes | None = None, remote: bytes | None = None) -> wire.Pairs:
    pairs: wire.Pairs = [("User-Name", mac), ("User-Password", b""), ("Calling-Station-Id", mac)]
    if circuit is not None:
        pairs.append(("ADSL-Agent-Circuit-Id", circuit))
    if remote is not None:
        pairs.append(("ADSL-Agent-Remote-Id", remote))
    return pairs


def eventually(look: Callable[[], object], seconds: float = 10) -> Any:
    """What `look` gives once it gives something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"still nothing after {seconds} s"
        time.sleep(0.02)
    return found
