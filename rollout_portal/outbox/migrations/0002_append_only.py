"""Texts and what happened to messages are never rewritten: the database refuses UPDATE and DELETE."""

from django.db import migrations

from rollout_portal.lib.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        *append_only("outbox_templateversion"),
        *append_only("outbox_templatetext"),
        *append_only("outbox_deliveryevent"),
    ]
