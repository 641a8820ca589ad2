"""Readings only grow; on PostgreSQL a small index over time serves questions about all metrics at once."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.apps.registry import Apps

from rollout_portal.lib.append_only import append_only


def add_time_index(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("CREATE INDEX monitoring_reading_at_brin ON monitoring_reading USING brin (at)")


def drop_time_index(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX IF EXISTS monitoring_reading_at_brin")


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial")]

    operations = [
        migrations.RunPython(add_time_index, drop_time_index),
        *append_only("monitoring_reading"),
    ]
