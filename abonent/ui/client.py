"""Whose browser it is: the client's address, through the proxies we trust."""

from allauth.core.internal import httpkit
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """ "" where there is none."""
    return httpkit.get_client_ip(request) or ""
