"""`make messages`: collect the texts to translate, keep what is translated, compile. Needs Babel (requirements/dev).

The same by hand: edit abonent/locale/ru/LC_MESSAGES/django.po, then `python -m abonent.ui.messages`.
"""

import io
import logging
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import extract, frontend, mofile, pofile
from babel.messages.catalog import Catalog

ROOM = Path(__file__).resolve().parent.parent
PO = ROOM.joinpath("locale", "ru", "LC_MESSAGES", "django.po")
CONFIG = ROOM.parent.joinpath("babel.cfg")
KEYWORDS = {**extract.DEFAULT_KEYWORDS, "gettext_lazy": None, "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2)}
_AS_OF = datetime(2026, 1, 1, tzinfo=UTC)  # a date that moves would change the file when no text has

log = logging.getLogger(__name__)


def collected() -> Catalog:
    """Every text of the code and the templates, without translations."""
    with CONFIG.open(encoding="utf-8") as config:
        methods, options = frontend.parse_mapping_cfg(config)  # type: ignore[no-untyped-call]
    found = _empty()
    for name, line, message, comments, context in extract.extract_from_dir(
        ROOM, methods, options, KEYWORDS, comment_tags=("Translators:",)
    ):
        found.add(message, locations=[(name, line)], auto_comments=comments, context=context)
    return found


def _empty() -> Catalog:
    return Catalog(
        project="abonent",
        locale="ru",
        fuzzy=False,
        header_comment="# What the pages say in Russian. `make messages` collects and compiles.",
        creation_date=_AS_OF,
        revision_date=_AS_OF,
    )


def translated() -> Catalog:
    with PO.open("rb") as file:
        return pofile.read_po(file, locale="ru", domain="django")


def updated() -> Catalog:
    """What is collected, with the translations that are known. Nothing is guessed from what looks alike."""
    wanted, known = collected(), translated()
    for message in wanted:
        old = known.get(message.id, message.context) if message.id else None
        if old is not None:
            message.string = old.string
    return wanted


def po_of(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    pofile.write_po(written, catalog, width=118, include_lineno=False, sort_output=True)
    return written.getvalue()


def mo_of(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    mofile.write_mo(written, catalog)
    return written.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """The texts that have no translation, or not in every plural form."""
    found = []
    for message in catalog:
        strings = message.string if isinstance(message.string, list | tuple) else [message.string]
        if message.id and (message.fuzzy or not all(strings) or len(strings) < (3 if message.pluralizable else 1)):
            found.append(str(message.id))
    return found


def main() -> None:
    PO.parent.mkdir(parents=True, exist_ok=True)
    if not PO.exists():
        PO.write_bytes(po_of(_empty()))
    catalog = updated()
    PO.write_bytes(po_of(catalog))
    PO.with_suffix(".mo").write_bytes(mo_of(catalog))
    for text in untranslated(catalog):
        log.warning("not translated: %s", text)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
