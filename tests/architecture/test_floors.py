"""What imports do not show: foreign keys, migrations and SQL obey the floors too."""

import re

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from tests.architecture import source

OURS = {config.label for config in apps.get_app_configs() if config.name.startswith("abonent.")}


def test_a_foreign_key_points_to_its_own_floor_or_down() -> None:
    wrong = [
        f"{model.__name__}.{field.name} → {target}"
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model is not None
        for target in [field.related_model._meta.app_label]
        if target in OURS and not source.may_know(model._meta.app_label, target)
    ]
    assert wrong == []


def test_a_migration_depends_on_its_own_floor_or_down() -> None:
    migrations = MigrationLoader(None).disk_migrations
    wrong = [
        f"{label}.{name} → {target}"
        for (label, name), migration in migrations.items()
        if label in OURS
        for target, _ in migration.dependencies
        if target in OURS and not source.may_know(label, target)
    ]
    assert wrong == []


def test_sql_names_tables_of_its_own_floor_or_down() -> None:
    tables = {
        model._meta.db_table: model._meta.app_label for model in apps.get_models() if model._meta.app_label in OURS
    }
    name = re.compile(r"\b(" + "|".join(map(re.escape, tables)) + r")\b")
    wrong = []
    for path in source.files("*.sql", under=("abonent",)):
        room = source.room(path)
        assert room is not None, path
        text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
        wrong += [
            f"{source.shown(path)} → {table}"
            for table in sorted(set(name.findall(text)))
            if not source.may_know(room, tables[table])
        ]
    assert wrong == []


@pytest.mark.parametrize("table", ["ledger_account", "ledger_transfer", "billing_subscription", "billing_charge"])
def test_no_foreign_key_of_the_database_stands_on_a_hot_table(db: None, table: str) -> None:
    """Measured: they make a charge run 2.6–3.8 times its floor instead of 1.3."""
    from abonent.core import db as database

    found = database.rows(
        "select conname from pg_constraint "
        "where contype = 'f' and (conrelid = %s::regclass or confrelid = %s::regclass)",
        [table, table],
    )
    assert found == []
