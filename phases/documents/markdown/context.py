"""What the readers of the kinds share: the document, what was found so far, and which lines are used."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from phases.documents.markdown.blocks import Block, Kind
from phases.documents.markdown.facts import Facts, Phase
from phases.documents.markdown.limits import Deadline
from phases.documents.markdown.numbers import Style
from phases.documents.markdown.phases import phases_named, section_phase
from phases.documents.markdown.roles import Role, role_and_share, role_of
from phases.documents.markdown.sections import Section, Tree, field_of
from phases.documents.markdown.tables import TableRow


@dataclass(slots=True)
class Context:
    blocks: list[Block]
    tree: Tree
    style: Style
    facts: Facts
    year: int | None
    deadline: Deadline
    used: dict[int, str] = field(default_factory=dict)

    def use(self, lines: Iterable[int] | int, what: str) -> None:
        """Remember that a line became a fact; the first kind that takes a line is shown."""
        for line in [lines] if isinstance(lines, int) else lines:
            self.used.setdefault(line, what)

    def section(self, block: Block) -> Section:
        return self.tree.of_block[block]

    def items(self, section: Section) -> list[Block]:
        return [block for block in section.blocks if block.kind is Kind.ITEM]

    def parent(self, block: Block) -> Block | None:
        return self.tree.parent.get(block)

    def children(self, block: Block) -> list[Block]:
        return self.tree.children.get(block, [])

    def below(self, block: Block) -> list[Block]:
        """All items below an item."""
        return [inner for child in self.children(block) for inner in (child, *self.below(child))]

    def is_group(self, block: Block) -> bool:
        """Whether an item only names what the items below it are about."""
        if not self.children(block) or block.box is not None:
            return False
        text, (key, value) = block.text, field_of(block)
        if text.all_bold or text.plain.endswith(":") or (key and not value):
            return True
        return len(text.plain) <= 60 and role_and_share(text.plain)[1] >= 0.8

    def role(self, block: Block) -> Role:
        """What a block is about: the item above it that says so, else its section."""
        above = self.parent(block)
        while above is not None:
            if self.is_group(above):
                role = role_of(above.text.plain.rstrip(":"))
                if role:
                    return role
            above = self.parent(above)
        return self.section(block).role

    def group_about(self, block: Block, roles: Container[Role]) -> Block | None:
        """The item above a block that names what the items below it are, when that is one of these roles."""
        above = self.parent(block)
        while above is not None:
            if self.is_group(above) and role_of(above.text.plain.rstrip(":")) in roles:
                return above
            above = self.parent(above)
        return None

    def phases_of_row(self, row: TableRow) -> list[Phase]:
        """The phases that a row of a table is about, by its first two cells or because it is one itself."""
        own = [phase for phase in self.facts.phases if phase.line == row.line]
        return own or self.named(row.cell(0)) or self.named(row.cell(1))

    def phase(self, line: int, section: Section | None = None) -> Phase | None:
        """The phase that a line belongs to: by where it stands, else by what its headings name."""
        inside = self.facts.phase_at(line)
        if inside is not None or section is None:
            return inside
        return section_phase(section, self.facts.phases)

    def named(self, text: str) -> list[Phase]:
        return phases_named(text, self.facts.phases)

    def called(self, text: str) -> list[Phase]:
        """The phases that a short text names, be it only by a word of the name."""
        named = self.named(text)
        if named or len(text) < 3:
            return named
        word = re.compile(rf"(?<!\w){re.escape(text.strip())}(?!\w)", re.IGNORECASE)
        return [phase for phase in self.facts.phases if word.search(phase.name)]

    def after(self, phase: Phase | None) -> Phase | None:
        """The phase that follows in the plan, sub-phases left out."""
        outer = [p for p in self.facts.phases if p.parent is None]
        if phase is None:
            return None
        top = phase
        while top.parent is not None:
            top = top.parent
        index = outer.index(top)
        return outer[index + 1] if index + 1 < len(outer) else None

    def before(self, phase: Phase | None) -> Phase | None:
        outer = [p for p in self.facts.phases if p.parent is None]
        if phase is None or phase not in outer:
            return None
        index = outer.index(phase)
        return outer[index - 1] if index else None
