"""Refusals of this room, in words that the sender can act on."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from phases.exceptions import Refused


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """What is wrong with one reading of a batch: which (counted from 0), which field, and what."""

    item: int
    field: str
    message: str


class ReadingsRefused(Refused):
    """At least one reading of a batch is wrong; none was recorded."""

    def __init__(self, problems: Sequence[ItemProblem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.item, problem.field))
        bad = len({problem.item for problem in problems})
        super().__init__(
            _("Nothing was recorded: %(count)d readings are wrong.") % {"count": bad}
            if bad > 1
            else _("Nothing was recorded: one reading is wrong.")
        )


class ReadingsConflict(Refused):
    """A moment has a reading with another value already; only a person corrects it."""

    def __init__(self, problems: Sequence[ItemProblem]) -> None:
        self.problems = list(problems)
        super().__init__(_("Nothing was recorded: other values are known for these moments. Correct them."))


class TargetRefused(Refused):
    """A target or its alert makes no sense; `field` is `holds` or `alert`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
