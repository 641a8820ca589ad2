"""The blocks of a document as a tree of sections.

A heading opens a section; so do, one level below every heading, a paragraph in bold and a label (“Goals:”)
that a list follows. A bold paragraph with the label of a phase stands above other bold paragraphs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from phases.documents.markdown.blocks import Block, Kind
from phases.documents.markdown.inline import narrow
from phases.documents.markdown.labels import Label, label_of
from phases.documents.markdown.limits import Deadline
from phases.documents.markdown.roles import STRONG, WEAK, Role, role_and_share, role_of
from phases.documents.markdown.vocabulary import searcher

BOLD_PHASE, LABEL = 7, 8
_FIELD = re.compile(r"(?P<key>[^:]{1,70}?)\s*:\s*(?P<value>.*)$", re.DOTALL)
_SENTENCE_END = (".", "!", "?")


@dataclass(eq=False, slots=True)
class Section:
    """A heading or label and what stands below it, until the next of its level."""

    title: str
    line: int
    level: int
    parent: "Section | None" = None
    head: Block | None = None
    label: Label | None = None
    own_role: Role = Role.NONE
    share: float = 0
    blocks: list[Block] = field(default_factory=list)
    children: list["Section"] = field(default_factory=list)
    end: int = 0
    is_phase: bool = False

    @property
    def is_label(self) -> bool:
        return self.level >= BOLD_PHASE

    def ancestors(self) -> Iterator["Section"]:
        section: Section | None = self
        while section is not None:
            yield section
            section = section.parent

    def walk(self) -> Iterator["Section"]:
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def role(self) -> Role:
        """Its own role, or that of the section around it; what a phase is named for says nothing."""
        if any(section.own_role is Role.TEMPLATE and not section.is_phase for section in self.ancestors()):
            return Role.TEMPLATE
        for section in self.ancestors():
            if section.is_phase:
                return Role.NONE
            if section._sets_off_a_rollback():
                return Role.TRIGGER
            if section.own_role and not section._yields():
                return section.own_role
        return Role.NONE

    def _sets_off_a_rollback(self) -> bool:
        """“Conditions” or “Criteria” below “Rollback” are what sets it off."""
        if self.parent is None or self.own_role not in (Role.NONE, Role.CRITERIA, Role.ALERT):
            return False
        return (
            self.parent.own_role is Role.ROLLBACK and searcher("trigger_words").search(self.title) is not None
        )

    def _yields(self) -> bool:
        """Whether a heading leaves its subject to the one above it."""
        above = self.parent.role if self.parent is not None and not self.parent.is_phase else Role.NONE
        if self.own_role in WEAK and above in STRONG:
            return self.share < 0.6
        return self.own_role is Role.METRICS and above is Role.CRITERIA and not self.is_label

    @property
    def role_given_by(self) -> "Section":
        return next((s for s in self.ancestors() if s.own_role and not s.is_phase and not s._yields()), self)


@dataclass(slots=True)
class Tree:
    """The sections of a document and how its list items nest."""

    root: Section
    of_block: dict[Block, Section]
    parent: dict[Block, Block | None]
    children: dict[Block, list[Block]]
    section_of_head: dict[Block, Section]

    def sections(self) -> Iterator[Section]:
        return self.root.walk()


def build(blocks: Sequence[Block], deadline: Deadline) -> Tree:
    """Make the tree of sections."""
    root = Section("", 0, 0)
    tree = Tree(root, {}, {}, {}, {})
    current = root
    items: list[Block] = []
    last = 0
    has_headings = sum(block.kind is Kind.HEADING for block in blocks) > 1
    for index, block in enumerate(blocks):
        last = max(last, block.end)
        if index % 64 == 0:
            deadline.check()
        level = _opens(block, blocks[index + 1] if index + 1 < len(blocks) else None, has_headings)
        if level:
            while current.level >= level:
                current.end = max(current.end, block.line - 1)
                current = current.parent or root
            section = Section(
                _title(block), block.line, level, current, block, label_of(block.text.plain, trailing=True)
            )
            section.own_role, section.share = role_and_share(section.title)
            current.children.append(section)
            tree.of_block[block] = tree.section_of_head[block] = current = section
            items = []
            continue
        if block.kind is Kind.HEADING:  # cannot happen: every heading opens a section
            continue
        if block.kind is Kind.SKIPPED and block.why == "a rule":
            # A rule across the page ends what a label began.
            while current.is_label:
                current.end = max(current.end, block.line - 1)
                current = current.parent or root
        current.blocks.append(block)
        tree.of_block[block] = current
        while items and items[-1].level >= block.level and block.kind is Kind.ITEM:
            items.pop()
        if block.kind is Kind.ITEM:
            tree.parent[block] = items[-1] if items else None
            if items:
                tree.children.setdefault(items[-1], []).append(block)
            items.append(block)
        elif block.level == 0:
            items = []
        elif items:
            tree.parent[block] = items[-1]
    for section in root.walk():
        section.end = section.end or last
    return tree


def _opens(block: Block, following: Block | None, has_headings: bool) -> int:
    """Return the level of the section that a block opens; 0 when it opens none."""
    if block.kind is Kind.HEADING:
        return block.level
    if block.kind is not Kind.TEXT or block.level:
        return 0
    text = block.text
    if not text.plain or len(text.plain) > 140:
        return 0
    label = label_of(text.plain)
    phase_like = label is not None and (label.separated or text.all_bold) and len(text.plain) <= 100
    if phase_like and (text.all_bold or (text.bold and label_of(text.bold)) or not has_headings):
        if text.plain.endswith(_SENTENCE_END) and not text.bold:
            return 0
        return BOLD_PHASE if not has_headings or text.bold else LABEL
    if text.all_bold and not ("__" in text.plain or "_____" in text.plain):
        return LABEL
    follows = following is not None and following.kind in (Kind.ITEM, Kind.TABLE, Kind.FENCE)
    ends_open = block.raw.rstrip(" *_").endswith((":", "：")) or bool(
        re.search(r":\W*(?:\([^)]*\)\W*)?$", narrow(block.raw))
    )
    if ends_open and (follows or text.bold) and len(text.plain) <= 100:
        return LABEL
    if (
        text.bold
        and follows
        and _key_of(text.plain) is not None
        and role_of(text.bold) not in (Role.NONE, Role.OTHER, Role.DURATION)
    ):
        return LABEL
    if not has_headings and follows and len(text.plain) <= 60 and role_and_share(text.plain)[1] >= 0.6:
        return LABEL
    # “**Stop Rollout** (within 1 hour)” above a list.
    return (
        LABEL
        if text.bold
        and follows
        and re.fullmatch(r"\s*[(\[].*[)\]]:?\s*", text.plain[len(text.bold) :].strip(" :"))
        else 0
    )


def _title(block: Block) -> str:
    return block.text.plain.rstrip(" :：")


def _key_of(text: str) -> str | None:
    match = _FIELD.match(text)
    return match.group("key") if match else None


def field_of(block: Block) -> tuple[str, str]:
    """Return key and value of “Key: value”; an empty key where a line is none."""
    return split_field(block.text.plain, block.text.bold)


def split_field(text: str, bold: str = "") -> tuple[str, str]:
    if bold and text.startswith(bold):
        key, rest = bold.rstrip(" :"), text[len(bold) :].lstrip()
        if bold.rstrip().endswith(":") or rest.startswith((":", "-", "–", "—", "(", "|")) or not rest:
            if ":" in key:
                inner = _FIELD.match(key)
                if inner and not rest:
                    return inner.group("key"), inner.group("value")
            return key, rest.lstrip(" :-–—|")
    match = _FIELD.match(text)
    if match and len(match.group("key").split()) <= 7 and not match.group("key").endswith(("http", "https")):
        return match.group("key").strip(), match.group("value").strip()
    return "", text
