"""What testers read for a fact about them, in their languages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0002_append_only")]

    operations = [
        migrations.AddField(
            model_name="attributedefinition",
            name="texts",
            field=models.JSONField(blank=True, default=dict, verbose_name="texts"),
        ),
    ]
