"""Read TOML and CSV into frozen, typed models. A mistake becomes one line: file, key, what is allowed.

No Django here: the settings read the operator's profile before Django is set up.
"""

import csv
import difflib
import io
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

_UNIONS = (Union, UnionType)
_SHOWN_CHARS = 60  # of a wrong value: enough to find it, short enough for one line


class Model(pydantic.BaseModel):
    """Frozen; no key but its own; `7` is not `"7"` and `true` is not `1`."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)


M = TypeVar("M", bound=Model)


def not_allowed() -> PydanticCustomError:
    """What a validator of one value raises; the line then says what the field's description allows."""
    return PydanticCustomError("not_allowed", "not allowed")


def read_text(path: Path, where: str, problems: list[str]) -> str | None:
    """The text of a UTF-8 file, or None and a line in `problems`. `where` is how the file is called there."""
    try:
        return path.read_bytes().decode("utf-8-sig")  # an editor of Windows adds a mark at the start
    except FileNotFoundError:
        problems.append(f"{where}: the file is missing")
    except UnicodeDecodeError as error:
        problems.append(f"{where}: byte {error.start} is not UTF-8; save the file in UTF-8")
    except OSError as error:
        problems.append(f"{where}: cannot be read: {error.strerror}")
    return None


def read_toml(path: Path, where: str, problems: list[str], model: type[M]) -> M | None:
    """The file as `model`, or None and a line in `problems` for each mistake."""
    text = read_text(path, where, problems)
    if text is None:
        return None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{where}: is not TOML: {error}")
        return None
    return check(model, raw, where, problems)


def read_csv(path: Path, where: str, problems: list[str], model: type[M]) -> tuple[M, ...]:
    """The rows as `model`; its fields are the columns, in any order. A line in `problems` for each mistake.

    A column whose field has a default may be missing.
    """
    text = read_text(path, where, problems)
    if text is None:
        return ()
    reader = csv.DictReader(io.StringIO(text))
    columns = list(reader.fieldnames or [])
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    if len(set(columns)) != len(columns) or not needed <= set(columns) <= set(model.model_fields):
        found, allowed = ",".join(columns), ",".join(model.model_fields)
        problems.append(
            f"{where}: line 1: «{found}» is not allowed; allowed: {allowed}; needed: {','.join(sorted(needed))}"
        )
        return ()
    rows = []
    for raw in reader:
        line = f"{where}: line {reader.line_num}"
        if None in raw or None in raw.values():
            problems.append(f"{line}: has not {len(columns)} cells")
            continue
        row = check(model, {key: cell.strip() for key, cell in raw.items() if cell.strip()}, line, problems)
        if row is not None:
            rows.append(row)
    return tuple(rows)


def check(model: type[M], raw: Mapping[str, Any], where: str, problems: list[str]) -> M | None:
    """`raw` as `model`, or None and a line in `problems` for each mistake."""
    try:
        return model.model_validate(raw)
    except pydantic.ValidationError as error:
        details = error.errors(include_url=False)
        wrong_items = {detail["loc"][:-1] for detail in details}
        for detail in details:
            if detail["type"] != "too_short" or detail["loc"] not in wrong_items:  # else it is told by item
                problems.append(f"{where}: {_line(model, raw, detail)}")
        return None


def _line(model: type[Model], raw: Mapping[str, Any], detail: ErrorDetails) -> str:
    path = detail["loc"]
    key = _spell(raw, path)
    if detail["type"] == "value_error":  # a rule over several values, told by the model itself
        told = str(detail["ctx"]["error"])
        return f"{key}: {told}" if key else told
    if detail["type"] == "extra_forbidden":
        keys = _keys(_type_at(model, path[:-1])[0])
        near = difflib.get_close_matches(str(path[-1]), keys)
        return f"{key}: unknown key; {'did you mean' if near else 'allowed'}: {', '.join(near or keys)}"
    allowed = _allowed(*_type_at(model, path))
    if detail["type"] == "missing":
        return f"{key}: is missing; allowed: {allowed}"
    return f"{key}: «{_show(detail['input'])}» is not allowed; allowed: {allowed}"


def _spell(raw: Any, path: Sequence[int | str]) -> str:
    """`offer[city-300].price`: an item of a list is called by its code or key, else by its place from 1."""
    spelled = ""
    for step in path:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            raw = None
        if isinstance(step, int):
            own = raw if isinstance(raw, dict) else {}
            spelled += f"[{own.get('code') or own.get('key') or step + 1}]"
        else:
            spelled += f".{step}" if spelled else step
    return spelled


def _type_at(model: type[Model], path: Sequence[int | str]) -> tuple[Any, FieldInfo | None]:
    """The type that stands at a path of keys and places, and its field where it is one."""
    kind: Any = model
    field: FieldInfo | None = None
    for step in path:
        kind = _bare(kind)
        if isinstance(step, int):
            kind, field = get_args(kind)[0], None
        else:
            field = next(one for name, one in kind.model_fields.items() if step in (one.alias, name))
            kind = field.annotation
    return kind, field


def _allowed(kind: Any, field: FieldInfo | None) -> str:
    if field is not None and field.description:
        return field.description
    if get_origin(kind) in _UNIONS:
        return _allowed(_some(kind), field)
    if get_origin(kind) is Annotated:
        return _allowed(get_args(kind)[0], next(one for one in get_args(kind) if isinstance(one, FieldInfo)))
    bare = _bare(kind)
    if get_origin(bare) is Literal:
        return ", ".join(str(one) for one in get_args(bare))
    if get_origin(bare) is tuple:
        return f"a list of: {_allowed(get_args(bare)[0], None)}"
    if isinstance(bare, type) and issubclass(bare, Model):
        return f"a table with the keys {', '.join(_keys(bare))}"
    if bare is int and field is not None:
        low = next(one.ge for one in field.metadata if isinstance(one, annotated_types.Ge))
        high = next(one.le for one in field.metadata if isinstance(one, annotated_types.Le))
        return f"a whole number from {low} to {high}"
    return {bool: "true or false", date: "a date, for example 2026-11-01"}.get(bare, "a text in quotes")


def _bare(kind: Any) -> Any:
    """Without `Annotated[…]` and `… | None`."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    return _bare(_some(kind)) if get_origin(kind) in _UNIONS else kind


def _some(kind: Any) -> Any:
    """The X of `X | None`."""
    return next(one for one in get_args(kind) if one is not type(None))


def _keys(model: type[Model]) -> list[str]:
    """As they are written in the file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _show(value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())
    return shown if len(shown) <= _SHOWN_CHARS else f"{shown[:_SHOWN_CHARS]}…"
