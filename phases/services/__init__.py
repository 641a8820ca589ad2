"""Everything that writes in this room. Each service locks, reads, checks, changes, and records last."""

from phases.services.alarms import watch_gates
from phases.services.checklists import mark_not_applicable, reopen_item, tick_item
from phases.services.criteria import (
    edit_criterion,
    end_waiver,
    judge_criterion,
    record_baseline,
    waive_criterion,
)
from phases.services.findings import accept_finding, reopen_finding
from phases.services.gates import (
    Chosen,
    Confirmation,
    Shown,
    request_signatures,
    sign_gate,
    withdraw_request,
)
from phases.services.phases import (
    complete_phase,
    hold_phase,
    open_intake,
    prepare_phase,
    resume_phase,
    roll_back_phase,
    shrink_phase,
    skip_phase,
    start_phase,
    stop_intake,
)
from phases.services.rollouts import (
    close_rollout,
    discard_rollout,
    end_role,
    give_role,
    invite_member,
    start_rollout,
)
from phases.services.stops import retry_stop_hooks

__all__ = [
    "Chosen",
    "Confirmation",
    "Shown",
    "accept_finding",
    "close_rollout",
    "complete_phase",
    "discard_rollout",
    "edit_criterion",
    "end_role",
    "end_waiver",
    "give_role",
    "hold_phase",
    "invite_member",
    "judge_criterion",
    "mark_not_applicable",
    "open_intake",
    "prepare_phase",
    "record_baseline",
    "reopen_finding",
    "reopen_item",
    "request_signatures",
    "resume_phase",
    "retry_stop_hooks",
    "roll_back_phase",
    "shrink_phase",
    "sign_gate",
    "skip_phase",
    "start_phase",
    "start_rollout",
    "stop_intake",
    "tick_item",
    "waive_criterion",
    "watch_gates",
    "withdraw_request",
]
