"""Columns of PostgreSQL's own network types: a MAC address stands once, whatever notation it came in."""

from typing import Any

from django.db import models


class MacField(models.CharField):  # type: ignore[type-arg]  # not generic where it runs
    """`macaddr`: aa:bb:cc:dd:ee:ff."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 17, **kwargs})

    def db_type(self, connection: Any) -> str:
        return "macaddr"


class CidrField(models.CharField):  # type: ignore[type-arg]
    """`cidr`: a network, 198.51.100.0/24."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 43, **kwargs})

    def db_type(self, connection: Any) -> str:
        return "cidr"
