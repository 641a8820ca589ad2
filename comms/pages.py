"""What the page of announcements shows: pure reads, in the plan's order."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comms.models import Announcement, Channel, Gathering, Meeting, TrainingSession
from phases.models import Rollout
from phases.pages.planned import (
    Card,
    Planned,
    Row,
    in_plan_order,
    length_text,
    listed,
    role_text,
    time_text,
    verdict,
    without_date,
    without_owner,
)


def read_announcements(rollout: Rollout, today: date) -> Planned:
    """Read everything that is said to people, in four queries."""
    announcements = in_plan_order(rollout, Announcement)
    meetings = in_plan_order(rollout, Meeting)
    trainings = in_plan_order(rollout, TrainingSession)
    count = len(announcements)
    sentence = ngettext("%d announcement is planned.", "%d announcements are planned.", count) % count
    missing = [text for text in (without_owner(announcements), without_date(announcements)) if text]
    return Planned(
        verdict(sentence, missing),
        _("Nothing is sent from this page yet; it shows what the plan says."),
        (
            Card(
                _("Announcements"),
                _("What"),
                (_("To whom"), _("When"), _("How"), _("Who"), _("In a rollback")),
                tuple(_announcement(row, today) for row in announcements),
                _("No announcement yet. The plan file names them in its section “comms”."),
            ),
            Card(
                _("Meetings"),
                _("What"),
                (_("For whom"), _("When"), _("Takes"), _("Where"), _("Who")),
                tuple(_gathering(row, today) for row in meetings),
                _("No meeting yet. The plan file names them in its section “comms”."),
            ),
            Card(
                _("Training"),
                _("What"),
                (_("For whom"), _("When"), _("Takes"), _("Where"), _("Who")),
                tuple(_gathering(row, today, *_facts(row)) for row in trainings),
                _("No training yet. The plan file names them in its section “comms”."),
            ),
        ),
    )


def _announcement(row: Announcement, today: date) -> Row:
    ways = [str(Channel(channel).label) for channel in row.channels]
    languages = [_("in %s") % ", ".join(row.languages)] if row.languages else []
    return Row(
        row.text,
        (
            row.audience,
            time_text(row, today),
            listed(ways),
            role_text(row.owner),
            _("goes out") if row.in_rollback else _("is held"),
        ),
        tuple(text for text in (row.about, *languages) if text),
    )


def _gathering(row: Gathering, today: date, *facts: str) -> Row:
    agenda = [
        _("%(text)s, %(minutes)d min") % {"text": point["text"], "minutes": point["minutes"]}
        for point in row.agenda
    ]
    return Row(
        row.text,
        (
            row.audience or "–",
            time_text(row, today),
            length_text(row.takes),
            str(row.get_channel_display()) or "–",
            role_text(row.owner),
        ),
        tuple(text for text in ("; ".join(agenda), *facts, row.note) if text),
    )


def _facts(row: TrainingSession) -> tuple[str, ...]:
    seats = ngettext("%d seat", "%d seats", row.seats) % row.seats if row.seats else ""
    facts = (seats, _("is recorded") if row.recorded else "", _("certifies") if row.certifies else "")
    return (", ".join(fact for fact in facts if fact),)
