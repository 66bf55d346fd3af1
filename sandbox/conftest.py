"""One sandbox a worker, cleared before each test; a receiver that stands for Abonent's webhook."""

from collections.abc import Iterator

import pytest

from sandbox import testing
from sandbox.tests import shop as shops
from sandbox.tests.receiver import Receiver


@pytest.fixture(scope="session")
def one_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.Running]:
    with testing.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver.listening() as receiver:
        yield receiver


@pytest.fixture
def bank(one_sandbox: testing.Running, receiver: Receiver) -> testing.Running:
    """A bank without payments that tells `receiver` of the new ones."""
    one_sandbox.control("reset", {})
    one_sandbox.control("webhook_url", {"url": receiver.url})
    return one_sandbox


@pytest.fixture
def shop(bank: testing.Running) -> Iterator[shops.Shop]:
    with shops.Shop.open(bank) as opened:
        yield opened


@pytest.fixture
def other_shop(bank: testing.Running) -> Iterator[shops.Shop]:
    with shops.Shop.open(bank, testing.OTHER_SHOP_ID, testing.OTHER_SECRET) as opened:
        yield opened
