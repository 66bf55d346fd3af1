"""Tables as files for a spreadsheet: CSV and XLSX. No cell is ever a formula, whoever wrote the text in it."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from django.http import HttpResponse

from abonent.core import money

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="xl/workbook.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>',
}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Kop(int):
    """A sum in kopecks: a number in the file, in roubles."""


Cell = str | int | Kop


def answer(rows: Iterable[Sequence[Cell]], *, name: str, form: str) -> HttpResponse:
    """form: "csv" or "xlsx".   name: without the ending, ASCII."""
    content, kind = (xlsx(rows), XLSX) if form == "xlsx" else (csv_of(rows), "text/csv; charset=utf-8")
    disposition = f'attachment; filename="{name}.{form}"'
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": disposition})


def csv_of(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Semicolons and a mark of UTF-8, as spreadsheets here expect."""
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerows([_plain(one) for one in row] for row in rows)
    return ("\ufeff" + written.getvalue()).encode()


def xlsx(rows: Iterable[Sequence[Cell]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for part, text in _PARTS.items():
            book.writestr(part, _HEAD + text)
        body = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        sheet = f'<worksheet xmlns="{space}"><sheetData>{body}</sheetData></worksheet>'
        book.writestr("xl/worksheets/sheet1.xml", _HEAD + sheet)
    return made.getvalue()


def _plain(one: Cell) -> str:
    if isinstance(one, Kop):
        return money.plain(one).replace(".", ",")
    if isinstance(one, int):
        return str(one)
    return f"'{one}" if one.startswith(_FORMULA) else one


def _cell(one: Cell) -> str:
    if isinstance(one, int):
        return f"<c><v>{money.plain(one) if isinstance(one, Kop) else one}</v></c>"
    tidy = "".join(letter for letter in one if letter >= " " or letter in "\t\n")
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(tidy)}</t></is></c>'
