"""What staff enter names the way in which it reached them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0002_append_only")]

    operations = [
        migrations.AlterField(
            model_name="feedbackitem",
            name="origin",
            field=models.CharField(
                choices=[
                    ("form", "Web form"),
                    ("survey", "Survey answer"),
                    ("phone", "Telephone"),
                    ("mail", "E-mail"),
                    ("talk", "In person"),
                    ("staff", "Another way"),
                ],
                max_length=6,
                verbose_name="came by",
            ),
        ),
    ]
