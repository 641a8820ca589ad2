"""`manage.py export_plan`: a rollout as its plan file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from phases.documents.exporter import export_plan
from phases.documents.problems import ExportRefused
from phases.models import Rollout


class Command(BaseCommand):
    help = "Write the plan of a rollout as a plan file; the same plan is always the same bytes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="the short name of the rollout")
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="write to this file instead of the screen"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rollout = Rollout.objects.filter(slug=options["slug"]).first()
        if rollout is None:
            raise CommandError(f"There is no rollout “{options['slug']}”.")
        try:
            text = export_plan(rollout)
        except ExportRefused as refused:
            raise CommandError(refused.message) from None
        out: Path | None = options["out"]
        if out is None:
            self.stdout.write(text, ending="")
            return
        try:
            out.write_bytes(text.encode())
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
