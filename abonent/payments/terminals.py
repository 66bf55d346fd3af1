"""Which check/pay gateways are on, on what terms, and who may speak to them: the profile and the settings together.

The profile says what the operator has agreed with the agent or the bank; the settings hold what proves who calls.
"""

import functools
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from abonent.core import profile_schema
from abonent.payments.models import Channel

CHANNELS = (Channel.OSMP, Channel.SBER)
PASSWORD_CHARS = 16  # nothing but the password stands between a guesser and made-up payments


@dataclass(frozen=True, slots=True)
class Gateway:
    channel: Channel
    terms: profile_schema.CheckPay
    login: str
    password: str
    certificate: str  # the subject the client's certificate must have, as the proxy spells it
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]  # none: from everywhere
    per_minute: int

    @property
    def is_guarded(self) -> bool:
        return bool(self.login and self.password) or bool(self.certificate)


def of(channel: Channel) -> Gateway | None:
    """The gateway; None where the profile has no terms for it, or nothing proves who calls."""
    return _made(channel)


@functools.cache
def _made(channel: Channel) -> Gateway | None:
    gateway = _read(channel)
    return gateway if gateway is not None and gateway.is_guarded else None


def forget() -> None:
    """Read the settings anew: tests change them."""
    _made.cache_clear()


def problems() -> Iterator[str]:
    """For doctor: what is set by halves, a line each."""
    for channel in CHANNELS:
        name, known = f"ABONENT_{channel.upper()}", settings.CHECK_PAY[channel]
        try:
            gateway = _read(channel)
        except ValueError as error:
            yield f"{name}_NETWORKS: {error}: give networks like 194.186.207.0/24, comma-separated"
            continue
        if gateway is None:
            if known["password"] or known["certificate"]:
                yield f"{name}_* are set, the profile has no table [{channel}]: its payments are not taken"
            continue
        if not gateway.is_guarded:
            yield (
                f"the profile has [{channel}], nothing proves who calls: its payments are not taken; set {name}_LOGIN "
                f"and {name}_PASSWORD, or {name}_CERTIFICATE, or take the table out"
            )
        if settings.SANDBOX or not gateway.is_guarded:
            continue
        if gateway.password and len(gateway.password) < PASSWORD_CHARS:
            yield f"{name}_PASSWORD has {len(gateway.password)} characters: make it {PASSWORD_CHARS} or more, random"
        if not gateway.networks:
            yield f"{name}_NETWORKS is not set: anybody may knock; name the networks of the agent or the bank"


def shown() -> Iterator[str]:
    """For doctor: a line for each gateway that is on."""
    for channel in CHANNELS:
        gateway = of(channel)
        if gateway is not None:
            ways = [*(["password"] if gateway.password else []), *(["certificate"] if gateway.certificate else [])]
            yield f"/pay/{channel}/ is open: {' and '.join(ways)}, from {len(gateway.networks) or 'all'} networks"


def _read(channel: Channel) -> Gateway | None:
    """Raises ValueError for what is no network."""
    terms: profile_schema.CheckPay | None = getattr(settings.PROFILE, channel.value)
    if terms is None:
        return None
    known = settings.CHECK_PAY[channel]
    return Gateway(
        channel=channel,
        terms=terms,
        login=known["login"],
        password=known["password"],
        certificate=known["certificate"],
        networks=tuple(ipaddress.ip_network(one.strip()) for one in known["networks"].split(",") if one.strip()),
        per_minute=int(known["per_minute"]),
    )
