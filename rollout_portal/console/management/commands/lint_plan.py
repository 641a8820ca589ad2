"""`manage.py lint_plan`: what a plan gets wrong although it is well written."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from phases.documents.document import parse
from phases.documents.exporter import export_plan
from phases.documents.linter import Found, lint
from phases.documents.problems import ExportRefused, PlanRefused
from phases.documents.yaml import LARGEST_FILE
from phases.models import Rollout


class Command(BaseCommand):
    help = "Say what contradicts itself in a plan file or a rollout; ends with 1 when there is something."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", metavar="FILE|SLUG", help="a plan file, or the short name of a rollout")

    def handle(self, *args: Any, **options: Any) -> None:
        name: str = options["plan"]
        try:
            found = lint(parse(_plan(name)))
        except PlanRefused as refused:
            lines = [f"{name}, {problem}" for problem in refused.problems]
            raise CommandError("\n".join([*lines, f"{name} is not a plan: {len(lines)} to mend."])) from None
        for one in found:
            self.stdout.write(_told(name, one))
        if found:
            raise CommandError(f"{len(found)} to settle.", returncode=1)
        self.stdout.write(f"Nothing in {name} contradicts itself.")


def _plan(name: str) -> bytes:
    """Return the plan file called `name`, or the plan of the rollout."""
    path = Path(name)
    if path.is_file():
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    rollout = Rollout.objects.filter(slug=name).first()
    if rollout is None:
        raise CommandError(f"There is neither a file nor a rollout “{name}”.")
    try:
        return export_plan(rollout).encode()
    except ExportRefused as refused:
        raise CommandError(refused.message) from None


def _told(name: str, one: Found) -> str:
    first, *others = one.lines
    against = f" (against line {', '.join(map(str, others))})" if others else ""
    return (
        f"{name}, line {first}{against}: {one.finding.text}\n"
        f"    Why: {one.rule.why}\n"
        f"    Cure: {one.finding.advice}\n"
        f"    Rule: {one.rule.name}"
    )
