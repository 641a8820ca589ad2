"""What is wrong with a plan file, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases.exceptions import Refused


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: where (both count from 1), what, and what would be right."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return _("line %(line)d, column %(column)d: %(message)s") % {
            "line": self.line,
            "column": self.column,
            "message": self.message,
        }


class PlanRefused(Refused):
    """A plan file that cannot be taken; nothing was changed.

    :ivar problems: what is wrong, in the order of the file.
    :ivar changes: one line for each difference to the rollout that runs, where it came so far.
    """

    def __init__(self, problems: Sequence[Problem], changes: Sequence[str] = ()) -> None:
        self.problems = sorted(set(problems))
        self.changes = list(changes)
        count = len(self.problems)
        counted = ngettext("%d problem in the plan file:", "%d problems in the plan file:", count) % count
        super().__init__("\n".join([counted, *(str(problem) for problem in self.problems)]))


class ReasonMissing(Refused):
    """A file that would change a rollout that runs, and nobody said why; nothing was changed.

    :ivar changes: one line for each difference.
    """

    def __init__(self, rollout: str, changes: Sequence[str]) -> None:
        self.changes = list(changes)
        message = _("“%s” runs. Nothing was changed: say why. The file would change:") % rollout
        super().__init__("\n".join([message, *self.changes]))


class ExportRefused(Refused):
    """A rollout holds something that a plan file cannot say; the message names it."""
