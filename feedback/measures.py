"""What this room measures for the gate: scores of surveys, response rate, defects."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from feedback import defects, participation, readings, scoring
from feedback.models import Occasion, Survey, SurveyRequest
from feedback.readings import Asked, Mark
from feedback.states import SCALES, QuestionKind
from phases.models import Phase, Rollout
from phases.registry import Measured, Need, measure
from phases.states import Reason
from rollout_portal.lib.lengths import length_of

_NPS: Final = (QuestionKind.NPS,)
_RATING: Final = (QuestionKind.RATING,)
_MARKS: Final = (QuestionKind.NPS, QuestionKind.RATING)
_MEAN_UNIT: Final = {QuestionKind.NPS: "/10", QuestionKind.RATING: "/5"}


class _Read:
    """The answers that a measure is about: resolved once, in the same way for every score."""

    def __init__(
        self,
        *,
        rollout: Rollout,
        phase: Phase | None,
        subject: str,
        window: str,
        as_of: datetime,
        kinds: Sequence[QuestionKind],
    ) -> None:
        self.subject, self.as_of = subject, as_of
        self.wave: Occasion | None = None
        self.rows: list[Mark] = []
        self.asked: Asked | None = readings.find_question(rollout, subject, kinds, as_of)
        if self.asked is None:
            return
        if window in ("", "latest", "wave"):
            self.wave = readings.last_wave(self.asked, phase, as_of)
            occasions = [self.wave] if self.wave else []
        else:
            occasions = list(readings.waves(self.asked, phase, as_of))
        self.rows = readings.marks(readings.counted(self.asked, as_of, occasions))
        since = _window_start(window, as_of)
        if since is not None:
            self.rows = [row for row in self.rows if row.at > since]

    @property
    def numbers(self) -> list[int]:
        return [row.number for row in self.rows]

    def nothing(self) -> Measured:
        """Return that there is nothing to read: no such question, or nobody answered it yet."""
        if self.asked is None:
            return Measured(
                value=None, reason=Reason.UNKNOWN_MEASURE, source=_("No question “%s”") % self.subject
            )
        name = self.asked.survey.name
        need = Need("answers", _("answers to “%s”") % name, subject=self.subject)
        return Measured(value=None, n=0, noun=_("answers"), reason=Reason.NEVER, source=name, needs=(need,))

    def measured(
        self,
        value: Decimal,
        *,
        unit: str,
        scale: tuple[Decimal, Decimal],
        hits: int | None = None,
        interval: tuple[Decimal, Decimal] | None = None,
    ) -> Measured:
        assert self.asked is not None
        return Measured(
            value=value,
            n=len(self.rows),
            hits=hits,
            as_of=max(row.at for row in self.rows),
            unit=unit,
            scale=scale,
            interval=interval,
            noun=_("answers"),
            source=readings.source_words(self.asked, self.rows, self.wave),
            sources=readings.sources(self.asked, self.rows, self.as_of),
        )


def _window_start(window: str, as_of: datetime) -> datetime | None:
    """Return since when answers count, for a window like "7d"; None for wave and phase."""
    length = length_of(window)
    return as_of - length if length else None


# --- Scores of surveys ---------------------------------------------------------------------------------


def missing_promoters(measured: Measured, comparator: str, threshold: Decimal) -> tuple[Need, ...]:
    """Return how many answers of 9 or 10 would bring the score over the threshold."""
    if measured.value is None or not measured.n:
        return ()
    lead = int((measured.value * measured.n / 100).to_integral_value())
    amount = scoring.best_answers_needed(lead, measured.n, comparator, threshold)
    if not amount:
        return ()
    text = ngettext("%(n)s more answer of 9 or 10", "%(n)s more answers of 9 or 10", amount)
    return (Need("answers", text % {"n": amount}, amount=Decimal(amount)),)


@measure(
    "feedback.nps",
    label=gettext_lazy("Net Promoter Score of a survey"),
    broken=readings.broken,
    missing=missing_promoters,
    has_interval=True,
)
def nps(*, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime) -> Measured:
    """Return the Net Promoter Score, −100 … 100, of the recommendation question of the survey `subject`.

    Window "wave" (and "latest"): the newest wave with an answer, open or closed. "phase": all waves of the
    phase pooled, where a person counts once per wave.
    """
    read = _Read(rollout=rollout, phase=phase, subject=subject, window=window, as_of=as_of, kinds=_NPS)
    groups = scoring.nps_groups(read.numbers)
    if groups.score is None:
        return read.nothing()
    return read.measured(
        groups.score, unit="points", scale=(Decimal(-100), Decimal(100)), interval=groups.interval
    )


def missing_satisfied(measured: Measured, comparator: str, threshold: Decimal) -> tuple[Need, ...]:
    """Return how many more satisfied answers would bring the share over the threshold."""
    if measured.hits is None or not measured.n:
        return ()
    amount = scoring.best_answers_needed(measured.hits, measured.n, comparator, threshold)
    if not amount:
        return ()
    text = ngettext("%(n)s more satisfied answer", "%(n)s more satisfied answers", amount)
    return (Need("answers", text % {"n": amount}, amount=Decimal(amount)),)


@measure(
    "feedback.satisfaction",
    label=gettext_lazy("Share of satisfied answers (the two best marks of five)"),
    broken=readings.broken,
    missing=missing_satisfied,
    has_interval=True,
)
def satisfaction(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return the percentage of answers of 4 or 5 to a rating question; windows as for NPS."""
    read = _Read(rollout=rollout, phase=phase, subject=subject, window=window, as_of=as_of, kinds=_RATING)
    share = scoring.satisfied(read.numbers)
    if share.percent is None:
        return read.nothing()
    return read.measured(
        share.percent,
        unit="%",
        scale=(Decimal(0), Decimal(100)),
        hits=share.hits,
        interval=share.interval,
    )


@measure("feedback.mean", label=gettext_lazy("Mean mark of a survey question"), broken=readings.broken)
def mean(*, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime) -> Measured:
    """Return the mean mark, of 5 for a rating and of 10 for the recommendation question."""
    read = _Read(rollout=rollout, phase=phase, subject=subject, window=window, as_of=as_of, kinds=_MARKS)
    value = scoring.mean(read.numbers)
    if value is None or read.asked is None:
        return read.nothing()
    kind = QuestionKind(readings.kind_of(read.asked, as_of))
    scale = SCALES[kind]
    return read.measured(value, unit=_MEAN_UNIT[kind], scale=(Decimal(scale.low), Decimal(scale.high)))


@measure(
    "feedback.response_rate",
    label=gettext_lazy("Share of the asked people who answered a survey"),
    broken=participation.broken,
)
def response_rate(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return the percentage of people whose survey mail had left by `as_of` and who answered by then.

    Window "wave": the newest wave that was sent; "phase": all of them together.
    """
    survey = Survey.objects.filter(rollout=rollout, code=subject).first()
    if survey is None:
        return Measured(value=None, reason=Reason.UNKNOWN_MEASURE, source=_("No survey “%s”") % subject)
    asked = SurveyRequest.objects.filter(occasion__survey=survey, sent_at__lte=as_of)
    if phase is not None:
        asked = asked.filter(occasion__phase=phase)
    source = survey.name
    if window in ("", "latest", "wave"):
        newest = asked.select_related("occasion__survey").order_by("-occasion__opens_at").first()
        asked = asked.filter(occasion=newest.occasion) if newest else asked.none()
        source = str(newest.occasion) if newest else source
    n = asked.count()
    answered = asked.filter(response__submitted_at__lte=as_of)
    hits = answered.count()
    if not n:
        need = Need("answers", _("a wave of “%s”") % survey.name, subject=subject)
        return Measured(
            value=None, n=0, noun=_("people asked"), reason=Reason.NEVER, source=source, needs=(need,)
        )
    newest_answer = answered.order_by("-response__submitted_at").values_list(
        "response__submitted_at", flat=True
    )
    return Measured(
        value=Decimal(100 * hits) / n,
        n=n,
        hits=hits,
        unit="%",
        scale=(Decimal(0), Decimal(100)),
        as_of=newest_answer.first() or as_of,
        noun=_("people asked"),
        source=source,
        sources=participation.sources(asked, as_of),
    )


# --- Defects -------------------------------------------------------------------------------------------


@measure(
    "feedback.open_defects",
    label=gettext_lazy("Open defects"),
    broken=defects.broken,
    counted=gettext_lazy("open"),
)
def open_defects(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return how many defects that fit `subject` ("critical", "critical usability") are open at `as_of`.

    All phases of the rollout count, unless the window is "phase". Before `phase` has started there is
    nothing to count: that is no data, never zero.
    """
    found = defects.count(
        rollout=rollout, phase=phase, subject=subject, window=window, as_of=as_of, only_open=True
    )
    return defects.as_measured(found)


@measure(
    "feedback.reported_defects",
    label=gettext_lazy("Reported defects"),
    broken=defects.broken,
    counted=gettext_lazy("reported"),
)
def reported_defects(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return how many different defects that fit `subject` were reported by `as_of`, fixed ones included.

    Merged reports are one defect, declined ones none. Window "phase": reported in the phase; "7d": in the
    last seven days. No data before `phase` has started.
    """
    found = defects.count(
        rollout=rollout, phase=phase, subject=subject, window=window, as_of=as_of, only_open=False
    )
    return defects.as_measured(found)
