"""Plan files as text: a strict subset of YAML 1.2 in which nothing can be read in two ways.

`read(data)` turns bytes into a tree of nodes, each with line and column, together with everything that
is wrong with it. Whatever another YAML reader would take for something else (`NO`, `12:30`, `010`), and
whatever hides something (aliases, tags, merge keys, duplicate keys), is refused and explained. Work and
memory grow linearly with the size, which is limited.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from phases.documents.problems import PlanRefused, Problem
from phases.documents.scalars import NOTHING, Broken, resolve

LARGEST_FILE: Final = 2_000_000
DEEPEST: Final = 20
MOST_VALUES: Final = 100_000
_MOST_PROBLEMS: Final = 100


Scalar = str | int | bool | Decimal | date


@dataclass(slots=True)
class Node:
    """A value of the file: a single one, a list (`items`) or a group of keys (`group`).

    :ivar scalar: the single value; "" for a broken one.
    :ivar source: how a single value without quotes is written in the file; "" for a quoted one.
    :ivar keys: where each key of a group stands.
    :ivar broken: whether a problem is already known here, so that no second one is reported.
    """

    line: int
    column: int
    scalar: Scalar = ""
    source: str = ""
    items: "list[Node] | None" = None
    group: "dict[str, Node] | None" = None
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    broken: bool = False

    def plain(self) -> Any:
        """Return the value as plain data."""
        if self.items is not None:
            return [node.plain() for node in self.items]
        if self.group is not None:
            return {key: node.plain() for key, node in self.group.items()}
        return self.scalar


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that could be taken apart: its nodes, and what is wrong so far."""

    root: Node
    problems: list[Problem]


def read(data: bytes) -> Reading:
    """Take a plan file apart.

    :raises PlanRefused: when it cannot be taken apart at all: too big, not UTF-8, not YAML.
    """
    text = _text_of(data)
    reader = _Reader(text)
    reader.run()
    if reader.root is None:
        raise PlanRefused([*reader.problems, Problem(1, 1, _("The file is empty. It begins: version: 1"))])
    return Reading(reader.root, reader.problems)


# --- From bytes to text ----------------------------------------------------------------------------
_UNFIT: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)"
)


def _text_of(data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        message = _("The file is too big: at most %s bytes are read.") % f"{LARGEST_FILE:,}"
        raise PlanRefused([Problem(1, 1, message)])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PlanRefused([Problem(1, 1, _("The file is UTF-16. Save it as UTF-8."))])
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        line, column = _place(data[: error.start].removeprefix(b"\xef\xbb\xbf").decode())
        message = _("The byte %02X is not UTF-8. Save the file as UTF-8.") % data[error.start]
        raise PlanRefused([Problem(line, column, message)]) from error
    problems = []
    for found in _UNFIT.finditer(text):
        message = _(
            "The character U+%04X cannot stand in a plan file. Take it out, or write it as an escape "
            "inside double quotes."
        )
        problems.append(Problem(*_place(text[: found.start()]), message % ord(found[0])))
        if len(problems) == 20:
            break
    if problems:
        raise PlanRefused(problems)
    return text


def _place(before: str) -> tuple[int, int]:
    """Return the line and column of what follows the text `before`, both from 1."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


# --- From text to nodes ----------------------------------------------------------------------------
@dataclass(slots=True)
class _Open:
    """A list or group that is being read; for a group, the key that waits for its value."""

    node: Node
    key: str | None = None
    key_place: tuple[int, int] = (0, 0)
    expects_key: bool = True


class _Reader:
    """Builds the nodes from the events of the YAML parser, without recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.values = 0
        self.place = (1, 1)

    def run(self) -> None:
        try:
            for event in self._events():
                self._take(event)
        except MarkedYAMLError as error:
            self._give_up(_syntax_problem(error))
        except (YAMLError, ValueError, OverflowError) as error:
            # An escape beyond the last character reaches chr() in the parser, which names no place.
            message = _("Somewhere below, a value cannot be read: %s.") % error
            self._give_up(Problem(*self.place, message))

    def _events(self) -> Iterator[Event]:
        parser: Iterator[Event] = YAML(typ="safe", pure=True).parse(self.text)
        return parser

    def _give_up(self, problem: Problem) -> None:
        raise PlanRefused([*self.problems, problem])

    def _problem(self, place: tuple[int, int], message: str) -> None:
        self.problems.append(Problem(*place, message))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise PlanRefused(self.problems)

    def _take(self, event: Event) -> None:
        place = self.place = _position(event.start_mark)
        if isinstance(event, DocumentStartEvent):
            self._document(event, place)
        elif isinstance(event, AliasEvent):
            message = _("An alias (*%s) cannot be used here. Write the value out.") % event.anchor
            self._problem(place, message)
            self._add(Node(*place, broken=True), place)
        elif isinstance(event, ScalarEvent):
            self._decorations(event, place)
            self._scalar(event, place)
        elif isinstance(event, CollectionStartEvent):
            self._decorations(event, place)
            self._collection(isinstance(event, MappingStartEvent), place)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.stack.pop()

    def _document(self, event: DocumentStartEvent, place: tuple[int, int]) -> None:
        if self.root is not None:
            self._give_up(Problem(*place, _("A second document begins here. One file holds one plan.")))
        if event.version or event.tags:
            self._problem((1, 1), _("A line that begins with % is not used in a plan file. Take it out."))

    def _decorations(self, event: ScalarEvent | CollectionStartEvent, place: tuple[int, int]) -> None:
        """Refuse what would make the value mean something that is not written here."""
        if event.anchor:
            self._problem(place, _("An anchor (&%s) cannot be used here. Take it out.") % event.anchor)
        if event.tag:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._problem(place, _("A tag (%s) cannot be used here. Take it out.") % tag)

    def _collection(self, is_group: bool, place: tuple[int, int]) -> None:
        if len(self.stack) >= DEEPEST:
            self._give_up(
                Problem(*place, _("This is nested too deeply; at most %d levels are read.") % DEEPEST)
            )
        node = Node(*place, group={}) if is_group else Node(*place, items=[])
        self._add(node, place)
        self.stack.append(_Open(node))

    def _scalar(self, event: ScalarEvent, place: tuple[int, int]) -> None:
        is_plain = event.style is None
        open_ = self.stack[-1] if self.stack else None
        if open_ is not None and open_.node.group is not None and open_.expects_key:
            self._key(open_, event.value, is_plain, place)
            return
        node = Node(*place, source=event.value if is_plain else "")
        value = resolve(event.value) if is_plain else _quoted(event.value)
        if isinstance(value, Broken):
            if value is NOTHING and open_ is not None and open_.node.group is not None:
                # An empty value has no place of its own; its key has.
                place = node.line, node.column = open_.key_place
            self._problem(place, value.message)
            node.broken = True
        else:
            node.scalar = value
        self._add(node, place)

    def _key(self, open_: _Open, text: str, is_plain: bool, place: tuple[int, int]) -> None:
        """Remember the key whose value comes next; a second one of the same name is refused."""
        open_.key, open_.key_place, open_.expects_key = text, place, False
        value = resolve(text) if is_plain else _quoted(text)
        if is_plain and text == "<<":
            self._problem(place, _("“<<” (merging) cannot be used here. Write the keys out."))
        elif not text:
            self._problem(place, _("A key is a word, and here is none."))
        elif isinstance(value, Broken) and value is not NOTHING:
            self._problem(place, value.message)
        elif not isinstance(value, str):
            self._problem(place, _("A key is a word. Put it in quotes: %s.") % f'"{text}"')
        elif text in open_.node.keys:
            first = open_.node.keys[text][0]
            self._problem(
                place,
                _("“%(key)s” stands here twice; the first is in line %(line)d. Take one of them out.")
                % {"key": text, "line": first},
            )
        else:
            open_.node.keys[text] = place
            return
        open_.key = None

    def _add(self, node: Node, place: tuple[int, int]) -> None:
        self.values += 1
        if self.values > MOST_VALUES:
            self._give_up(Problem(*place, _("The file has more than %s values.") % f"{MOST_VALUES:,}"))
        if not self.stack:
            self.root = node
            return
        open_ = self.stack[-1]
        if open_.node.items is not None:
            open_.node.items.append(node)
        elif open_.expects_key:
            self._problem(place, _("A key is a word, not a list or a group of keys."))
            open_.key, open_.expects_key = None, False
        else:
            if open_.node.group is not None and open_.key is not None:
                open_.node.group[open_.key] = node
            open_.expects_key = True


_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _quoted(text: str) -> str | Broken:
    """Return the text of a quoted value; escapes can smuggle in what no text may hold."""
    if "\x00" in text:
        return Broken(_("The character U+0000 cannot be stored. Take it out."))
    if _SURROGATE.search(text):
        return Broken(_("Half of a surrogate pair is no character. Write the character itself."))
    return text


# --- What the parser says, in the words of a writer --------------------------------------------------
def _syntax_problem(error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context or "")
    for start, message in _syntax_words():
        if problem.startswith(start):
            at_opening = start in _AT_THE_OPENING and error.context_mark is not None
            return Problem(*_position(error.context_mark if at_opening else mark), message)
    return Problem(*_position(mark), _("This is not YAML: %s.") % problem)


def _position(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


# What is not closed is best shown where it opens.
_AT_THE_OPENING: Final = frozenset(
    {
        "found unexpected end of stream",
        "expected ',' or ']'",
        "expected ',' or '}'",
        "could not find expected ':'",
    }
)


def _syntax_words() -> list[tuple[str, str]]:
    block = _(
        "“>” and “|” begin a block of text on the lines below. Write a comparison in words (above 50), "
        "or put the text in quotes."
    )
    return [
        ("found character '\\t'", _("A tab cannot indent. Use spaces.")),
        (
            "mapping values are not allowed here",
            _("A “:” stands where none is expected: check the indentation, or put the value in quotes."),
        ),
        (
            "sequence entries are not allowed here",
            _("A list entry stands where none is expected: begin it on a line of its own."),
        ),
        ("found unexpected end of stream", _("This quotation is not closed. Add the closing quote.")),
        ("expected ',' or ']'", _("This list is not closed, or a comma is missing in it.")),
        ("expected ',' or '}'", _("This group is not closed, or a comma is missing in it.")),
        (
            "expected <block end>",
            _("This does not fit in: check the indentation, and what stands behind a closing quote."),
        ),
        ("could not find expected ':'", _("A key needs a “:” behind it: name: value.")),
        ("found undefined tag handle", _("A tag (!…) cannot be used here. Take it out.")),
        ("mapping keys are not allowed here", _("“?” cannot stand here. Put the text in quotes.")),
        ("expected alphabetic", _("“&” and “*” cannot be used here. Put a text like this in quotes.")),
        ("expected a comment or a line break", block),
        ("expected chomping", block),
        ("found unknown escape character", _("This escape is not known. Write a backslash as “\\\\”.")),
        ("expected escape sequence", _("An escape needs all its digits: “\\u0041”.")),
        (
            "expected '<document start>'",
            _("This does not belong to what stands above it: check the indentation."),
        ),
        ("found character", _("A text that begins with this character must be put in quotes.")),
        ("expected the node content", _("A value is expected here. A text like this must be put in quotes.")),
    ]
