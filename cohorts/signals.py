"""Promptness only: when a phase goes on, its invitations are looked at again at once, not in a minute."""

from typing import Any

from django.dispatch import receiver

from phases.models import PhaseTransition
from phases.signals import phase_moved
from phases.states import Verb
from rollout_portal.outbox import services as outbox

_GOES_ON = (Verb.START, Verb.RESUME, Verb.OPEN_INTAKE, Verb.REOPEN)


@receiver(phase_moved)
def look_again(transition: PhaseTransition, **_more: Any) -> None:
    """Make due what was put off because the phase did not run."""
    if transition.verb in _GOES_ON:
        outbox.look_again(scope=transition.phase.rollout.uuid)
