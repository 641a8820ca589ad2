"""Migration operations that make a table append-only, on PostgreSQL and on SQLite.

    operations = [*append_only("audit_auditevent")]
    operations = [*append_only("phases_evidence", may_set_once=["closed_at", "closed_because"])]

UPDATE and DELETE are refused by the database itself, whoever asks; on PostgreSQL TRUNCATE too, and on
SQLite also INSERT OR REPLACE, which would otherwise delete the old row without a trigger.
"""

from collections.abc import Sequence

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def append_only(table: str, may_set_once: Sequence[str] = ()) -> list[migrations.RunPython]:
    """Return the operations that protect `table`; columns in `may_set_once` may go from NULL to a value."""

    def protect(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in _statements(editor, table, may_set_once):
            editor.execute(statement)

    def release(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        names = [f"{table}_no_update", f"{table}_no_delete"]
        if editor.connection.vendor == "postgresql":
            for name in [*names, f"{table}_no_truncate"]:
                editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            editor.execute(f"DROP FUNCTION IF EXISTS {table}_append_only()")
        else:
            for name in [*names, f"{table}_no_replace"]:
                editor.execute(f"DROP TRIGGER IF EXISTS {name}")

    return [migrations.RunPython(protect, release)]


def _statements(editor: BaseDatabaseSchemaEditor, table: str, may_set_once: Sequence[str]) -> list[str]:
    refusal = f"{table} is append-only"
    with editor.connection.cursor() as cursor:
        described = editor.connection.introspection.get_table_description(cursor, table)
    columns = [column.name for column in described]
    frozen = [name for name in columns if name not in may_set_once]
    if editor.connection.vendor == "postgresql":
        changed = " OR ".join(
            [f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in frozen]
            + [
                f'(OLD."{name}" IS NOT NULL AND OLD."{name}" IS DISTINCT FROM NEW."{name}")'
                for name in may_set_once
            ]
        )
        return [
            f"""CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'restrict_violation'; END $$""",
            f"""CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW
            WHEN ({changed}) EXECUTE FUNCTION {table}_append_only()""",
            f"""CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW
            EXECUTE FUNCTION {table}_append_only()""",
            f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT
            EXECUTE FUNCTION {table}_append_only()""",
        ]
    changed = " OR ".join(
        [f'OLD."{name}" IS NOT NEW."{name}"' for name in frozen]
        + [f'(OLD."{name}" IS NOT NULL AND OLD."{name}" IS NOT NEW."{name}")' for name in may_set_once]
    )
    return [
        f"""CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN {changed} BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
        f"""CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW
        BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
        f"""CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} FOR EACH ROW
        WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
    ]
