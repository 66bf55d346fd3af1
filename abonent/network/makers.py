"""Who made a device: by the first half of its MAC, from the IEEE's register that comes with `netaddr`."""

import functools
import re

import netaddr

from abonent.network import rules

_TAIL = re.compile(
    r"[\s,.]+(co|inc|ltd|llc|corp|corporation|company|gmbh|limited|technologies|technology|electronics|s\.?a|ab|oy)\b.*$",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=4096)
def maker(mac: str) -> str:
    """«Apple»; empty for one that nobody has registered, and for a MAC that the device made up."""
    if rules.is_random(mac):
        return ""
    try:
        known = str(netaddr.EUI(mac).oui.registration().org)
    except (netaddr.NotRegisteredError, netaddr.AddrFormatError):
        return ""
    return _TAIL.sub("", known).strip()[:40]
