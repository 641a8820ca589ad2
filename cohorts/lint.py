"""What a plan gets wrong in whom it draws."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from phases.lint import Sections, stages, things
from phases.registry import Finding, lint_rule


@lint_rule("cohorts.seats-and-people", why=_("Seats that do not add up to the phase leave somebody out."))
def _seats_and_people(sections: Sections) -> Iterator[Finding]:
    phases = {phase.code: (place, phase) for place, phase in enumerate(stages(sections))}
    for number, selection in things(sections, "cohorts", "selections"):
        place, phase = phases.get(selection.phase, (0, None))
        seats = sum(one.people for one in selection.seats)
        if phase is None or not selection.seats:
            continue
        low = phase.people if phase.people is not None else phase.people_at_least
        high = phase.people if phase.people is not None else phase.people_at_most
        if (low is not None and seats < low) or (high is not None and seats > high):
            yield Finding(
                (("cohorts", "selections", number, "seats"), ("phases", place)),
                _("The quotas have %(seats)s seats, and “%(phase)s” is for %(people)s people."),
                _("Mend the quotas, or the size of the phase."),
                {
                    "seats": seats,
                    "phase": phase.name,
                    "people": low if low == high else f"{low or ''}-{high or ''}",
                },
            )
