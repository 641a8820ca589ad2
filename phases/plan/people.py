"""The roles of a plan: who is to do what, filled or not; every other section names its owners by them."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from phases.documents.schema import Code, Coded, Line, Role
from phases.documents.tables import Placed, Table
from phases.models import PlannedRole, Rollout
from phases.plan.common import OWNER
from phases.registry import PlanProblem


class RolePlan(Coded):
    """A role as the plan names it. Without a person it is vacant."""

    counted_as: ClassVar = gettext_lazy("roles")

    name: Annotated[Line, Field(max_length=120)]
    portal_role: Role | None = None
    person: Annotated[Line, Field(max_length=120)] | None = None
    backup: Code | None = None
    leads: bool = False
    duties: list[Annotated[Line, Field(max_length=300)]] = []


def _check(rollout: Rollout, placed: Sequence[Placed]) -> list[PlanProblem]:
    return [
        PlanProblem((*one.path, "backup"), _("A role cannot stand in for itself. Name another one."))
        for one in placed
        if one.plan.backup == one.plan.code
    ]


ROLES: Final = Table(PlannedRole, RolePlan, refs={"backup": OWNER}, check=_check)
