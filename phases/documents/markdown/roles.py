"""What a heading, a label or the key of a field says that its text is about."""

import re
from enum import StrEnum
from functools import lru_cache

from phases.documents.markdown.labels import labels_in, strip_lead
from phases.documents.markdown.vocabulary import searcher, whole


class Role(StrEnum):
    """In the order in which they win where two are named equally well."""

    TEMPLATE = "template"
    TRIGGER = "trigger"
    NOGO = "nogo"
    GATE = "gate"
    GO = "go"
    SELECTION = "selection"
    SIGNOFF = "signoff"
    CHECKLIST = "checklist"
    CRITERIA = "criteria"
    COMMUNICATION = "communication"
    DELIVERABLE = "deliverable"
    OBJECTIVE = "objective"
    AUDIENCE = "audience"
    DURATION = "duration"
    RAMP = "ramp"
    ALERT = "alert"
    METRICS = "metrics"
    RISK = "risk"
    ROLLBACK = "rollback"
    ONCALL = "oncall"
    ESCALATION = "escalation"
    CONTACT = "contact"
    BUDGET = "budget"
    SUPPORT = "support"
    FEATURE = "feature"
    ACTIVITY = "activity"
    OTHER = "other"
    NONE = ""


# Words that only count where they are all there is: “Go” is a list of conditions, “Go live” is not.
_WHOLE_ONLY = frozenset({Role.GO})
# Words of everyday headings, which do not end what a stronger heading above them began.
WEAK = frozenset(
    {
        Role.FEATURE,
        Role.OTHER,
        Role.SUPPORT,
        Role.ACTIVITY,
        Role.CONTACT,
        Role.OBJECTIVE,
        Role.AUDIENCE,
        Role.DURATION,
        Role.RAMP,
    }
)
STRONG = frozenset({Role.CRITERIA, Role.GATE, Role.GO, Role.NOGO, Role.TRIGGER, Role.CHECKLIST})
_PARENTHESES = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_BOTH_WAYS = re.compile(r"\bgo\W{0,3}no[\s-]?go\b", re.IGNORECASE)
_NOT_WORDS = re.compile(r"[\W\d_]+")


def role_of(title: str) -> Role:
    """Return what a title is about: the role of the longest phrase in it that is known."""
    return role_and_share(title)[0]


@lru_cache(maxsize=10_000)
def role_and_share(title: str) -> tuple[Role, float]:
    """Return the role of a title, and how much of the title says so, from 0 to 1."""
    text = re.split(r"_{3,}", strip_lead(title)[:200])[0]
    for label, start, end in reversed(labels_in(text)):
        if not label.trailing:
            text = f"{text[:start]} {text[end:]}"
    text = _PARENTHESES.sub(" ", text).strip(" :.-–—·") or _PARENTHESES.sub("", strip_lead(title)[:200])
    letters = len(_NOT_WORDS.sub("", text))
    if not letters:
        return Role.NONE, 0
    if whole("success_alone").fullmatch(text):
        return Role.CRITERIA, 1
    if _BOTH_WAYS.search(text):
        return Role.GATE, 1
    best, longest = Role.NONE, 0
    for role in Role:
        if not role:
            continue
        for match in searcher(role.value).finditer(text):
            length = len(_NOT_WORDS.sub("", match.group()))
            share = length / letters
            wide = any("\u3040" <= character <= "\ud7af" for character in match.group())
            if role in _WHOLE_ONLY and share < 0.99 and length < 5:
                continue
            if length > longest and (share >= 0.34 or length >= (4 if wide else 10)):
                best, longest = role, length
    return best, longest / letters


# Words that make a heading a continuation of the plan itself.
def about_plan(title: str) -> bool:
    return searcher("plan").search(title) is not None


def about_other_things(title: str) -> bool:
    """Whether what stands below is no part of the rollout: finished features, a table of contents."""
    return searcher("nonplan").search(title) is not None
