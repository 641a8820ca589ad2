"""What an act on a phase will do, said with numbers before the button."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from phases import permissions
from phases.models import Gate, Phase, SignOff
from phases.permissions import Rights
from phases.registry import consequences_of
from phases.services.phases import completed_by, overlaps
from phases.states import MOVES, STOPPING, STOPPING_WORDS, Intake, Verb


@dataclass(frozen=True, slots=True)
class StopOption:
    """One of the four stopping verbs on the page of a stop.

    :ivar off: why it cannot be chosen; empty when it can.
    :ivar will: what will happen, with numbers; `wont` what stays as it is.
    """

    verb: Verb
    label: str
    line: str
    off: str
    will: tuple[str, ...]
    wont: tuple[str, ...]
    button: str
    done: str


def steps_of(phase: Phase, verb: Verb) -> list[str]:
    """Return what `verb` does to `phase`: what this room knows, then what the others say."""
    own = {
        Verb.PREPARE: _preparing,
        Verb.START: _starting,
        Verb.COMPLETE: _completing,
        Verb.SKIP: _skipping,
        Verb.RESUME: _resuming,
        Verb.OPEN_INTAKE: _opening,
        Verb.HOLD: _holding,
        Verb.STOP_INTAKE: _stopping_intake,
        Verb.SHRINK: _shrinking,
        Verb.ROLL_BACK: _rolling_back,
    }
    return [*own[verb](phase), *consequences_of(phase, verb)]


def stop_options(phase: Phase, rights: Rights) -> list[StopOption]:
    """Return the four verbs with what each would do to `phase` now."""
    return [
        StopOption(
            verb=verb,
            label=str(verb.label),
            line=str(STOPPING_WORDS[verb]),
            off=_why_off(phase, verb, rights),
            will=tuple(steps_of(phase, verb)),
            wont=_stays(verb),
            button=_("%s now") % verb.label,
            done=str(_DONE[verb] % phase),
        )
        for verb in STOPPING
    ]


_DONE = {
    Verb.HOLD: gettext_lazy("“%s” is on hold. Nothing new goes out."),
    Verb.STOP_INTAKE: gettext_lazy("The intake of “%s” is stopped."),
    Verb.SHRINK: gettext_lazy("“%s” shrinks."),
    Verb.ROLL_BACK: gettext_lazy("“%s” is rolled back."),
}


def _why_off(phase: Phase, verb: Verb, rights: Rights) -> str:
    if not rights.may(MOVES[verb].act):
        return permissions.refusal(MOVES[verb].act, phase.rollout)
    if verb == Verb.HOLD and phase.is_held:
        return _("It is on hold already.")
    if verb == Verb.STOP_INTAKE and phase.intake == Intake.STOPPED:
        return _("The intake is stopped already.")
    return ""


def _stays(verb: Verb) -> tuple[str, ...]:
    answers = _("Answers, feedback and readings stay.")
    return {
        Verb.HOLD: (_("Nobody loses access."), answers),
        Verb.STOP_INTAKE: (_("Who is in stays in, and is written to as planned."), answers),
        Verb.SHRINK: (_("Who stays keeps everything."), answers),
        Verb.ROLL_BACK: (answers, _("The record keeps every signature, marked as void.")),
    }[verb]


def _preparing(phase: Phase) -> list[str]:
    return [_("“%s” is shown as being prepared. Nothing goes out by that.") % phase]


def _starting(phase: Phase) -> list[str]:
    steps = []
    gates = list(phase.gates_in.select_related("from_phase__rollout").order_by("position", "pk"))
    for gate in gates:
        steps.append(_("“%s” is read once more. If a signature no longer holds, nothing starts.") % gate)
    steps.append(_("“%s” runs from this moment, and its intake is open.") % phase)
    for before in {gate.from_phase_id: gate.from_phase for gate in gates}.values():
        if before is not None and before.is_running:
            runs_on = overlaps(before, phase)
            text = _("“%s” runs on beside it, as planned.") if runs_on else _("“%s” is completed by this.")
            steps.append(text % before)
    if gates:
        steps.append(_("The signatures are used up: another start needs new ones."))
    return steps


def _completing(phase: Phase) -> list[str]:
    steps = [_("“%s” ends now. Nobody new comes in.") % phase]
    waiting = phase.gates_out.exclude(to_phase__isnull=True).exclude(to_phase__started_at__isnull=False)
    for gate in waiting.select_related("to_phase"):
        text = _("“%(gate)s” can be decided only while it runs: “%(phase)s” could not start then.")
        steps.append(text % {"gate": gate, "phase": gate.to_phase})
    return steps


def _skipping(phase: Phase) -> list[str]:
    return [_("“%s” is left out of the plan’s course. It stays in the record with your reason.") % phase]


def _resuming(phase: Phase) -> list[str]:
    return [
        _("The hold on “%s” ends now.") % phase,
        _("What was planned in the meantime goes out by its own rules: hours, caps and opt-outs hold."),
    ]


def _opening(phase: Phase) -> list[str]:
    return [_("New people may come into “%s” again.") % phase]


def _holding(phase: Phase) -> list[str]:
    return [_("Nothing new goes out to the people of “%s” from this moment.") % phase]


def _stopping_intake(phase: Phase) -> list[str]:
    return [_("Nobody new comes into “%s” from this moment.") % phase]


def _shrinking(phase: Phase) -> list[str]:
    return [_("Everybody above the number you name loses access to “%s”, last drawn first.") % phase]


def _rolling_back(phase: Phase) -> list[str]:
    steps = [_("“%s” ends now.") % phase]
    steps += [_("“%s” runs again.") % before for before in completed_by(phase)]
    touched = Gate.objects.filter(Q(to_phase=phase) | Q(from_phase=phase))
    signed = SignOff.objects.filter(evidence__gate__in=touched, evidence__closed_at__isnull=True).count()
    if signed:
        steps.append(ngettext("%s signature becomes void.", "%s signatures become void.", signed) % signed)
    steps.append(_("Coming back needs preparing it again, and a newly signed gate."))
    return steps
