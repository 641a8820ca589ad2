"""The sections of a plan file that belong to this room, in the order in which they load and are written."""

from phases.documents.tables import Table
from phases.plan import calendar, checklists, gates, people, rollout, stages, stewardship, work
from phases.registry import PlanSection, plan_section


def _rows(name: str, table: Table) -> PlanSection:
    """Return the section `name` that is a list of rows of one kind."""
    return PlanSection(
        name,
        list[table.schema],  # type: ignore[name-defined]
        lambda rollout, plans, by: table.load(rollout, plans),
        lambda rollout: table.dump(rollout) or None,
        table.prune,
    )


plan_section(PlanSection("rollout", rollout.RolloutPlan, rollout.load, rollout.dump, rollout.prune))
plan_section(_rows("roles", people.ROLES))
plan_section(_rows("calendars", calendar.CALENDARS))
plan_section(_rows("blackouts", calendar.BLACKOUTS))
plan_section(
    PlanSection(
        "populations",
        list[stages.PopulationPlan],
        stages.load_populations,
        stages.dump_populations,
        stages.prune_populations,
    )
)
plan_section(
    PlanSection("phases", list[stages.PhasePlan], stages.load_phases, stages.dump_phases, stages.prune_phases)
)
plan_section(_rows("weeks", calendar.WEEKS))
plan_section(_rows("activities", work.ACTIVITIES))
plan_section(_rows("deliverables", work.DELIVERABLES))
plan_section(_rows("milestones", work.MILESTONES))
plan_section(
    PlanSection(
        "checklists", list[checklists.ChecklistPlan], checklists.load, checklists.dump, checklists.prune
    )
)
plan_section(PlanSection("gates", list[gates.GatePlan], gates.load, gates.dump, gates.prune))
plan_section(_rows("risks", stewardship.RISKS))
plan_section(_rows("budget", stewardship.BUDGET))
plan_section(_rows("decisions", stewardship.DECISIONS))
plan_section(_rows("reviews", stewardship.REVIEWS))
plan_section(_rows("resources", stewardship.RESOURCES))
