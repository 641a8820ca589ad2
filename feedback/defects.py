"""Counting defects as they stood at a moment: by severity, kind and area, open or reported.

How an item stood on a past day is read from its transitions, so that a lowered severity never rewrites
what an earlier reading said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Membership, Participant
from feedback.models import FeedbackItem, FeedbackItemTransition
from feedback.states import DEFECTS, OPEN, WITHDRAWN, Area, ItemKind, Severity
from phases.models import Phase, Rollout
from phases.registry import Measured, Need
from phases.states import Reason
from rollout_portal.lib.lengths import length_of

PREFIX: Final = "feedback.feedbackitem:"
NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """How one item stood at a moment."""

    pk: int
    uuid: str
    number: int
    state: str
    kind: str
    area: str
    severity: str
    phase_id: int | None
    reported_at: datetime

    @property
    def label(self) -> str:
        return f"FB-{self.number:04}"

    @property
    def source(self) -> str:
        """Name the item as it was judged, so that judging it anew changes the name."""
        return f"{PREFIX}{self.uuid}:{self.severity or '-'}.{self.kind}.{self.area or '-'}"

    @property
    def is_unjudged(self) -> bool:
        """Whether it is an open defect that nobody has judged yet; it may be of any severity."""
        return self.state in OPEN and not self.severity and self.kind in DEFECTS


_UNJUDGED: Final = Q(state__in=OPEN, severity="", kind__in=DEFECTS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subject asks for: words of severity, and words of kind or area."""

    severities: frozenset[str]
    themes: frozenset[str]

    def among(self, *, only_open: bool) -> Q:
        """Return a filter that loses nothing that fits; `fits` decides."""
        found = Q(state__in=OPEN) if only_open else ~Q(state__in=WITHDRAWN)
        if self.severities:
            found &= Q(severity__in=self.severities)
        return found

    def fits(self, item: Standing) -> bool:
        """Tell whether an item is meant; a word like "usability" is a kind as well as an area."""
        if self.severities and item.severity not in self.severities:
            return False
        if not self.themes:
            return item.kind in DEFECTS
        if item.kind in self.themes:
            return True
        return item.kind in DEFECTS and item.area in self.themes


def read_subject(subject: str) -> Wanted | None:
    """Read words such as "critical usability"; None when one of them is no severity, kind or area."""
    words = subject.split()
    severities = {word for word in words if word in Severity.values}
    themes = {word for word in words if word in ItemKind.values or word in Area.values}
    if set(words) - severities - themes:
        return None
    return Wanted(frozenset(severities), frozenset(themes))


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted, and what else a reader must know."""

    items: tuple[Standing, ...] = ()
    unjudged: int = 0
    as_of: datetime | None = None
    reason: Reason = Reason.NONE
    source: str = ""
    only_open: bool = True


def count(
    *,
    rollout: Rollout,
    phase: Phase | None,
    subject: str,
    window: str,
    as_of: datetime,
    only_open: bool,
    instead: Standing | None = None,
) -> Count:
    """Return the items that `subject` means as they stood at `as_of`.

    :param instead: an item as it would stand: it takes the place of what is stored about it.
    """
    wanted = read_subject(subject)
    if wanted is None:
        return Count(reason=Reason.UNKNOWN_MEASURE, source=_("No feedback is called “%s”") % subject)
    if phase is not None and (phase.started_at is None or phase.started_at > as_of):
        return Count(reason=Reason.NEVER, source=_("“%s” has not started") % phase)
    if phase is not None and _nobody_is_in(phase, as_of):
        return Count(reason=Reason.NEVER, source=_("Nobody takes part in “%s” yet") % phase)
    since = _since(window, phase, as_of)
    among = wanted.among(only_open=only_open) | _UNJUDGED
    found = [row for row in standings(rollout, as_of, among) if row.pk != _pk(instead)]
    if instead is not None:
        found.append(instead)
    counts = (lambda row: row.state in OPEN) if only_open else (lambda row: row.state not in WITHDRAWN)
    return Count(
        items=tuple(
            sorted(
                (
                    row
                    for row in found
                    if counts(row)
                    and wanted.fits(row)
                    and (since is None or row.reported_at >= since)
                    and (window != "phase" or phase is None or row.phase_id in (phase.pk, None))
                ),
                key=_number,
            )
        ),
        unjudged=sum(row.is_unjudged for row in found),
        as_of=as_of,
        only_open=only_open,
    )


def as_measured(found: Count) -> Measured:
    """Return a count as the gate reads it."""
    if found.as_of is None:
        return Measured(value=None, reason=found.reason, source=found.source)
    source = _("Feedback")
    if found.unjudged:
        source += ", " + ngettext("%s report not judged yet", "%s reports not judged yet", found.unjudged) % (
            found.unjudged
        )
    return Measured(
        value=Decimal(len(found.items)),
        unit="count",
        as_of=found.as_of,
        source=source,
        sources=tuple(row.source for row in found.items),
        needs=_needs(found.items) if found.only_open else (),
    )


def standings(rollout: Rollout, as_of: datetime, among: Q) -> list[Standing]:
    """Return the items of `rollout` as they stood at `as_of`; at most two queries.

    Of those that did not change since, only the ones that `among` finds; of the others all that had come
    in by then, each as its newest transition of that time says.
    """
    rows = (
        FeedbackItem.objects.filter(rollout=rollout, reported_at__lte=as_of)
        .filter(Q(changed_at__gt=as_of) | among)
        .values_list(
            "pk",
            "uuid",
            "number",
            "state",
            "kind",
            "area",
            "severity",
            "phase_id",
            "reported_at",
            "changed_at",
        )
    )
    current: list[Standing] = []
    moved: dict[int, Standing] = {}
    for pk, uuid, number, state, kind, area, severity, phase_id, reported_at, changed_at in rows:
        standing = Standing(pk, str(uuid), number, state, kind, area, severity, phase_id, reported_at)
        if changed_at <= as_of:
            current.append(standing)
        else:
            moved[standing.pk] = standing
    return current + list(_rewound(moved, as_of))


def _rewound(moved: dict[int, Standing], as_of: datetime) -> Iterable[Standing]:
    """Return items that changed after `as_of` as their newest transition by then says."""
    if not moved:
        return []
    then = FeedbackItemTransition.objects.filter(item__in=moved, at__lte=as_of).order_by("at", "pk")
    newest = {row.item_id: row for row in then}
    return [
        replace(moved[pk], state=row.to_state, kind=row.kind, area=row.area, severity=row.severity)
        for pk, row in newest.items()
    ]


def broken(cited: Sequence[str]) -> list[str]:
    """Return the cited items that were judged anew, declined or merged since; fixing one breaks nothing."""
    mine = [source for source in cited if source.startswith(PREFIX)]
    uuids = [source.removeprefix(PREFIX).split(":")[0] for source in mine]
    rows = FeedbackItem.objects.filter(uuid__in=uuids).exclude(state__in=WITHDRAWN)
    now = {
        f"{PREFIX}{uuid}:{severity or '-'}.{kind}.{area or '-'}"
        for uuid, severity, kind, area in rows.values_list("uuid", "severity", "kind", "area")
    }
    return [source for source in mine if source not in now]


def standing_of(item: FeedbackItem) -> Standing:
    """Return an item as it stands now."""
    return Standing(
        pk=item.pk,
        uuid=str(item.uuid),
        number=item.number,
        state=item.state,
        kind=item.kind,
        area=item.area,
        severity=item.severity,
        phase_id=item.phase_id,
        reported_at=item.reported_at,
    )


def _nobody_is_in(phase: Phase, as_of: datetime) -> bool:
    """Tell whether the phase had seats at `as_of` and nobody on them had ever taken part by then.

    A phase without seats in the register (a team that tests by itself) has its people elsewhere.
    """
    seats = Membership.objects.filter(phase=phase, joined_at__lte=as_of)
    people = Participant.objects.filter(memberships__in=seats)
    return seats.exists() and not people.was_in_by(as_of).exists()


def _needs(items: Sequence[Standing]) -> tuple[Need, ...]:
    needs = [
        Need("close", _("close %s") % row.label, amount=Decimal(1), subject=row.uuid) for row in items[:NAMED]
    ]
    rest = len(items) - NAMED
    if rest > 0:
        text = ngettext("close %s more item", "close %s more items", rest) % rest
        needs.append(Need("close", text, amount=Decimal(rest)))
    return tuple(needs)


def _pk(row: Standing | None) -> int | None:
    return row.pk if row else None


def _number(row: Standing) -> int:
    return row.number


def _since(window: str, phase: Phase | None, as_of: datetime) -> datetime | None:
    """Return since when reports count; None: from the first one on."""
    if window == "phase" and phase is not None:
        return phase.started_at
    length = length_of(window)
    return as_of - length if length else None
