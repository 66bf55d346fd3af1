"""The error bodies of the API: {"type":"error","id":…,"code":…,"description":…,"parameter":…}."""

import uuid
from typing import Any

CODES = {
    400: "invalid_request",
    401: "invalid_credentials",
    403: "forbidden",
    404: "not_found",
    405: "not_supported",
    429: "too_many_requests",
    500: "internal_server_error",
}


class UnableToServe(Exception):
    """What the caller gets instead of an object."""

    def __init__(self, status: int, description: str, parameter: str | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameter = parameter

    def body(self) -> dict[str, Any]:
        body = {
            "type": "error",
            "id": str(uuid.uuid4()),
            "code": CODES[self.status],
            "description": self.description,
        }
        if self.parameter is not None:
            body["parameter"] = self.parameter
        return body


def invalid(parameter: str | None, description: str) -> UnableToServe:
    return UnableToServe(400, description, parameter)


def missing(what: str, object_id: str) -> UnableToServe:
    return UnableToServe(404, f"{what} {object_id} doesn't exist or access denied", f"{what.lower()}_id")
