"""Gates: the conditions between one phase and the next, collected as they are met in the document."""

from phases.documents.markdown.context import Context
from phases.documents.markdown.facts import Gate, Phase
from phases.documents.markdown.roles import Role
from phases.documents.markdown.sections import Section
from phases.documents.markdown.vocabulary import searcher

GATES = frozenset({Role.GATE, Role.GO, Role.NOGO})
Ends = tuple[Phase | None, Phase | None]


class Gates:
    """Collects the conditions of each gate.

    A go list and a no-go list below one heading are two sides of the same gate.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.found: dict[tuple[int, str, int], list[tuple[int, str]]] = {}
        self.ends: dict[tuple[int, str, int], Ends] = {}

    def add(
        self,
        section: Section,
        role: Role,
        line: int,
        text: str,
        *,
        ends: Ends | None = None,
        column: int = 0,
        head: tuple[int, str] | None = None,
    ) -> None:
        """Add a condition.

        :param ends: the phases on both sides, where they are known.
        :param column: tells gates apart that have their conditions in the same rows.
        :param head: line and text of the item that names the gate, where no heading does.
        """
        if head is None:
            above = _gate_section(section)
            head = (above.line, above.title)
        key = (head[0], "no-go" if role is Role.NOGO else "go", column)
        self.found.setdefault(key, []).append((line, text))
        self.ends.setdefault(key, ends or self._between(section, line, head[1]))

    def _between(self, section: Section, line: int, title: str) -> Ends:
        """The phases on both sides: those its title names, else the one it stands in and the next."""
        context = self.context
        inside = context.facts.phase_at(line)
        named = (
            [phase for phase in context.named(title) if phase is not inside]
            if inside
            else context.named(title)
        )
        for ancestor in section.ancestors():
            if ancestor.is_phase or named:
                break
            named = context.named(ancestor.title)
        if inside is not None:
            target = next((phase for phase in named if phase is not inside), None)
            return inside, target or context.after(inside)
        if len(named) >= 2:
            return named[0], named[1]
        if named:
            if searcher("leaving").search(section.title):
                return named[0], context.after(named[0])
            return context.before(named[0]) or named[0], named[0]
        return None, None

    def result(self) -> list[Gate]:
        return [
            Gate(line, kind, *self.ends[line, kind, column], tuple(items))
            for (line, kind, column), items in sorted(self.found.items())
        ]


def _gate_section(section: Section) -> Section:
    """The heading that a go list and a no-go list stand under together."""
    parent = section.parent
    if (
        section.is_label
        and parent is not None
        and not parent.is_phase
        and parent.own_role in GATES
        and section.line - parent.line <= 60
    ):
        return parent
    return section
