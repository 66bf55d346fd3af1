"""The one stylesheet, the one script and the logo: built from ui/css, htmx and the profile, then collected.

The only module that writes HOME/build and HOME/static.
"""

import hashlib
import re
from pathlib import Path

import django_htmx
from django.conf import settings
from django.core.management import call_command

from abonent.ui import app_icons

CSS = Path(__file__).parent.joinpath("css")
LAYERS = ("tokens", "base", "components", "pages", "print")  # the theme's layer stands between the first two
STAFF = CSS.joinpath("staff.css")  # a file beside the one of all pages: subscribers never load it
HTMX = Path(django_htmx.__file__).parent.joinpath("static", "django_htmx")
SCRIPTS = (HTMX.joinpath("htmx-2.min.js"), HTMX.joinpath("ext", "hx-sse-2.min.js"))
# Ours, each asked for by the pages that need it.
OWN_SCRIPTS = tuple(sorted(Path(__file__).parent.joinpath("js").glob("*.js")))
STAMP = "inputs.sha256"
# Third parties' files that none of our pages asks for.
_NOT_COLLECTED = ["django_htmx", "account", "admin", "debug_toolbar", STAMP]

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")
_AROUND = re.compile(r" ?([{};,>]) ?")


def collect(home: Path) -> bool:
    """Build and collect what the pages need into HOME/static; does nothing when no input has changed.

    home: settings.HOME, whose `build` and `static` the settings name.   Returns whether it did anything.
    """
    stamp = home.joinpath("static", STAMP)
    wanted = _fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    build(home)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=_NOT_COLLECTED)
    stamp.write_text(wanted)
    return True


def build(home: Path) -> None:
    """Write HOME/build: abonent.css, staff.css, abonent.js, our own scripts, logo.svg, favicon.svg, the app's icons."""
    folder = home.joinpath("build")
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("abonent.css").write_text(css(settings.PROFILE.folder), encoding="utf-8")
    folder.joinpath("staff.css").write_text(_tight(STAFF.read_text(encoding="utf-8")), encoding="utf-8")
    script = ";\n".join(path.read_text(encoding="utf-8").rstrip() for path in SCRIPTS)
    folder.joinpath("abonent.js").write_text(script, encoding="utf-8")
    for path in OWN_SCRIPTS:
        folder.joinpath(path.name).write_bytes(path.read_bytes())
    mark, outline = (settings.PROFILE.folder.joinpath(name).read_bytes() for name in ("favicon.svg", "logo.svg"))
    app_icons.draw(folder, mark, outline)
    for name in ("logo.svg", "favicon.svg"):
        folder.joinpath(name).write_bytes(settings.PROFILE.folder.joinpath(name).read_bytes())


def css(profile_folder: Path) -> str:
    """The layers in their order, with the profile's theme, without comments and needless space."""
    parts = [path.read_text(encoding="utf-8") for path in _css_files(profile_folder)]
    return _tight("\n".join(parts))


def _tight(text: str) -> str:
    return _AROUND.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", text))).strip()


def _css_files(profile_folder: Path) -> list[Path]:
    ours = [CSS.joinpath(f"{name}.css") for name in LAYERS]
    return [ours[0], profile_folder.joinpath("theme.css"), *ours[1:]]


def _fingerprint() -> str:
    folder = settings.PROFILE.folder
    pictures = [folder.joinpath("logo.svg"), folder.joinpath("favicon.svg")]
    inputs = [*_css_files(folder), STAFF, *SCRIPTS, *OWN_SCRIPTS, *pictures, Path(app_icons.__file__)]
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in inputs:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
