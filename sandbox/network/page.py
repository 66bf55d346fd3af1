"""/network/: who is online at the demo's access server; dial, use traffic, hang up, and how it meets CoA."""

import asyncio
import functools
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import pages
from sandbox.network import nas, wire

ADDRESS, SECRET = "127.0.0.11", "sandbox-radius"  # as the demo's table of access servers has it
MANNERS = ("obeys", "refuses", "deaf")
USED_OCTETS, USED_SECONDS = 10 * 10**9, 900
SHOWN_MAX = 20


class Network:
    """The access server, made at the first dial: where there is no FreeRADIUS nothing is listened on.

    radius_port: of authorisation; accounting is the next, CoA the one after. None: FreeRADIUS is not here.
    """

    def __init__(self, radius_port: int | None) -> None:
        self.radius_port = radius_port
        self.said: list[dict[str, str]] = []
        self._server: nas.Nas | None = None

    def server(self) -> nas.Nas:
        """Raises OSError where the address cannot be used."""
        assert self.radius_port is not None
        if self._server is None:
            port = self.radius_port
            self._server = nas.Nas(ADDRESS, SECRET, "127.0.0.1", port, port + 1, port + 2)
            self._server.dials_again = True
        return self._server

    @property
    def sessions(self) -> list[nas.Dialled]:
        return list(self._server.sessions.values()) if self._server else []

    @property
    def manners(self) -> str:
        return self._server.coa_manners if self._server else MANNERS[0]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def act(self, way: str, number: str, mac: str, session_id: str) -> None:
        """One press of a button; what came of it is the first of `said`."""
        try:
            outcome = self._act(self.server(), way, number, mac, session_id)
        except nas.NoAnswer:
            outcome = "no answer"
        except OSError:
            outcome = "address in use"
        self.said = [
            {"way": way, "who": mac if way == "plug" else number or session_id, "outcome": outcome},
            *self.said,
        ]
        del self.said[SHOWN_MAX:]

    def _act(self, server: nas.Nas, way: str, number: str, mac: str, session_id: str) -> str:
        if way in MANNERS:
            server.coa_manners = server.disconnect_manners = way
            return "done"
        if way in ("dial", "plug"):
            made = server.dial(identity(way, number, mac), address=f"10.64.0.{len(server.sessions) % 200 + 2}")
            if not isinstance(made, nas.Dialled):
                return "refused"
            return "walled" if made.walled else "online"
        session = server.sessions.get(session_id)
        if session is None:
            return "no session"
        if way == "use":
            server.traffic(session, up=USED_OCTETS // 10, down=USED_OCTETS, seconds=USED_SECONDS)
        else:
            server.hang_up(session)
        return "done"


def identity(way: str, number: str, mac: str) -> wire.Pairs:
    """A router that signs in by PPPoE, or a device plugged into the contract's port."""
    if way == "dial":
        return [
            ("User-Name", number),
            ("User-Password", f"net-{number}".encode()),
            ("Calling-Station-Id", router(number)),
            ("NAS-Port-Id", f"pppoe-{number}"),
        ]
    return [
        ("User-Name", mac),
        ("User-Password", b""),
        ("Calling-Station-Id", mac),
        ("ADSL-Agent-Circuit-Id", f"port-{number}".encode()),
    ]


def router(number: str) -> str:
    """A MAC of the contract's router."""
    tail = int(number) % 65536 if number.isascii() and number.isdigit() else 0
    return f"D8-07-B6-00-{tail >> 8:02X}-{tail & 255:02X}"


def routes(network: Network, looks: pages.Pages) -> list[Route]:
    return [
        Route("/network/", functools.partial(show, network, looks), methods=["GET", "HEAD"]),
        Route("/network/", functools.partial(act, network, looks), methods=["POST"]),
        Route("/network/sessions.json", functools.partial(listed, network), methods=["GET"]),
    ]


async def show(network: Network, looks: pages.Pages, request: Request) -> Response:
    return looks.render(
        request,
        "network.html",
        is_here=network.radius_port is not None,
        sessions=[_shown(one) for one in network.sessions],
        said=network.said,
        manners=network.manners,
        typed={
            "number": request.query_params.get("number", "100002")[:32],
            "mac": request.query_params.get("mac", "DC-A6-32-10-00-07")[:32],
        },
    )


async def listed(network: Network, request: Request) -> Response:
    return JSONResponse([_shown(one) for one in network.sessions])


async def act(network: Network, looks: pages.Pages, request: Request) -> Response:
    form = await request.form()
    said = {name: str(form.get(name, ""))[:32].strip() for name in ("way", "number", "mac", "session")}
    if network.radius_port is not None:
        await asyncio.to_thread(network.act, said["way"], said["number"], said["mac"], said["session"])
    query: dict[str, Any] = {"lang": pages.language_of(request, "ru")}
    query |= {name: said[name] for name in ("number", "mac") if said[name]}
    return RedirectResponse(f"/network/?{httpx.QueryParams(query)}", 303)


def _shown(one: nas.Dialled) -> dict[str, Any]:
    is_plugged = any(name == "ADSL-Agent-Circuit-Id" for name, _ in one.identity)
    return {
        "session": one.session_id,
        "name": str(next(value for name, value in one.identity if name == "User-Name")),
        "address": one.address,
        "is_walled": one.walled,
        # Where the walled garden leads: a device that waits to be registered, or one who has not paid.
        "leads_to": "/cabinet/devices/" if is_plugged else "/cabinet/",
        "rate": str(one.attribute("Mikrotik-Rate-Limit") or ""),
        "down_gb": one.down_octets // 10**9,
    }
