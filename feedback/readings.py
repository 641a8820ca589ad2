"""Which answers count: of a survey's question, in a wave or pooled over a phase, as of a moment.

An answer counts in the newest submission of its response at that moment; earlier ones are history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from feedback.models import Answer, Occasion, Question, Submission, Survey
from feedback.states import QuestionKind
from phases.models import Phase, Rollout
from rollout_portal.lib.digests import fingerprint


@dataclass(frozen=True, slots=True)
class Mark:
    """One counted answer: which response in which wave, the number that it gives, and since when."""

    response: UUID
    occasion: int
    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that a measure's subject names: "weekly.nps", or "weekly" where only one fits."""

    survey: Survey
    code: str


def find_question(
    rollout: Rollout, subject: str, kinds: Sequence[QuestionKind], as_of: datetime
) -> Asked | None:
    """Return the question of one of `kinds`, published by `as_of`, that `subject` names.

    None when none or several fit.
    """
    surveys = {survey.code: survey for survey in Survey.objects.filter(rollout=rollout)}
    survey, code = surveys.get(subject), None
    if survey is None and "." in subject:
        # Codes may hold dots: the longest survey code that fits is meant.
        whole = [name for name in surveys if subject.startswith(f"{name}.")]
        name = max(whole, key=len, default="")
        survey, code = surveys.get(name), subject[len(name) + 1 :]
    if survey is None:
        return None
    published = Question.objects.filter(
        version__survey=survey, version__published_at__lte=as_of, kind__in=kinds
    )
    codes = set(published.values_list("code", flat=True))
    if code is not None:
        return Asked(survey, code) if code in codes else None
    return Asked(survey, codes.pop()) if len(codes) == 1 else None


def counted(asked: Asked, as_of: datetime | None, occasions: Sequence[Occasion]) -> QuerySet[Answer]:
    """Return the answers to a question in these waves that count at `as_of`; None: by the newest data."""
    answers = Answer.objects.filter(
        question__code=asked.code,
        question__version__survey=asked.survey,
        submission__response__occasion__in=occasions,
    )
    later = Submission.objects.filter(
        response=OuterRef("submission__response"), number__gt=OuterRef("submission__number")
    )
    if as_of is not None:
        answers, later = answers.filter(submission__at__lte=as_of), later.filter(at__lte=as_of)
    return answers.filter(~Exists(later))


def marks(answers: QuerySet[Answer]) -> list[Mark]:
    """Return the numbers of `answers`, in a stable order; one query."""
    rows = (
        answers.filter(number__isnull=False)
        .order_by("submission__response__occasion_id", "submission__response__uuid")
        .values_list(
            "submission__response__uuid", "submission__response__occasion_id", "number", "submission__at"
        )
    )
    return [
        Mark(response, occasion, number, at) for response, occasion, number, at in rows if number is not None
    ]


def waves(asked: Asked, phase: Phase | None, as_of: datetime) -> QuerySet[Occasion]:
    """Return the waves of the survey that had opened by `as_of`, in the phase; the newest first."""
    found = Occasion.objects.filter(survey=asked.survey, opens_at__lte=as_of)
    if phase is not None:
        found = found.filter(phase=phase)
    return found.order_by("-opens_at", "-pk")


def last_wave(asked: Asked, phase: Phase | None, as_of: datetime) -> Occasion | None:
    """Return the newest wave, open or closed, in which the question was answered by `as_of`."""
    answered = Answer.objects.filter(
        submission__response__occasion=OuterRef("pk"),
        submission__at__lte=as_of,
        question__code=asked.code,
        number__isnull=False,
    )
    return waves(asked, phase, as_of).filter(Exists(answered)).first()


# --- What a signature rests on ----------------------------------------------------------------------------
#
# A gate may rest on thousands of answers, so a source is not an answer but a wave: which question, as read
# when, and the digest of the marks that were in by then. Checking it again reads what those same
# responses say *now*. A changed, withdrawn or tampered answer gives another digest; answers that came in
# later are not looked at, and a change to another question of the same form changes nothing.

PREFIX = "feedback.occasion:"


def sources(asked: Asked, rows: Sequence[Mark], as_of: datetime) -> tuple[str, ...]:
    """Return one source id per wave that `rows` come from."""
    by_wave: dict[int, list[Mark]] = {}
    for row in rows:
        by_wave.setdefault(row.occasion, []).append(row)
    uuids = dict(Occasion.objects.filter(pk__in=by_wave).values_list("pk", "uuid"))
    return tuple(
        f"{PREFIX}{uuids[pk]}:{asked.code}:{_digest(by_wave[pk])}:{as_of.isoformat()}"
        for pk in sorted(by_wave)
    )


def broken(cited: Sequence[str]) -> list[str]:
    """Return the cited waves in which an answer that was in then says something else now."""
    return [source for source in cited if source.startswith(PREFIX) and not _whole(source)]


def _whole(source: str) -> bool:
    uuid, code, digest, moment = source.removeprefix(PREFIX).split(":", 3)
    occasion = Occasion.objects.filter(uuid=uuid).select_related("survey").first()
    if occasion is None:
        return False
    asked = Asked(occasion.survey, code)
    # Who had not answered this question by then, and does now, is new data and not a correction.
    then = {row.response for row in marks(counted(asked, datetime.fromisoformat(moment), [occasion]))}
    now = marks(counted(asked, None, [occasion]))
    return _digest([row for row in now if row.response in then]) == digest


def _digest(rows: Sequence[Mark]) -> str:
    return fingerprint(sorted((str(row.response), row.number) for row in rows))


def source_words(asked: Asked, rows: Sequence[Mark], wave: Occasion | None) -> str:
    """Say where a figure comes from: "Weekly survey, wave 3", "Weekly survey, 3 waves"."""
    if wave is not None:
        return str(wave)
    return _("%(survey)s, %(n)s waves") % {
        "survey": asked.survey.name,
        "n": len({row.occasion for row in rows}),
    }


def kind_of(asked: Asked, as_of: datetime) -> str:
    """Return the kind of the question in the newest version that asks it, of those published by `as_of`."""
    return (
        Question.objects.filter(
            version__survey=asked.survey, version__published_at__lte=as_of, code=asked.code
        )
        .order_by("-version__number")
        .values_list("kind", flat=True)[0]
    )
