"""`manage.py plan_schema`: the form of plan files as JSON Schema, for editors."""

from typing import Any

from django.core.management.base import BaseCommand

from phases.documents.json_schema import schema_text


class Command(BaseCommand):
    help = "Write the form of plan files as JSON Schema; docs/plan-file.schema.json is its output."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(schema_text(), ending="")
