"""What the pages of triggers, runbooks and on-call show: pure reads, in the plan's order."""

from collections import defaultdict
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flags.models import Flag
from monitoring.models import EscalationContact, OnCallShift, Runbook, RunbookStep, Target, Trigger
from phases.models import Phase, PlannedRole, Rollout, Weekday
from phases.pages.gates import Verdict
from phases.pages.planned import (
    Card,
    Planned,
    Row,
    hours_text,
    in_plan_order,
    length_text,
    listed,
    role_text,
    roles_text,
    time_text,
    verdict,
    without_owner,
)
from rollout_portal.lib import words
from rollout_portal.lib.decimals import rule_text


def read_triggers(rollout: Rollout) -> Planned:
    """Read every trigger with its limits, in five queries."""
    triggers = in_plan_order(rollout, Trigger, "runbook")
    flags = {flag.code: flag for flag in in_plan_order(rollout, Flag)}
    phases = in_plan_order(rollout, Phase)
    limits = _limits(rollout)
    by_hand = sum(1 for trigger in triggers if not trigger.measure)
    sentence = ngettext("%d trigger is planned.", "%d triggers are planned.", len(triggers)) % len(triggers)
    text = ngettext("%d waits for a person to report it.", "%d wait for a person to report them.", by_hand)
    return Planned(
        Verdict("open", sentence, text % by_hand if by_hand else ""),
        _("No trigger stops anything yet; this page shows what the plan says. Stop… always works."),
        (
            Card(
                _("Triggers"),
                _("When"),
                (_("Limit"), _("For"), _("What it does"), _("Phase"), _("Who")),
                tuple(_trigger(one, phases, limits, flags) for one in triggers),
                _("No trigger yet. The plan file names them in its section “monitoring”."),
            ),
        ),
    )


def _limits(rollout: Rollout) -> dict[tuple[str, int | None], Target]:
    """Return the targets by metric and phase."""
    rows = Target.objects.filter(rollout=rollout).select_related("metric")
    return {(row.metric.code, row.phase_id): row for row in rows}


def _trigger(
    one: Trigger,
    phases: list[Phase],
    targets: dict[tuple[str, int | None], Target],
    flags: dict[str, Flag],
) -> Row:
    does = str(one.get_action_display())
    if one.switches_off:
        does = _("%(does)s: %(flags)s") % {
            "does": does,
            "flags": listed([flags[code].name if code in flags else code for code in one.switches_off]),
        }
    does = _("%s, by itself") % does if one.automatic else _("%s, by a person") % does
    below = [
        one.runbook.name if one.runbook else "",
        _("done within %s") % words.duration(one.complete_within) if one.complete_within else "",
        _("rests for %s") % words.duration(one.cooldown) if one.cooldown else "",
    ]
    return Row(
        one.text,
        (
            _limit_text(one, phases, targets),
            words.duration(one.lasting) if one.lasting else _("at once"),
            does,
            one.phase.name if one.phase else _("every phase"),
            role_text(one.owner),
        ),
        tuple(text for text in below if text),
    )


def _limit_text(one: Trigger, phases: list[Phase], targets: dict[tuple[str, int | None], Target]) -> str:
    """Say the limit; for one that follows the targets, that of each phase, and where there is none."""
    if one.threshold is not None:
        return rule_text(one.comparator, one.threshold, None, one.unit)
    if not one.against_target:
        return _("a person reports it")
    said = []
    for phase in [one.phase] if one.phase else phases:
        target = targets.get((one.subject, phase.pk)) or targets.get((one.subject, None))
        known = target is not None and target.value is not None
        said.append(
            _("%(phase)s: not %(target)s") % {"phase": phase.name, "target": _target_text(target)}
            if target is not None and known
            else _("%s: no limit, not armed") % phase.name
        )
    return "; ".join(said)


def _target_text(target: Target) -> str:
    assert target.value is not None
    return rule_text(target.comparator, target.value, target.value_high, target.unit or target.metric.unit)


def read_runbooks(rollout: Rollout) -> Planned:
    """Read every runbook with its steps, in three queries."""
    runbooks = in_plan_order(rollout, Runbook)
    roles = {role.code: role for role in in_plan_order(rollout, PlannedRole)}
    steps: dict[int, list[RunbookStep]] = defaultdict(list)
    for step in in_plan_order(rollout, RunbookStep):
        steps[step.runbook_id].append(step)
    every = [step for found in steps.values() for step in found]
    sentence = ngettext("%d runbook is planned.", "%d runbooks are planned.", len(runbooks)) % len(runbooks)
    missing = without_owner(every)
    return Planned(
        verdict(sentence, [_("Of the steps, %s") % missing] if missing else []),
        _("No runbook can be run from this page yet; it shows what the plan says."),
        tuple(_runbook(one, steps[one.pk], roles) for one in runbooks)
        or (
            Card(
                _("Runbooks"),
                _("Step"),
                (),
                (),
                _("No runbook yet. The plan file names them in its section “monitoring”."),
            ),
        ),
    )


def _runbook(one: Runbook, steps: list[RunbookStep], roles: dict[str, PlannedRole]) -> Card:
    facts = [
        str(one.get_kind_display()),
        one.phase.name if one.phase else "",
        _("decided by %s") % roles_text(one.decided_by, roles, together=one.together)
        if one.decided_by
        else "",
        _("within %s") % words.duration(one.within) if one.within else "",
        one.about,
    ]
    return Card(
        one.name,
        _("Step"),
        (_("Who"), _("Takes"), _("Due"), _("Command"), _("How it is checked")),
        tuple(
            Row(
                f"{number}. {step.text}",
                (
                    role_text(step.owner),
                    _("%d min") % step.minutes if step.minutes else "–",
                    _due_text(step),
                    step.command or "–",
                    step.verify or "–",
                ),
            )
            for number, step in enumerate(steps, start=1)
        ),
        _("No step yet."),
        " · ".join(fact for fact in facts if fact),
    )


def _due_text(step: RunbookStep) -> str:
    due = _("after %s") % words.duration(step.due_after) if step.due_after else ""
    again = _("every %s") % words.duration(step.every) if step.every else ""
    return ", ".join(part for part in (due, again) if part) or "–"


def read_on_call(rollout: Rollout, today: date) -> Planned:
    """Read who is on call and who is asked next, in three queries."""
    shifts = in_plan_order(rollout, OnCallShift, "primary", "backup")
    contacts = in_plan_order(rollout, EscalationContact)
    roles = {role.code: role for role in in_plan_order(rollout, PlannedRole)}
    alone = sum(1 for shift in shifts if shift.backup is None and not shift.rotation)
    sentence = ngettext("%d shift is planned.", "%d shifts are planned.", len(shifts)) % len(shifts)
    text = ngettext("%d has no stand-in.", "%d have no stand-in.", alone) % alone
    return Planned(
        verdict(sentence, [text] if alone else []),
        _("Nobody is called by the portal yet; this page shows what the plan says."),
        (
            Card(
                _("Who is on call"),
                _("Who"),
                (_("When"), _("Days"), _("Hours"), _("In turn with"), _("Stand-in")),
                tuple(_shift(one, today, roles) for one in shifts),
                _("No shift yet. The plan file names them in its section “monitoring”."),
            ),
            Card(
                _("Who is asked next"),
                _("Who"),
                (_("Level"), _("About"), _("How"), _("Hours"), _("Asked after")),
                tuple(
                    Row(
                        role_text(one.owner),
                        (
                            str(one.level),
                            one.topic or "–",
                            one.reach or "–",
                            hours_text(one.opens_at, one.closes_at),
                            length_text(one.after),
                        ),
                    )
                    for one in contacts
                ),
                _("No contact yet. The plan file names them in its section “monitoring”."),
            ),
        ),
    )


def _shift(one: OnCallShift, today: date, roles: dict[str, PlannedRole]) -> Row:
    return Row(
        role_text(one.primary),
        (
            one.phase.name if one.phase and not str(one.when) else time_text(one, today),
            listed([Weekday(day).label for day in one.days]) if one.days else _("every day"),
            hours_text(one.opens_at, one.closes_at),
            roles_text(one.rotation, roles) if one.rotation else "–",
            role_text(one.backup),
        ),
        (one.note,) if one.note else (),
    )
