"""How people took part before is kept; what accepted invitations tell of it is written down."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

from rollout_portal.lib.append_only import append_only


def tell_from_invitations(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    accepted = apps.get_model("cohorts", "Invitation").objects.filter(
        answer="accepted", answered_at__lt=F("participant__state_at")
    )
    rows = accepted.order_by("pk").values_list("participant_id", "answered_at", "participant__state_at")
    standing = apps.get_model("cohorts", "Standing")
    standing.objects.bulk_create(
        standing(participant_id=person, state="accepted", since=since, until=until)
        for person, since, until in rows
    )


class Migration(migrations.Migration):

    dependencies = [
        ('cohorts', '0004_reports_without_cells'),
    ]

    operations = [
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('registered', 'In the register'), ('selected', 'Selected'), ('invited', 'Invited'), ('accepted', 'Accepted'), ('active', 'Active'), ('declined', 'Declined'), ('left', 'Left'), ('erased', 'Erased')], max_length=10, verbose_name='state')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='cohorts.participant')),
            ],
            options={
                'verbose_name': 'earlier standing',
                'verbose_name_plural': 'earlier standings',
                'ordering': ['participant', 'since', 'pk'],
                'indexes': [models.Index(fields=['participant', 'since'], name='cohorts_standing_by_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['accepted', 'active'])), name='cohorts_standing_took_part')],
            },
        ),
        migrations.RunPython(tell_from_invitations, migrations.RunPython.noop),
        *append_only('cohorts_standing'),
    ]
