"""What stood in a bad cell is taken out of rows that stay: it may be the address of somebody since erased."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def take_cells_out(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    imports = apps.get_model("cohorts", "ParticipantImport").objects.all()
    work = apps.get_model("jobs", "Job").objects.filter(kind__in=["cohorts.check_import", "cohorts.import_people"])
    for rows, name in ((imports, "report"), (work, "result")):
        for row in rows.iterator():
            problems = (getattr(row, name) or {}).get("problems", [])
            if any("cell" in problem for problem in problems):
                for problem in problems:
                    problem.pop("cell", None)
                row.save(update_fields=[name])


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0003_attribute_texts"), ("jobs", "0001_initial")]

    operations = [migrations.RunPython(take_cells_out, migrations.RunPython.noop)]
