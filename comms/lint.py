"""What a plan gets wrong in what people hear and when they meet."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations

from django.utils.translation import gettext_lazy as _

from phases.documents.schema import length_text
from phases.lint import Sections, things
from phases.registry import Finding, lint_rule


@lint_rule("comms.agenda", why=_("An agenda that is longer than its meeting is not kept."))
def _agenda(sections: Sections) -> Iterator[Finding]:
    for key in ("meetings", "trainings"):
        for place, one in things(sections, "comms", key):
            minutes = sum(point.minutes for point in one.agenda)
            if one.agenda and one.takes and one.takes != timedelta(minutes=minutes):
                yield Finding(
                    (("comms", key, place, "agenda"), ("comms", key, place, "takes")),
                    _("The points of “%(text)s” take %(minutes)s minutes, the whole takes %(whole)s."),
                    _("Mend the minutes, or the length."),
                    {"text": one.text, "minutes": minutes, "whole": length_text(one.takes)},
                )


@lint_rule("comms.two-times", why=_("Who reads one of two times comes when nobody is there."))
def _two_times(sections: Sections) -> Iterator[Finding]:
    for key in ("meetings", "trainings"):
        planned = [one for one in things(sections, "comms", key) if one[1].when and not one[1].repeats]
        for (place, first), (later, second) in combinations(planned, 2):
            other_people = first.audience and second.audience and first.audience != second.audience
            if first.text == second.text and first.when != second.when and not other_people:
                yield Finding(
                    (("comms", key, later, "when"), ("comms", key, place, "when")),
                    _("“%(text)s” is planned for %(first)s and for %(second)s."),
                    _("Keep one time, or give the two names that tell them apart."),
                    {"text": first.text, "first": str(first.when), "second": str(second.when)},
                )


@lint_rule("comms.in-a-blackout", why=_("In a blackout nothing goes out."))
def _in_a_blackout(sections: Sections) -> Iterator[Finding]:
    header = sections.get("rollout")
    anchor = header.anchor if header is not None else None
    for place, one in things(sections, "comms", "announcements"):
        day = one.when.first_day(anchor, None) if one.when else None
        for number, blackout in enumerate(sections.get("blackouts", ())):
            first, last = blackout.when.first_day(anchor, None), blackout.when.last_day(anchor, None)
            if day and first and first <= day <= (last or day):
                yield Finding(
                    (("comms", "announcements", place, "when"), ("blackouts", number)),
                    _("“%(text)s” is announced on %(day)s, in the blackout “%(blackout)s”."),
                    _("Announce it before or after, or say that it is allowed."),
                    {"text": one.text, "day": day.isoformat(), "blackout": blackout.text},
                )
