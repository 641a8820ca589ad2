"""The sections of a plan file that belong to this room: rollout, populations, phases, checklists, gates."""

from phases.plan import checklists, gates, rollout, stages
from phases.registry import PlanSection, plan_section

plan_section(PlanSection("rollout", rollout.RolloutPlan, rollout.load, rollout.dump, rollout.prune))
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
plan_section(
    PlanSection(
        "checklists", list[checklists.ChecklistPlan], checklists.load, checklists.dump, checklists.prune
    )
)
plan_section(PlanSection("gates", list[gates.GatePlan], gates.load, gates.dump, gates.prune))
