"""What was decided is never rewritten: the database refuses UPDATE and DELETE."""

from django.db import migrations

from rollout_portal.lib.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("phases", "0001_initial")]

    operations = [
        *append_only("phases_phasetransition"),
        *append_only("phases_baseline"),
        *append_only("phases_judgement"),
        *append_only("phases_waiver", may_set_once=["ended_at", "ended_by_id"]),
        *append_only("phases_evidence", may_set_once=["closed_at", "closed_because"]),
        *append_only("phases_signoff"),
    ]
