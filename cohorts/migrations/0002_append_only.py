"""The consent ledger and what a draw showed are never rewritten."""

from django.db import migrations

from rollout_portal.lib.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0001_initial")]

    operations = [*append_only("cohorts_consentevent"), *append_only("cohorts_place")]
