"""A browser signed in as one of the staff."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from abonent.core import db
from abonent.identity import users
from abonent.identity.models import User

StaffBrowser = Callable[[str], Client]


@pytest.fixture
def staff() -> StaffBrowser:
    """`staff("manager")`: signed in, in English; made if there is none. The sign-in itself has tests of its own."""

    def signed_in(role: str) -> Client:
        user = User.objects.filter(username=role).first()
        if user is None:
            with db.atomic():
                user = users.create_staff(role, role=role, password="demo-staff")
        made = Client()
        made.cookies["language"] = "en"
        made.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
        return made

    return signed_in
