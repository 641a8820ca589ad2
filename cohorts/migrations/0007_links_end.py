"""Every personal link has a last day; those to invitations get it from the last day for an answer."""

from datetime import timedelta

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GRACE = timedelta(days=30)


def say_until_when(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    endless = apps.get_model("cohorts", "PersonalLink").objects.filter(expires_at__isnull=True)
    of_invitations = endless.filter(invitation__isnull=False).values_list("invitation__batch", flat=True)
    for batch in apps.get_model("cohorts", "Batch").objects.filter(pk__in=of_invitations):
        endless.filter(invitation__batch=batch).update(expires_at=batch.answer_until + GRACE)
    endless.update(expires_at=models.F("created_at") + GRACE)


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0006_known_states")]

    operations = [
        migrations.RunPython(say_until_when, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="personallink", name="expires_at", field=models.DateTimeField()
        ),
    ]
