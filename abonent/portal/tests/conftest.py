"""A browser signed in as one of the cast."""

from collections.abc import Callable

import pytest
from django.test import Client

from abonent.identity import signed_in
from abonent.identity.models import User
from abonent.portal import sign_in
from tests.world import Subscriber, World

Browser = Callable[[Subscriber], Client]


@pytest.fixture
def browser(world: World) -> Browser:
    """`browser(world.anna)`: signed in; the sign-in itself has tests of its own."""

    def opened(who: Subscriber) -> Client:
        made = Client()
        backend = f"{sign_in.__name__}.{sign_in.ContractNumberBackend.__name__}"
        made.force_login(User.objects.get(sign_in_names__name=who.contract), backend)
        session = made.session
        signed_in.begin(session)
        session.save()
        return made

    return opened
