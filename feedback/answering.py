"""From what a browser sent to answers, strictly: pure functions, no database.

Only the fields of the version's own questions are read; whatever else a form carries is ignored. A value
that was not offered, or that comes twice where one is asked, is an error at its question, in the words of
the person who fills in the form.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from feedback.models import Question
from feedback.states import SCALES, QuestionKind

LONGEST_ANSWER: Final = 2000

_WHOLE: Final = re.compile(r"(?:0|[1-9][0-9]?)", re.ASCII)
# What nobody can see and no database or screen wants: control characters, and half of a pair.
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

Value = int | str | tuple[str, ...]
"""A mark, an option or words; several options as a tuple in the order of the form."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was read from a form.

    :ivar values: by the code of the question; questions without an answer are not there.
    :ivar kept: what stays in the fields as it was typed, right or wrong, by the code of the question.
    :ivar errors: what has to be put right, by the code of the question.
    """

    values: dict[str, Value] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def field_name(question: Question) -> str:
    """Return the name of a question's fields in the form."""
    return f"q-{question.code}"


def read_form(
    questions: Sequence[Question], data: "MultiValueDict[str, str]", *, partial: bool = False
) -> Given:
    """Read the answers to `questions` from a sent form. With `partial` nothing is required yet."""
    given = Given()
    for number, question in enumerate(questions, start=1):
        raw = [clean(value) for value in data.getlist(field_name(question))]
        raw = [value for value in raw if value.strip()]
        given.kept[question.code] = raw
        try:
            value = _read(question, raw)
        except ValueError as error:
            given.errors[question.code] = _("Question %(number)s: %(problem)s") % {
                "number": number,
                "problem": error,
            }
            continue
        if value is not None:
            given.values[question.code] = value
        elif question.required and not partial:
            given.errors[question.code] = _("Question %(number)s: %(problem)s") % {
                "number": number,
                "problem": _wanted(question),
            }
    return given


def clean(text: str) -> str:
    """Return a text without characters that nobody can see; line breaks and tabs stay."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _read(question: Question, raw: list[str]) -> Value | None:
    if not raw:
        return None
    if question.several:
        return _options(question, raw)
    if len(raw) > 1:
        raise ValueError(_("give one answer only."))
    value = raw[0]
    if question.kind in SCALES:
        if not _WHOLE.fullmatch(value) or int(value) not in SCALES[question.kind].values:
            raise ValueError(_wanted(question))
        return int(value)
    if question.kind == QuestionKind.CHOICE:
        if value not in question.option_codes:
            raise ValueError(_wanted(question))
        return value
    if len(value) > LONGEST_ANSWER:
        raise ValueError(
            _("write at most %(limit)s characters; these are %(n)s.")
            % {"limit": LONGEST_ANSWER, "n": len(value)}
        )
    return value.strip()


def _options(question: Question, raw: list[str]) -> tuple[str, ...]:
    if len(set(raw)) < len(raw) or not set(raw) <= set(question.option_codes):
        raise ValueError(_wanted(question))
    return tuple(code for code in question.option_codes if code in raw)


def _wanted(question: Question) -> str:
    """Say what would be right."""
    scale = SCALES.get(question.kind)
    if question.kind == QuestionKind.NPS and scale:
        return _("choose %(low)s–%(high)s.") % {"low": scale.low, "high": scale.high}
    if question.kind == QuestionKind.TEXT:
        return _("write an answer.")
    return _("choose one of the answers shown.")


def as_kept(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return stored values as the fields of a form hold them; for a draft and for an answer to change."""
    return {
        code: [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
        for code, value in values.items()
    }
