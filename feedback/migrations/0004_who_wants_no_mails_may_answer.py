"""Only leaving closes a request. Those closed because somebody wanted no more mails are open again."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GONE = ["left", "erased"]


def tell_leaving_from_silence(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    closed = apps.get_model("feedback", "SurveyRequest").objects.filter(state="opted_out")
    closed.filter(participant__state__in=GONE).update(state="left")
    closed.filter(occasion__finished_at__isnull=False).update(state="expired")
    closed.filter(sent_at__isnull=True).update(state="queued")
    closed.update(state="sent")


def one_word_for_both(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("feedback", "SurveyRequest").objects.filter(state="left").update(state="opted_out")


class Migration(migrations.Migration):
    dependencies = [("feedback", "0003_ways_a_report_comes_in")]

    operations = [
        migrations.AlterField(
            model_name="surveyrequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("sent", "Sent"),
                    ("started", "Started"),
                    ("submitted", "Answered"),
                    ("expired", "Expired"),
                    ("left", "Left"),
                ],
                default="queued",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.RunPython(tell_leaving_from_silence, one_word_for_both),
    ]
