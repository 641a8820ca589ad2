"""People named for a phase: from the lines that staff wrote to people, or to what is wrong with a line."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Membership, Participant, Selection
from cohorts.pages.people import NUMBER, language_name
from cohorts.pages.selections import NAMED_SHOWN
from cohorts.states import Method, SelectionState
from phases import permissions
from phases.models import Phase, Rollout
from rollout_portal.accounts.models import User
from rollout_portal.lib import words
from rollout_portal.lib.digests import fingerprint
from rollout_portal.outbox import addresses

MOST: Final = 1_000
"""Who needs more people than this wants a rule and a draw."""

_PROBLEMS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a list means.

    :ivar problems: what is wrong, a sentence for each line; nobody is named while there is one.
    """

    people: tuple[Participant, ...]
    problems: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The fingerprint of exactly these people, whatever the lines that led to them."""
        return fingerprint(sorted(str(person.uuid) for person in self.people))


@dataclass(frozen=True, slots=True)
class NamedRead:
    """The people of a list before they are named.

    :ivar facts: how many, which languages, where they came from.
    :ivar labels: their numbers, the first hundred.
    """

    sentence: str
    facts: tuple[dict[str, str], ...]
    labels: tuple[str, ...]
    more: int
    steps: tuple[str, ...]


def sources(rollout: Rollout) -> list[tuple[str, int]]:
    """Return where people who can be named came from, with how many; only what fits a list of names."""
    rows = Participant.objects.filter(rollout=rollout).drawable().exclude(source="").order_by("source")
    counted = rows.values_list("source").annotate(n=Count("pk")).filter(n__lte=MOST)
    return [(str(source), int(n)) for source, n in counted]


def lines_of(people: Iterable[Participant]) -> str:
    """Return people as lines that `read_lines` understands."""
    return "".join(f"{person.label}\n" for person in people)


def from_source(rollout: Rollout, source: str) -> list[Participant]:
    """Return the people of one source who can be named, by number."""
    rows = Participant.objects.filter(rollout=rollout, source=source).drawable()
    return list(rows.order_by("number")[:MOST])


def draft_of(phase: Phase) -> Selection | None:
    """Return the draft of named people that a new list of the phase would replace."""
    rows = phase.selections.filter(state=SelectionState.DRAFT, method=Method.NAMED)
    return rows.order_by("-number").first()


def people_of(selection: Selection) -> list[Participant]:
    """Return who is named in a selection, by number."""
    return list(Participant.objects.filter(places__selection=selection).order_by("number"))


def read_lines(phase: Phase, text: str, *, by_address: bool) -> Named:
    """Find the people whom `text` names, a number, an id or an address on each line: four queries at most.

    :param by_address: whether the reader may see names, and so find a person by the address.
    """
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        return Named((), (_("Write at least one line."),))
    if len(lines) > MOST:
        return Named(
            (),
            (
                _("%(n)s lines are too many; %(most)s is the most. Draw by a rule instead.")
                % {"n": words.number(len(lines)), "most": words.number(MOST)},
            ),
        )
    found = _Register.of(phase, [line for _n, line in lines], by_address=by_address)
    first: dict[int, int] = {}
    people, problems = [], []
    for n, line in lines:
        person, problem = found.look_up(line)
        if person is not None and person.pk in first:
            problem = _("%(person)s stands on line %(n)s already.") % {
                "person": person,
                "n": first[person.pk],
            }
        if person is None or problem:
            problems.append(_("Line %(n)s: %(problem)s") % {"n": n, "problem": problem})
        else:
            people.append(person)
        if person is not None:
            first.setdefault(person.pk, n)
    if len(problems) > _PROBLEMS_SHOWN:
        more = len(problems) - _PROBLEMS_SHOWN
        problems[_PROBLEMS_SHOWN:] = [ngettext("%s more line.", "%s more lines.", more) % words.number(more)]
    return Named(tuple(sorted(people, key=lambda person: person.number)), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Register:
    """Those of the register whom some lines may mean, looked up once for all lines."""

    by_number: Mapping[int, Participant]
    by_id: Mapping[str, Participant]
    by_digest: Mapping[str, Participant]
    seated: frozenset[int]
    by_address: bool

    @classmethod
    def of(cls, phase: Phase, lines: Sequence[str], *, by_address: bool) -> "_Register":
        numbers = [int(number[1]) for number in map(NUMBER.fullmatch, lines) if number]
        digests = [_digest(line) for line in lines if "@" in line] if by_address else []
        rows = list(
            Participant.objects.filter(rollout=phase.rollout)
            .filter(Q(number__in=numbers) | Q(external_id__in=lines) | Q(person__email_digest__in=digests))
            .select_related("person")
        )
        seats = Membership.objects.current().filter(phase=phase, participant__in=rows)
        return cls(
            by_number={row.number: row for row in rows},
            by_id={row.external_id: row for row in rows if row.external_id},
            by_digest={row.person.email_digest: row for row in rows if row.person.email_digest},
            seated=frozenset(seats.values_list("participant_id", flat=True)),
            by_address=by_address,
        )

    def look_up(self, line: str) -> tuple[Participant | None, str]:
        """Return whom a line means, and why that person cannot be named; the latter empty when she can."""
        number = NUMBER.fullmatch(line)
        named = self.by_number.get(int(number[1])) if number else None
        called = self.by_id.get(line)
        if named is not None and called is not None and named != called:
            said = {"line": line, "one": named, "other": called}
            return None, _("“%(line)s” is the number of %(one)s and the id of %(other)s. Write which.") % said
        person = named or called
        if person is None and "@" in line:
            if not self.by_address:
                return None, _("Your role does not find people by their address. Write the number or the id.")
            person = self.by_digest.get(_digest(line))
        if person is None:
            return None, _("Nobody in the register is “%s”.") % line
        return person, self._why_not(person)

    def _why_not(self, person: Participant) -> str:
        if person.pk in self.seated:
            return _("%s has a seat in it already.") % person
        if not person.is_drawable and person.opted_out_at is not None:
            return _("%s opted out of messages.") % person
        if not person.is_drawable:
            return _("%(person)s is not free: %(state)s.") % {
                "person": person,
                "state": str(person.get_state_display()).lower(),
            }
        return ""


def _digest(line: str) -> str:
    try:
        return addresses.digest(line)
    except UnicodeError:
        return ""


def read_named(phase: Phase, named: Named, by: User) -> NamedRead:
    """Return what naming these people means, before it is done."""
    people = named.people
    many = {"n": words.number(len(people)), "phase": phase.name}
    spoken = Counter(language_name(person.person.language) for person in people)
    came = Counter(person.source or _("not known") for person in people)
    facts = [
        (_("Languages"), _counted(spoken)),
        (_("Came from"), _counted(came)),
        (_("Planned"), words.number(phase.planned_size) if phase.planned_size else ""),
    ]
    return NamedRead(
        sentence=ngettext(
            "%(n)s person is on the list for “%(phase)s”, and is free.",
            "%(n)s people are on the list for “%(phase)s”, and all are free.",
            len(people),
        )
        % many,
        facts=tuple({"name": name, "value": value} for name, value in facts if value),
        labels=tuple(person.label for person in people[:NAMED_SHOWN]),
        more=max(0, len(people) - NAMED_SHOWN),
        steps=_steps(phase, len(people), by),
    )


def _counted(found: Counter[str]) -> str:
    return ", ".join(f"{name} {words.number(n)}" for name, n in found.most_common())


def _steps(phase: Phase, n: int, by: User) -> tuple[str, ...]:
    versions = phase.selections.filter(state__in=[SelectionState.DRAFT, SelectionState.APPLIED])
    states = {row.state: row.number for row in versions}
    steps = [
        ngettext("A draft is made with this person.", "A draft is made with these %(n)s people.", n)
        % {"n": words.number(n)}
    ]
    if SelectionState.DRAFT in states:
        steps.append(_("It replaces the draft that is there, version %s.") % states[SelectionState.DRAFT])
    approvers = permissions.holders("selection.approve", phase.rollout, without=by)
    steps.append(
        _("Nobody gets a seat before a second person approves it: %s.")
        % (approvers or permissions.roles_text("selection.approve"))
    )
    if SelectionState.APPLIED in states:
        steps.append(
            _("It then replaces version %s; whoever has a seat by that keeps it.")
            % states[SelectionState.APPLIED]
        )
    steps.append(_("Nobody is written to by it. Once approved, they can be let in, or invited."))
    return tuple(steps)
