"""Mistakes once made in systems like ours, each as a check: one rule, one test."""

import ast
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

from tests.architecture import source

NOT_MONEY = {
    # Figures about machines, not money: seconds, ratios, megabytes, colours, pixels.
    "abonent/commands/bench",
    "abonent/ui/jinja2",
    "tests/soak/test_network.py",
}
RUSSIAN_MAY_STAND = (
    "abonent/locale/", "abonent/profiles/", "abonent/demo/", "sandbox/", "tests/",
)  # fmt: skip
# What people type and how a language names itself is Russian by nature, not a text of ours.
RUSSIAN_BY_NATURE = {
    "abonent/core/money.py",
    "abonent/settings.py",
    "abonent/payments/bank_statements/words.py",  # the words of the bank's own format
    "abonent/commands/bench/sms.py",  # what is sent: Cyrillic takes other parts than Latin
}
CYRILLIC = re.compile(r"[А-Яа-яЁё]")
MAX_LINES = 400
FOR_DEVELOPERS = {"abonent/ui/messages.py"}  # `make messages`


def _divides_numbers(node: ast.AST) -> bool:
    """`a / b` where neither side is text: `folder / "name"` is a path, not money."""
    if not (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)):
        return False
    sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
    return not any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for each in sides
        for side in ast.walk(each)
    )


def _breaks_money(node: ast.AST) -> bool:
    if isinstance(node, ast.Name) and node.id in {"Decimal"}:
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"round", "float"}:
        return not (node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    return _divides_numbers(node)


def test_money_is_divided_and_rounded_in_one_module() -> None:
    wrong = [
        f"{source.shown(path)}:{getattr(node, 'lineno', 0)}"
        for path in source.python_files()
        if source.shown(path) != "abonent/core/money.py"
        and not any(source.shown(path).startswith(prefix) for prefix in NOT_MONEY)
        for node in ast.walk(source.tree(path))
        if _breaks_money(node)
    ]
    assert wrong == []


@pytest.mark.parametrize("code", ["a / 2", "a /= b", "round(a)", "float(a)", "Decimal('1')", "price_kop / days"])
def test_the_money_rule_sees_a_breach(code: str) -> None:
    assert any(_breaks_money(node) for node in ast.walk(ast.parse(code)))


def test_the_money_rule_lets_paths_be() -> None:
    assert not any(_breaks_money(node) for node in ast.walk(ast.parse("home / 'static' / f'{name}.css'")))


def test_russian_stands_only_in_translations_profiles_and_labels() -> None:
    wrong = [
        f"{source.shown(path)}:{number}"
        for path in source.files("*.py", "*.html", "*.sql", "*.js", "*.css", "*.typ")
        if not source.shown(path).startswith(RUSSIAN_MAY_STAND)
        and source.shown(path) not in RUSSIAN_BY_NATURE
        and not source.is_test(path)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if CYRILLIC.search(line.split("  # ")[0])
    ]
    assert wrong == []


def test_a_module_is_one_nouns_verbs_and_stays_short() -> None:
    wrong = [
        f"{source.shown(path)}: {lines} lines"
        for path in source.files("*.py", "*.html", "*.css", "*.js", "*.sql")
        if "migrations" not in path.parts and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    ]
    assert wrong == []


def test_no_room_has_a_drawer_for_everything() -> None:
    forbidden = {"utils", "helpers", "services", "common", "misc", "signals"}
    assert [source.shown(path) for path in source.python_files() if path.stem in forbidden] == []


def test_no_signals_and_no_rules_in_save() -> None:
    wrong = []
    for path in source.python_files(under=("abonent",)):
        for node in ast.walk(source.tree(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                ("django.dispatch", "django.db.models.signals")
            ):
                wrong.append(f"{source.shown(path)}:{node.lineno} signals")
            if isinstance(node, ast.FunctionDef) and node.name == "save" and not source.is_test(path):
                wrong.append(f"{source.shown(path)}:{node.lineno} save()")
    assert wrong == []


def test_only_one_module_writes_transfers_and_balances() -> None:
    """ledger/transfers.py: whatever else moves money goes through its verbs."""
    writes = re.compile(
        r"insert\s+into\s+ledger_transfer|update\s+ledger_account|Transfer\.objects\.(create|bulk_create)",
        re.IGNORECASE,
    )
    allowed = {"abonent/ledger/transfers.py", "abonent/ledger/post.sql", "abonent/ledger/post_batch.sql"}
    wrong = [
        source.shown(path)
        for path in source.files("*.py", "*.sql", under=("abonent",))
        if not source.is_test(path)
        and "migrations" not in path.parts
        and not source.shown(path).startswith(("abonent/commands/bench", "abonent/ledger/"))
        and source.shown(path) not in allowed
        and writes.search(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_templates_have_no_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    wrong = [
        f"{source.shown(path)}:{number}"
        for path in source.files("*.html")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if inline.search(line)
    ]
    assert wrong == []


def test_lock_files_carry_names_versions_and_hashes_alone() -> None:
    for name in ("run", "dev"):
        text = (source.ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text


def test_every_module_says_what_it_is_in_its_first_line() -> None:
    silent = [
        source.shown(path)
        for path in source.python_files()
        if path.name not in {"__init__.py", "apps.py"} and ast.get_docstring(source.tree(path)) is None
    ]
    assert silent == []


def test_every_room_stands_in_the_map() -> None:
    text = (source.ROOT / "docs" / "MAP.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (source.ROOT / "abonent").iterdir() if (path / "__init__.py").exists()}
    assert [room for room in sorted(rooms) if f"`{room}`" not in text] == []
    assert [name for name in _top_level() if f"`{name}`" not in text] == []


def _top_level() -> list[str]:
    hidden = {
        ".git",
        ".venv",
        "var",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".import_linter_cache",
    }
    return [
        f"{path.name}/" if path.is_dir() else path.name
        for path in sorted(source.ROOT.iterdir())
        if path.name not in hidden and not path.name.endswith(".egg-info") and path.name != "__pycache__"
    ]


def test_every_page_of_the_documentation_is_reached_from_the_readme_or_the_map() -> None:
    readers = "".join(source.ROOT.joinpath(name).read_text(encoding="utf-8") for name in ("README.md", "docs/MAP.md"))
    assert [path.name for path in sorted(Path(source.ROOT / "docs").glob("*.md")) if path.name not in readers] == []


def test_what_runs_imports_only_what_is_installed_where_it_runs() -> None:
    """A tool of the developers' lock imported at run time breaks `make run` on every machine but theirs."""
    installed = set(re.findall(r"^([a-z0-9._-]+)==", source.ROOT.joinpath("requirements/run.txt").read_text(), re.M))
    provides = importlib.metadata.packages_distributions()
    wrong = []
    for path in source.python_files(under=("abonent", "sandbox")):
        if source.is_test(path) or path.name in {"conftest.py", "testing.py"} or source.shown(path) in FOR_DEVELOPERS:
            continue
        for name in sorted(_imported_at_run_time(source.tree(path))):
            owners = {re.sub(r"[._]", "-", owner).lower() for owner in provides.get(name, [])}
            if owners and not owners & {re.sub(r"[._]", "-", one) for one in installed} and "abonent" not in owners:
                wrong.append(f"{source.shown(path)} imports {name}")
    assert wrong == []


def _imported_at_run_time(tree: ast.Module) -> set[str]:
    """Top-level names of imports, those under `if TYPE_CHECKING` left out."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names)
