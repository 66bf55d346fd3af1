"""schemathesis against the OpenAPI: whatever is sent, no 5xx, and answers as they are described."""

import os
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from schemathesis.checks import not_a_server_error
from schemathesis.core import result
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from abonent.api.v1 import app, wire
from abonent.core import clock, db
from abonent.identity import app_tokens
from abonent.identity.models import User
from tests.world import World

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ENDS_THE_TOKEN = {("DELETE", f"{wire.PREFIX}tokens/{{token_id}}"), ("POST", f"{wire.PREFIX}password")}


def attack(world: World, examples: int) -> int:
    """So many examples an operation, half of them not as described, as Anna; gives how many requests went out."""
    user = User.objects.get(username="100001")
    with db.atomic():
        token = app_tokens.issue(user, "the-fuzzer", device_name="fuzzer", address=None, at=clock.now()).plain
    schema = schemathesis.openapi.from_dict(app.described())
    schema.app = WSGIHandler()
    sent = 0
    for found in schema.get_all_operations():
        assert isinstance(found, result.Ok)
        operation = found.ok()
        if (operation.method.upper(), operation.path) in ENDS_THE_TOKEN:
            continue

        right = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(case=right | wrong)
        def each(case: Any) -> None:
            nonlocal sent
            sent += 1
            if "number" in case.path_parameters:
                case.path_parameters["number"] = "100001"
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"fuzz-{os.getpid()}-{sent:08}"}
            response = case.call(base_url="http://testserver", headers=headers)
            case.validate_response(response, checks=CHECKS)

        each()
    return sent


def test_whatever_is_sent_nothing_breaks_and_answers_are_as_described(world: World) -> None:
    assert attack(world, examples=2) > 60
    assert world.broken() == []


@pytest.mark.soak
def test_the_same_at_length(world: World) -> None:
    assert attack(world, examples=100) > 3000
    assert world.broken() == []
