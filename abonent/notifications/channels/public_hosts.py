"""Calls to addresses that strangers gave us go to public hosts over TLS, and nowhere into our own network.

The name is looked up here and the connection made to the very address that was looked at: a name that answers
differently a moment later changes nothing.
"""

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx


class UnableToTrust(Exception):
    """The address is none that we call."""


def check_url(url: str, *, but_origin: str = "") -> str:
    """The url, if it is https on a public name's usual port.   but_origin: one of ours that is let through.

    Raises UnableToTrust.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UnableToTrust("no address") from error
    if any(ord(one) <= 32 or ord(one) > 126 for one in url) or parts.username is not None or "\\" in url:
        raise UnableToTrust("no address")
    if but_origin and f"{parts.scheme}://{parts.netloc}" == but_origin:
        return url
    if parts.scheme != "https" or port not in (None, 443):
        raise UnableToTrust("not https")
    if is_number(host) or "." not in host.strip(".") or host.endswith((".local", ".internal", ".localhost", ".lan")):
        raise UnableToTrust("no public name")
    return url


def is_number(host: str) -> bool:
    """An address instead of a name, in any of its spellings: 127.1, 0x7f000001."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return not last or last.isdigit() or last.lower().startswith("0x")
    return True


def public_address(host: str, port: int) -> str:
    """Where the name leads, if all of it is public.   Raises UnableToTrust, or OSError where it leads nowhere."""
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        ip = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(ip, "ipv4_mapped", None) or ip
        if not mapped.is_global or mapped.is_multicast:
            raise UnableToTrust("a name that leads into a network of ours")
    return found[0]


class PublicOnly(httpcore.SyncBackend):
    """httpcore's own way to connect, behind `public_address`."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            address = public_address(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return super().connect_tcp(address, port, timeout, local_address, socket_options)


def client(timeout: httpx.Timeout) -> httpx.Client:
    """One that reaches public hosts only; TLS still asks for the name."""
    transport = httpx.HTTPTransport(trust_env=False)
    transport._pool.close()
    transport._pool = httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(), max_connections=32, keepalive_expiry=20, network_backend=PublicOnly()
    )
    return httpx.Client(timeout=timeout, transport=transport, trust_env=False, follow_redirects=False)
