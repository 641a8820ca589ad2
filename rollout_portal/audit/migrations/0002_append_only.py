"""The record only grows: the database refuses UPDATE and DELETE."""

from django.db import migrations

from rollout_portal.lib.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [*append_only("audit_auditevent")]
