"""`make pictures`: the pictures of the guide "a provider's first hour", of an installation it makes itself.

    python -m tests.browser.pictures [FOLDER]

Does what the guide says (migrate, staff, serve, the sample bundle by the page, a charge run) in a new home with its own
embedded database, and looks at each step in both languages.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "guides" / "pictures"
SAMPLE = ROOT / "docs" / "sample-bundle"
WIDTH, HEIGHT, COLOURS = 1280, 800, 64
NAME, PASSWORD = "olga", "sosna-vesna-2026"
READY_SECONDS = 180
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-quic", "--no-first-run")  # fmt: skip


class UnableToPicture(Exception):
    """A step of the guide did not do what it says."""


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise UnableToPicture("chromium is not installed (Debian: apt-get install chromium)")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        for story in (importing, running):
            context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, service_workers="block")
            with tempfile.TemporaryDirectory() as home:
                story(context.new_page(), Path(home), folder)
            context.close()
        browser.close()


def importing(page: Page, home: Path, folder: Path) -> None:
    """A bundle sent to the page of an installation that has nobody yet."""
    with serving(home) as (url, _):
        sign_in(page, url)
        page.goto(f"{url}/staff/import/")
        page.locator("[name=files]").set_input_files(sorted(SAMPLE.glob("*.csv")))
        page.locator("form:has([name=files]) button").click()
        Looking(page, url, folder).at("3-import", tried(page))


def running(page: Page, home: Path, folder: Path) -> None:
    """Taken over and charged by commands; then the site."""
    commands = (("import", str(SAMPLE), "--dry-run"), ("import", str(SAMPLE), "--yes"), ("charge", "--dry-run"),
                ("charge",), ("verify",))  # fmt: skip
    with serving(home, *commands) as (url, _):
        look = Looking(page, url, folder)
        look.at("1-site", "/")
        look.at("2-sign-in", "/staff/login/")
        sign_in(page, url)
        look.at("4-charge-run", page_of_run(page, url))
        look.at("5-card", f"/staff/contracts/{number(page, url)}/")
        look.at("6-reports", "/staff/reports/debt/")


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/staff/login/")
    page.locator("[name=login]").fill(NAME)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url(f"{url}/staff/")


class Looking:
    def __init__(self, page: Page, url: str, folder: Path) -> None:
        self.page, self.url, self.folder = page, url, folder

    def at(self, name: str, address: str) -> None:
        """A picture of a page in each language, small enough to be kept."""
        for language in ("ru", "en"):
            self.page.context.add_cookies([{"name": "language", "value": language, "url": self.url}])
            self.page.goto(f"{self.url}{address}")
            path = self.folder / f"{name}-{language}.png"
            self.page.screenshot(path=path)
            with Image.open(path) as taken:
                small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(path, optimize=True)


@contextmanager
def serving(home: Path, *commands: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """An installation of one machine, made as the guide says.   commands: before the site is opened."""
    port = 28000 + os.getpid() % 1000 * 10
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ABONENT_", "DATABASE_"))}
    env = clean | {"ABONENT_HOME": str(home), "ABONENT_PROFILE": "skynet", "PORT": str(port)}
    abonent(env, "migrate")
    abonent(env | {"ABONENT_STAFF_PASSWORD": PASSWORD}, "staff", NAME, "--role", "admin")
    for words in commands:
        abonent(env, *words)
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "abonent.commands.main", "serve"], env=env, stdout=log, stderr=log
        )
        try:
            url = f"http://localhost:{port}"
            wait_ready(process, url, home / "serve.log")
            yield url, env
        finally:
            process.terminate()
            process.wait(60)


def wait_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        time.sleep(0.3)
    raise UnableToPicture(log.read_text(errors="replace")[-2000:])


def abonent(env: dict[str, str], *words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "abonent.commands.main", *words], env=env, capture_output=True)
    if done.returncode:
        raise UnableToPicture(f"abonent {' '.join(words)}: {(done.stdout + done.stderr).decode()[-2000:]}")


def tried(page: Page) -> str:
    """The address of the bundle's page once all of it was tried."""
    page.wait_for_url("**/staff/import/*/")
    wait_for(page, page.url, "button[value=confirm]")
    return "/" + page.url.split("/", 3)[3]


def wait_for(page: Page, address: str, wanted: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        page.goto(address)
        if page.locator(wanted).count():
            return
        page.wait_for_timeout(500)
    raise UnableToPicture(f"{address} never had {wanted}: {page.locator('main').inner_text()[:1000]}")


def page_of_run(page: Page, url: str) -> str:
    page.goto(f"{url}/staff/charge-runs/")
    return str(page.locator("main a[href*='/staff/charge-runs/2']").first.get_attribute("href"))


def number(page: Page, url: str) -> str:
    """A contract of the bundle."""
    page.goto(f"{url}/staff/reports/growth/")
    page.locator("a[href*='of=served']").last.click()
    return page.locator("a[href^='/staff/contracts/']").first.inner_text()


if __name__ == "__main__":
    main()
