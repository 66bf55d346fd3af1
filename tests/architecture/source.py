"""The tree as the architecture's tests read it: every file of ours, and the floor of its room."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# architecture.md, top to bottom. A room imports, points at and names only rooms on lower floors.
FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(floor.split())
    for floor in (
        "demo commands",
        "portal backoffice api",
        "ui",
        "flows",
        "payments network support onboarding",
        "billing",
        "ledger",
        "notifications",
        "conversations",
        "subscribers",
        "identity addresses catalog",
        "core",
    )
)
HEIGHT = {room: len(FLOORS) - number for number, floor in enumerate(FLOORS) for room in floor}


def files(*patterns: str, under: tuple[str, ...] = ("abonent", "sandbox", "tests")) -> list[Path]:
    """Every file of ours that matches, without what tools generate."""
    found = {path for folder in under for pattern in patterns for path in ROOT.joinpath(folder).rglob(pattern)}
    return sorted(path for path in found if "__pycache__" not in path.parts)


def python_files(under: tuple[str, ...] = ("abonent", "sandbox", "tests")) -> list[Path]:
    return [path for path in files("*.py", under=under) if "migrations" not in path.parts]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def is_test(path: Path) -> bool:
    return "tests" in path.parts


def room(path: Path) -> str | None:
    """The room of a file under `abonent/`; None for what stands beside the rooms."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if len(parts) > 2 and parts[0] == "abonent" and parts[1] in HEIGHT else None


def may_know(upper: str, lower: str) -> bool:
    return upper == lower or HEIGHT[upper] > HEIGHT[lower]
