"""People of a conversation: a subscriber, an operator, an instant of a working day."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from abonent.identity import users
from abonent.identity.models import User
from abonent.support import operators
from abonent.support.models import Operator, OperatorState

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # Monday noon of the operator


def operator(name: str, shown: str = "") -> Operator:
    """One at the desk."""
    with transaction.atomic():
        made: User = users.create_staff(name, role="support", password="demo-staff")
        operators.set_state(made, OperatorState.ON, AT)
        return operators.set_shown(made, name=shown or name, topics=[], at=AT)


@pytest.fixture
def maria(db: None) -> Operator:
    return operator("maria", "Мария")


@pytest.fixture
def oleg(db: None) -> Operator:
    return operator("oleg", "Олег")
