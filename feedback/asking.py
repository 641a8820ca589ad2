"""How questions stand on a tester's page: in her language, with what she gave so far. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feedback.answering import LONGEST_ANSWER, field_name
from feedback.models import Question
from feedback.states import SCALES, QuestionKind


@dataclass(frozen=True, slots=True)
class Offered:
    """One radio or box: its value, its words, and whether it is chosen."""

    value: str
    label: str
    checked: bool
    id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it is shown. `shape` names the part that draws it: scale, pick or words."""

    number: int
    name: str
    shape: str
    text: str
    hint: str
    required: bool
    several: bool
    low: str = ""
    high: str = ""
    error: str = ""
    typed: str = ""
    longest: int = LONGEST_ANSWER
    options: list[Offered] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The id of what a link to this question leads to: the first thing that can be filled in."""
        return self.options[0].id if self.options else f"id_{self.name}"

    @property
    def described_by(self) -> str:
        """The ids of hint and error, for assistive technology."""
        parts = [f"{self.name}-error"] if self.error else []
        parts += [f"{self.name}-hint"] if self.hint else []
        parts += [f"{self.name}-ends"] if self.low else []
        return " ".join(parts)


_SHAPES = {QuestionKind.NPS: "scale", QuestionKind.TEXT: "words"}


def as_asked(
    questions: Sequence[Question],
    language: str,
    kept: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
) -> list[Asked]:
    """Return the questions for a page in `language`, holding what was `kept`."""
    return [
        _asked(number, question, language, list(kept.get(question.code, [])), errors.get(question.code, ""))
        for number, question in enumerate(questions, start=1)
    ]


def _asked(number: int, question: Question, language: str, kept: list[str], error: str) -> Asked:
    name = field_name(question)
    labels = (
        [(str(mark), str(mark)) for mark in SCALES[QuestionKind.NPS].values]
        if question.kind == QuestionKind.NPS
        else [
            (option["code"], question.in_language(option["texts"], language)) for option in _shown(question)
        ]
    )
    return Asked(
        number=number,
        name=name,
        shape=_SHAPES.get(QuestionKind(question.kind), "pick"),
        text=question.in_language(question.texts, language),
        hint=question.in_language(question.hints, language),
        required=question.required,
        several=question.several,
        low=question.in_language(question.low, language),
        high=question.in_language(question.high, language),
        error=error,
        typed=kept[0] if kept and question.kind == QuestionKind.TEXT else "",
        options=[
            Offered(value, label, value in kept, f"id_{name}_{place}")
            for place, (value, label) in enumerate(labels)
        ],
    )


def _shown(question: Question) -> list[dict[str, Any]]:
    """Return the options in the order in which they are read: the best mark of a rating first."""
    if question.kind == QuestionKind.RATING:
        return sorted(question.options, key=lambda option: str(option["code"]), reverse=True)
    return list(question.options)
