"""`manage.py import_plan`: a plan file becomes a draft rollout, and a plan document is read into facts."""

import json
from collections import Counter
from collections.abc import Sized
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from phases.documents.importer import Imported, import_plan
from phases.documents.markdown.coverage import Fate
from phases.documents.markdown.limits import LARGEST_DOCUMENT
from phases.documents.markdown.neutral import neutral
from phases.documents.markdown.reader import PlanDocument, read_plan
from phases.documents.problems import PlanRefused, ReasonMissing
from phases.documents.yaml import LARGEST_FILE
from phases.exceptions import Refused
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import System

# A plan that was written for people; every other file is a plan file.
DOCUMENTS = frozenset({".md", ".markdown", ".txt"})


class Command(BaseCommand):
    help = (
        "Make a draft rollout from a plan file, or bring a rollout to what the file says; all or nothing. "
        "Of one that runs, the changes are shown first; --reason makes them. "
        "A Markdown or text document is read into facts, see docs/importer.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="a plan file (docs/plan-file.md), or a document to read"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen, write nothing")
        parser.add_argument(
            "--reason", default="", metavar="WHY", help="change the plan of a rollout that runs, and why"
        )
        parser.add_argument("--owner", metavar="EMAIL", help="the account that becomes product owner")
        parser.add_argument(
            "--facts", type=Path, metavar="OUT.json", help="write what was read in a document, with its lines"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if path.suffix.lower() in DOCUMENTS:
            self._read_document(path, facts=options["facts"], dry_run=options["dry_run"])
            return
        if options["facts"]:
            raise CommandError(
                "--facts is for documents (.md, .txt): a plan file holds nothing but its facts."
            )
        dry_run = options["dry_run"]
        try:
            result = import_plan(
                data=_read(path),
                source=path.name,
                by=System(cause="import_plan"),
                owner=_account(options["owner"]) if options["owner"] else None,
                dry_run=dry_run,
                reason=options["reason"],
            )
        except PlanRefused as refused:
            for change in refused.changes:
                self.stdout.write(change)
            lines = [f"{path}, {problem}" for problem in refused.problems]
            raise CommandError(
                "\n".join([*lines, f"{path} was not imported: {len(lines)} to mend."])
            ) from None
        except ReasonMissing as missing:
            lines = [*missing.changes, "It runs, and nothing was written."]
            self.stdout.write("\n".join([*lines, "To make these changes, say why: --reason WHY"]))
            return
        except Refused as refused:
            raise CommandError(refused.message) from None
        for warning in result.warnings:
            self.stderr.write(f"{path}, {warning}")
        self.stdout.write("\n".join(_answer(result, dry_run=dry_run)))

    def _read_document(self, path: Path, *, facts: Path | None, dry_run: bool) -> None:
        if not dry_run:
            raise CommandError(
                "A document is read with --dry-run, and --facts writes what was found; it changes no rollout."
            )
        try:
            document = read_plan(_read(path, LARGEST_DOCUMENT))
        except Refused as refused:
            raise CommandError(f"{path}: {refused.message}") from None
        if facts is not None:
            try:
                facts.write_text(
                    json.dumps(neutral(document.facts), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
                )
            except OSError as error:
                raise CommandError(f"{facts} cannot be written: {error.strerror}.") from error
        self.stdout.write("\n".join(_found(document)))


def _read(path: Path, largest: int = LARGEST_FILE) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(largest + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _found(document: PlanDocument) -> list[str]:
    """Say what was read in a document, what was repaired, and what became of its lines."""
    facts = document.facts
    counts: dict[str, Sized] = {
        "phases": facts.phases,
        "criteria": facts.criteria,
        "gates": facts.gates,
        "rollback triggers": facts.triggers,
        "checklists": facts.checklists,
        "signatures": facts.signoffs,
        "communications": facts.communications,
        "other entries": facts.entries,
    }
    lines = [f"{len(found):6}  {kind}" for kind, found in counts.items() if found]
    repairs = document.decoded.repairs
    if repairs:
        lost = sum(repair.lost for repair in repairs)
        lines.append(
            f"Repaired {len(repairs)} runs of text that had been read as {repairs[0].encoding}, {lost} lost."
        )
    fates = Counter(line.fate for line in document.coverage)
    kept, ignored = fates[Fate.TEXT], fates[Fate.IGNORED]
    lines.append(f"{fates[Fate.FACT]} lines became facts, {kept} are kept as text, {ignored} are ignored.")
    return [f"“{facts.title}” says:" if facts.title else "The document says:", *lines, "Nothing was written."]


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
    what = "plan of the rollout" if result.runs else "draft rollout"
    return [*result.changes, f"{done} the {what} “{result.slug}”.", *_end(dry_run)]


def _end(dry_run: bool) -> list[str]:
    return ["Nothing was written."] if dry_run else []
