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
    """A plan file that cannot be taken; nothing was changed. `problems` are in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(set(problems))
        count = len(self.problems)
        counted = ngettext("%d problem in the plan file:", "%d problems in the plan file:", count) % count
        super().__init__("\n".join([counted, *(str(problem) for problem in self.problems)]))


class ExportRefused(Refused):
    """A rollout holds something that a plan file cannot say; the message names it."""
