"""From the bytes of a document to facts: decode, blocks, sections, phases, then kind by kind."""

import re
from collections import Counter
from dataclasses import dataclass

from phases.documents.markdown import blocks as block_reader
from phases.documents.markdown.blocks import Kind
from phases.documents.markdown.context import Context
from phases.documents.markdown.coverage import LineFate, cover
from phases.documents.markdown.criteria import read_criteria
from phases.documents.markdown.decode import Decoded, decode
from phases.documents.markdown.details import read_entries, read_phase_details
from phases.documents.markdown.facts import Facts
from phases.documents.markdown.limits import Deadline
from phases.documents.markdown.lists import read_checklists, read_communications, read_signoffs
from phases.documents.markdown.numbers import Style
from phases.documents.markdown.phases import find_phases, merge_diagrams
from phases.documents.markdown.sections import build, field_of
from phases.documents.markdown.stops import read_rollback_steps, read_triggers
from phases.documents.markdown.vocabulary import LANGUAGES, words

_SCRIPTS = {
    "ja": "[\u3040-\u30ff]",
    "ko": "[\uac00-\ud7af]",
    "zh": "[\u4e00-\u9fff]",
    "ru": "[\u0400-\u04ff]",
    "ar": "[\u0600-\u06ff]",
}
# So many letters of a script for every thousand characters make a document one of that language.
_ENOUGH_OF_A_SCRIPT = 80


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A document that was read."""

    facts: Facts
    decoded: Decoded
    coverage: list[LineFate]


def read_plan(data: bytes, deadline: Deadline | None = None) -> PlanDocument:
    """Read a plan that was written as Markdown or plain text.

    :raises DocumentRefused: when it is no text, too large, or takes too long.
    """
    deadline = deadline or Deadline()
    decoded = decode(data)
    blocks = block_reader.parse(decoded.text, deadline)
    tree = build(blocks, deadline)
    language = language_of(decoded.text)
    facts = Facts(language=language)
    context = Context(blocks, tree, Style.of(language), facts, year_of(decoded.text), deadline)
    _read_header(context)
    facts.phases, overview = find_phases(tree, context.style, context.year, deadline)
    for phase in facts.phases:
        context.use(phase.line, "phase")
    context.use(overview, "overview of phases")
    context.use(merge_diagrams(blocks, facts.phases, context.style), "diagram")
    read_triggers(context)
    read_signoffs(context)
    read_communications(context)
    read_criteria(context)
    read_checklists(context)
    read_phase_details(context)
    read_rollback_steps(context)
    read_entries(context)
    _describe(context)
    return PlanDocument(facts, decoded, cover(decoded.text.split("\n"), blocks, context.used))


def language_of(text: str) -> str:
    """Return the language that a document is mostly written in, as a code of the vocabulary."""
    sample = text[:60_000]
    letters = max(1, sum(character.isalpha() for character in sample))
    for language, script in _SCRIPTS.items():
        if len(re.findall(script, sample)) * 1000 >= _ENOUGH_OF_A_SCRIPT * letters:
            return language
    counted = Counter(re.findall(r"[^\W\d_]+", sample.casefold()))
    scores = {
        language: sum(counted[word] for word in words("stopwords", language))
        for language in LANGUAGES
        if "stopwords" in LANGUAGES[language]
    }
    best = max(scores, key=lambda language: (scores[language], language == "en"))
    return best if scores[best] > 1.2 * scores["en"] else "en"


def year_of(text: str) -> int | None:
    """Return the year that dates without one are in: the first that the document names."""
    match = re.search(r"(?<![\d.])(20[1-4]\d)(?![\d])", text)
    return int(match.group(1)) if match else None


def _read_header(context: Context) -> None:
    """The title, and the fields that stand above the first section."""
    facts = context.facts
    title = next(
        (s for s in context.tree.sections() if s.head is not None and s.head.kind is Kind.HEADING), None
    )
    if title is not None:
        facts.title, facts.title_line = title.title, title.line
        context.use(title.line, "title")
    for section in [context.tree.root, *([title] if title is not None and title.level == 1 else [])]:
        for block in section.blocks:
            key, value = field_of(block)
            if block.kind in (Kind.TEXT, Kind.ITEM) and block.text.bold and key and value:
                facts.header.append((block.line, key, value))
                context.use(block.line, "header")


def _describe(context: Context) -> None:
    """The first paragraph of a phase is its description."""
    for phase in context.facts.phases:
        context.deadline.check()
        own = [
            b
            for b in context.blocks
            if b.kind is Kind.TEXT
            and b.level == 0
            and phase.line < b.line
            and context.facts.phase_at(b.line) is phase
        ]
        first = next(
            (b for b in own[:1] if not field_of(b)[0] and b not in context.tree.section_of_head), None
        )
        if first is not None:
            phase.description = first.text.plain
            context.use(first.line, "description")
