"""What the page for entering a report shows: whom it is for, and what happens when it is entered."""

from django.utils.translation import gettext as _

from cohorts.models import Membership, Participant
from cohorts.pages.people import filtered, language_name
from feedback.models import PriorityRule
from feedback.states import ItemKind, Severity
from phases.exceptions import Refused
from phases.models import Phase, Rollout
from phases.states import RUNNING


def find_tester(rollout: Rollout, words: str, *, by_address: bool) -> Participant:
    """Return the one tester that `words` name: a number, an id in the product, or a whole address.

    :param by_address: whether the reader may see addresses, and so find a person by hers.
    :raises Refused: when there is none, or more than one.
    """
    if "@" in words and not by_address:
        raise Refused(_("Who may not see addresses finds nobody by one. Give the number or the id."))
    found = list(filtered(rollout, {"q": words}, by_address=by_address).select_related("person")[:2])
    if not found:
        raise Refused(_("Nobody in the register has this number, id or address."))
    if len(found) > 1:
        raise Refused(_("More than one has this id. Give the number."))
    return found[0]


def phase_of(tester: Participant) -> Phase | None:
    """Return the phase that a tester has a seat in: the newest in the plan's order, running ones first."""
    seats = Membership.objects.filter(participant=tester, ended_at__isnull=True).select_related("phase")
    phases = [seat.phase for seat in seats]
    return max(phases, key=lambda phase: (phase.state in RUNNING, phase.position), default=None)


def in_words(tester: Participant, phase: Phase | None) -> str:
    """Say whom a report is for, by number: language, state, phase."""
    facts = [language_name(tester.person.language), tester.get_state_display().lower()]
    return f"{tester.label}: " + ", ".join([*facts, *([phase.name] if phase else [])])


def what_happens(rollout: Rollout) -> list[str]:
    """Say what entering a report does, who is told at once included."""
    steps = [
        _("It gets a number and stands in the inbox, with your name in its history."),
        _("Without a severity it waits under “New” to be judged."),
    ]
    for rule in PriorityRule.objects.filter(rollout=rollout).exclude(notify="").order_by("position", "pk"):
        about = [str(Severity(one).label) for one in rule.severities]
        about += [str(ItemKind(one).label) for one in rule.kinds]
        steps.append(
            _("%(about)s: told at once, and once only, to the role %(role)s.")
            % {"about": ", ".join(about) or _("Whatever it is"), "role": rule.get_notify_display().lower()}
        )
    return steps
