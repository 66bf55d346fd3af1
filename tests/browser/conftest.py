"""Real Chromium against the whole of Abonent, once a profile."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from abonent.core import embedded
from tests.browser import cast_made
from tests.browser import served as serving

CHROMIUM = shutil.which("chromium")
NO_CHROMIUM = "chromium is not installed: the pages are not looked at (Debian: apt-get install chromium)"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A module's: while it lives, an event loop runs in this thread, and Django refuses to ask its database there."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield found
        found.close()


@pytest.fixture(scope="module", params=["skynet", "spnet"])
def served(
    request: pytest.FixtureRequest, server: embedded.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[serving.Served]:
    """`abonent serve` with the demo's cast on its first day, a module's own: a story must not lean on another's."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)

    made = cast_made.once(request.param)
    home: Path = tmp_path_factory.mktemp(request.param) / "home"
    shutil.copytree(made.home, home)
    with (
        cast_made.database(f"served_{request.param}_{os.getpid()}", template=made.database) as dsn,
        serving.serve(request.param, home, dsn) as running,
    ):
        yield running


@pytest.fixture
def page_at(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`page_at(360)`: a page of its own, signed out, of that width; `scheme="dark"`."""
    contexts = []

    def open_page(width: int = 1280, scheme: Any = "light", *, script: bool = True) -> Page:
        # The app's service worker has a story of its own (test_app.py); here it would only fill its store again.
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script,
            service_workers="block",
        )  # fmt: skip
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(page_at: Callable[..., Page]) -> Page:
    return page_at(1280)
