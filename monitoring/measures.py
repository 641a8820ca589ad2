"""What a gate reads of a metric: its latest value, or its mean over a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring.lights import newest_reading
from monitoring.models import Metric, Reading
from phases.models import Phase, Rollout
from phases.registry import Measured, Need, measure
from phases.states import Reason
from rollout_portal.lib.lengths import length_of

MEASURE: Final = "monitoring.metric"
# A mean over more readings than these is cited as one span of time instead of reading by reading.
MOST_CITED: Final = 100
_READING: Final = "monitoring.reading:"
_SPAN: Final = "monitoring.readings:"


def broken(sources: Sequence[str]) -> list[str]:
    """Return the cited readings that were corrected or taken back since they were cited.

    New readings break nothing, not even those that arrive late for a cited span.
    """
    cited = {UUID(text.removeprefix(_READING)): text for text in sources if text.startswith(_READING)}
    rows = Reading.objects.filter(corrects__uuid__in=cited).values_list("corrects__uuid", flat=True)
    found = [cited[uuid] for uuid in rows]
    spans = [text for text in sources if text.startswith(_SPAN)]
    return found + [text for text in spans if _span_broken(text)]


@measure(MEASURE, label=gettext_lazy("Metric"), broken=broken)
def metric_value(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return the metric called `subject` in its own unit, as the portal knew it at `as_of`.

    With `window` "latest" (or none) it is the newest value. With "phase" or a length such as "24h" it is
    the mean of that time: weighted by the number of observations where every reading gives one, else
    plain. A reading over no observation at all is no evidence.

    :raises LookupError: for a window without a meaning here ("wave").
    """
    metric = Metric.objects.filter(rollout=rollout, code=subject).first()
    if metric is None:
        return Measured(value=None, reason=Reason.UNKNOWN_MEASURE, source=subject)
    if window in ("", "latest"):
        return _latest(metric, as_of)
    if window == "phase":
        return _over_phase(metric, phase, as_of)
    return _over(metric, as_of - window_length(window), as_of, as_of)


def window_length(window: str) -> timedelta:
    """Return how long a window like "90s" or "7d" is.

    :raises LookupError: for a window that is no length.
    """
    length = length_of(window)
    if length is None:
        raise LookupError(f"A metric is not read over {window!r}")
    return length


def _latest(metric: Metric, as_of: datetime) -> Measured:
    newest = newest_reading(metric, as_of)
    if newest is None or newest.value is None:
        return _nothing(metric, Reason.NEVER)
    return Measured(
        value=newest.value,
        unit=metric.unit,
        n=newest.n,
        noun=metric.noun or _("observations"),
        as_of=newest.at,
        sources=(f"{_READING}{newest.uuid}",),
        source=newest.source or metric.source,
    )


def _over_phase(metric: Metric, phase: Phase | None, as_of: datetime) -> Measured:
    if phase is None or phase.started_at is None or phase.started_at > as_of:
        return _nothing(metric, Reason.IMMATURE)
    end = min(as_of, phase.ended_at) if phase.ended_at else as_of
    return _over(metric, phase.started_at, end, as_of)


def _over(metric: Metric, start: datetime, end: datetime, as_of: datetime) -> Measured:
    """Return the mean over start < at <= end."""
    rows = (
        Reading.objects.filter(metric=metric, at__gt=start, at__lte=end)
        .evidence(as_of)
        .order_by("at")
        .values_list("uuid", "at", "value", "n")
    )
    points = [(uuid, at, value, n) for uuid, at, value, n in rows if value is not None]
    if not points:
        newest = newest_reading(metric, as_of)
        return _nothing(metric, Reason.NEVER if newest is None else Reason.TOO_OLD, newest)
    counts = [Decimal(n) for _uuid, _at, _value, n in points if n is not None]
    weighted = len(counts) == len(points)
    weights = counts if weighted else [Decimal(1)] * len(points)
    with localcontext() as context:
        context.prec = 60  # more than any sum of kept values has, so that the comparison is exact
        pairs = zip(points, weights, strict=True)
        total = sum((value * weight for (_uuid, _at, value, _n), weight in pairs), Decimal(0))
        mean = total / sum(weights, Decimal(0))
    cited = (
        tuple(f"{_READING}{uuid}" for uuid, _at, _value, _n in points)
        if len(points) <= MOST_CITED
        else (_span(metric, start, end, as_of),)
    )
    return Measured(
        value=mean,
        unit=metric.unit,
        n=int(sum(weights)),
        noun=(metric.noun or _("observations")) if weighted else _("readings"),
        as_of=points[-1][1],
        sources=cited,
        source=_("%(source)s, mean of %(n)d readings") % {"source": metric.source, "n": len(points)}
        if metric.source
        else _("mean of %(n)d readings") % {"n": len(points)},
    )


def _nothing(metric: Metric, reason: Reason, newest: Reading | None = None) -> Measured:
    """Say that there is no value, why, and who could send one."""
    wanted = (
        _("a reading of “%(metric)s” from %(source)s") if metric.source else _("a reading of “%(metric)s”")
    )
    return Measured(
        value=None,
        unit=metric.unit,
        as_of=newest.at if newest else None,
        source=metric.source,
        reason=reason,
        needs=(
            Need("reading", wanted % {"metric": metric.name, "source": metric.source}, subject=metric.code),
        ),
    )


def _span(metric: Metric, start: datetime, end: datetime, as_of: datetime) -> str:
    """Cite every reading of a time as it was known at `as_of`."""
    return f"{_SPAN}{metric.uuid}|{start.isoformat()}|{end.isoformat()}|{as_of.isoformat()}"


def _span_broken(text: str) -> bool:
    metric, start, end, as_of = text.removeprefix(_SPAN).split("|")
    cited_at = datetime.fromisoformat(as_of)
    # A correction of a reading that came after the citation changes nothing that was cited.
    return Reading.objects.filter(
        metric__uuid=UUID(metric),
        at__gt=datetime.fromisoformat(start),
        at__lte=datetime.fromisoformat(end),
        revision__gt=0,
        recorded_at__gt=cited_at,
        corrects__recorded_at__lte=cited_at,
    ).exists()
