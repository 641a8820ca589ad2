"""The plan of a rollout as its file, with what the linter finds in it: open, or accepted. Pure reads."""

from dataclasses import dataclass

from phases.documents.document import Document, parse
from phases.documents.exporter import export_plan
from phases.documents.linter import Found, lint
from phases.lint import VACANT_ROLE
from phases.models import Rollout, SettledFinding


@dataclass(frozen=True, slots=True)
class Item:
    """A finding, and its acceptance if there is one."""

    found: Found
    settled: SettledFinding | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A plan with its findings.

    :ivar text: the plan file; its lines are those that findings name.
    """

    text: str
    items: tuple[Item, ...]

    @property
    def open(self) -> list[Item]:
        return [item for item in self.items if item.settled is None]

    @property
    def accepted(self) -> list[Item]:
        return [item for item in self.items if item.settled is not None]

    @property
    def numbered(self) -> list[tuple[int, str, bool]]:
        """The lines with their numbers, and whether an open finding names them."""
        named = {line for item in self.open for line in item.found.lines}
        return [(number, line, number in named) for number, line in enumerate(self.text.splitlines(), 1)]

    def item(self, key: str) -> Item | None:
        """Return the finding with this key."""
        return next((item for item in self.items if item.found.key == key), None)


def review(rollout: Rollout) -> Review:
    """Read the plan of `rollout` and ask the linter.

    :raises ExportRefused: when the rollout holds something that a plan file cannot say.
    """
    text = export_plan(rollout)
    accepted = {
        row.key: row for row in SettledFinding.objects.in_force().filter(rollout=rollout).select_related("by")
    }
    document = parse(text.encode())
    held = set(rollout.roles.current().values_list("role", flat=True))
    found = [one for one in lint(document) if not _is_filled(document, one, held)]
    return Review(text, tuple(Item(one, accepted.get(one.key)) for one in found))


def _is_filled(document: Document, found: Found, held: set[str]) -> bool:
    """Tell whether a finding is about a role that the file leaves vacant, and that somebody holds here."""
    if found.rule.name != VACANT_ROLE:
        return False
    _section, place = found.finding.places[0]
    return document.sections["roles"][place].portal_role in held
