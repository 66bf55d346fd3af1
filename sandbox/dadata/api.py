"""DaData's suggestions under /dadata/: POST /suggestions/api/4_1/rs/suggest/address.

The key is «sandbox»; another one is answered 403, as is theirs when the day's limit is used up.
POST /control/dadata {"fail": 500}   every call gets that status; {"fail": null}: none
"""

import functools
import hmac
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.store import Store

TOKEN = "sandbox"
COUNT, COUNT_MAX = 10, 20
BODY_MAX_BYTES = 10_000
_HOUSE = re.compile(r"(?P<house>\S+)(?: (?P<type>к|стр|литер) (?P<block>\S+))?")
_WORD = re.compile(r"[^\W_]+")
_KINDS = {"г", "ул", "улица", "город", "д", "дом", "пр", "кт", "проспект", "пр-кт", "к", "корп", "стр"}
_NULLS = (
    "postal_code", "region_with_type", "area", "settlement", "settlement_with_type", "stead", "entrance", "floor",
    "flat", "flat_type", "house_fias_id", "flat_fias_id", "geo_lat", "geo_lon", "oktmo",
)  # fmt: skip


def routes(store: Store) -> list[Route]:
    return [
        Route("/dadata/suggestions/api/4_1/rs/suggest/address", functools.partial(suggest, store), methods=["POST"]),
        Route("/control/dadata", functools.partial(turn, store), methods=["GET", "POST"]),
    ]


async def suggest(store: Store, request: Request) -> Response:
    if fail := store.knob("dadata", {}).get("fail"):
        return PlainTextResponse("it is out of order\n", status_code=fail)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Token {TOKEN}".encode()):
        return JSONResponse({"family": "CLIENT_ERROR", "reason": "Forbidden", "message": "Unknown token"}, 403)
    try:
        asked = json.loads((await request.body())[:BODY_MAX_BYTES])
        query, count = str(asked["query"]), int(asked.get("count", COUNT))
    except (ValueError, KeyError, TypeError, AttributeError):
        return JSONResponse({"family": "CLIENT_ERROR", "reason": "Bad Request", "message": "query is not given"}, 400)
    return JSONResponse({"suggestions": list(found(query))[: min(count, COUNT_MAX)]})


async def turn(store: Store, request: Request) -> Response:
    if request.method == "POST":
        fail = (await request.json()).get("fail")
        with store.transaction() as sql:
            store.set_knob(sql, "dadata", {"fail": fail})
    return JSONResponse(store.knob("dadata", {}))


def found(query: str) -> Iterator[dict[str, Any]]:
    """The addresses each of whose typed words is a word of theirs, or its beginning."""
    typed = [word for word in _WORD.findall(query.lower().replace("ё", "е")) if word not in _KINDS]
    if not typed:
        return
    for one in _streets():
        for house in one["houses"]:
            words = _WORD.findall(f"{one['city']} {one['street']} {house}".lower().replace("ё", "е"))
            if all(any(word.startswith(each) for word in words) for each in typed):
                yield _suggestion(one["city"], one["street"], house)


def _suggestion(city: str, street: str, house: str) -> dict[str, Any]:
    parts = _HOUSE.fullmatch(house)
    assert parts is not None, house
    value = f"{city}, {street}, д {house}"
    data: dict[str, Any] = dict.fromkeys(_NULLS)
    data |= {
        "country": "Россия",
        "city": city.removeprefix("г "),
        "city_with_type": city,
        "street": street.partition(" ")[2],
        "street_with_type": street,
        "house_type": "д",
        "house": parts["house"],
        "block_type": parts["type"],
        "block": parts["block"],
        "fias_level": "8",
        "qc_geo": "0",
        "timezone": "UTC+3",
    }
    return {"value": value, "unrestricted_value": value, "data": data}


@functools.cache
def _streets() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("addresses.toml").read_text(encoding="utf-8"))[
        "street"
    ]
    return read
