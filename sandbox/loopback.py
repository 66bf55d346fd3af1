"""The sandbox talks to this machine only."""

import ipaddress
import urllib.parse


class UnableToLeaveLoopback(Exception): ...


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_url(url: object) -> str:
    """The url, where it is http(s) on this machine. Raises UnableToLeaveLoopback with a line for a person."""
    refusal = UnableToLeaveLoopback(f"{url!r} is not an address on this machine: give one like http://127.0.0.1:8000")
    if not isinstance(url, str):
        raise refusal
    try:
        parts = urllib.parse.urlsplit(url)
        parts.port  # noqa: B018  a wrong port raises here
    except ValueError as error:
        raise refusal from error
    if parts.scheme not in ("http", "https") or parts.username is not None or not is_loopback(parts.hostname or ""):
        raise refusal
    return url
