"""`manage.py import_plan`: a plan file becomes a draft rollout."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from phases.documents.importer import Imported, import_plan
from phases.documents.problems import PlanRefused
from phases.documents.yaml import LARGEST_FILE
from phases.exceptions import Refused
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import System


class Command(BaseCommand):
    help = "Make a draft rollout from a plan file, or bring a draft to what the file says; all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a plan file, see docs/plan-file.md")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen, write nothing")
        parser.add_argument("--owner", metavar="EMAIL", help="the account that becomes product owner")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            result = import_plan(
                data=_read(path),
                source=path.name,
                by=System(cause="import_plan"),
                owner=_account(options["owner"]) if options["owner"] else None,
                dry_run=options["dry_run"],
            )
        except PlanRefused as refused:
            lines = [f"{path}, {problem}" for problem in refused.problems]
            raise CommandError(
                "\n".join([*lines, f"{path} was not imported: {len(lines)} to mend."])
            ) from None
        except Refused as refused:
            raise CommandError(refused.message) from None
        for warning in result.warnings:
            self.stderr.write(f"{path}, {warning}")
        self.stdout.write("\n".join(_answer(result, dry_run=options["dry_run"])))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _account(email: str) -> User:
    account = User.objects.filter(email__iexact=email).first()
    if account is None:
        raise CommandError(f"No account has the address {email}. Invite the person first.")
    return account


def _answer(result: Imported, *, dry_run: bool) -> list[str]:
    """Say what was done, or would have been."""
    if result.is_new:
        lines = [f"{number:6}  {kind}" for kind, number in result.counts.items()]
        done = "Would create" if dry_run else "Created"
        return [f"{done} the draft rollout “{result.slug}”:", *lines, *_end(dry_run)]
    if not result.changes:
        return ["Nothing would change."]
    done = "Would change" if dry_run else "Changed"
    return [*result.changes, f"{done} the draft rollout “{result.slug}”.", *_end(dry_run)]


def _end(dry_run: bool) -> list[str]:
    return ["Nothing was written."] if dry_run else []
