"""Lines into the register, a thousand at a time: who is new, who changed, who must stay out.

The same code looks and writes: a dry run only leaves the writing out. A person is found by the id in the
product, else by the address. Whoever asked to be erased is refused, whoever left is left alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from cohorts.importing.lines import Line, LineReader, plain
from cohorts.importing.reader import Problem, Row
from cohorts.keys import key_after_erasure, lock_register, take_numbers
from cohorts.models import ConsentEvent, Participant, ParticipantImport, Person
from cohorts.models.people import ERASED_KEY
from cohorts.states import ConsentChange, How, ParticipantState, Purpose
from phases.models import Rollout
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.outbox import addresses

CHUNK: Final = 1_000
_PERSON_FIELDS: Final = ("email", "email_digest", "name", "language", "time_zone")


@dataclass(slots=True)
class Counts:
    """What became of the lines."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    kept_out: int = 0
    errors: int = 0


@dataclass(slots=True)
class Chunk:
    """What a chunk of lines comes to, before anything is written."""

    new: list[Line] = field(default_factory=list)
    changed_people: list[Person] = field(default_factory=list)
    changed: list[Participant] = field(default_factory=list)
    bad: list[tuple[list[str], list[Problem]]] = field(default_factory=list)


class Writer:
    """Takes the rows of one import, chunk by chunk.

    :param by: who asked for the look or the import, not who read the file.
    """

    def __init__(
        self, imported: ParticipantImport, reader: LineReader, *, by: User | None, write: bool
    ) -> None:
        self._import = imported
        self._rollout = imported.rollout
        self._reader = reader
        self._by = by
        self._write = write
        self._now = clock.now()
        self._seen: dict[str, int] = {}
        self._erased = Erased(imported.rollout)
        self.counts = Counts()

    def take(self, rows: Sequence[Row]) -> list[tuple[list[str], list[Problem]]]:
        """Look at a chunk of rows, write what holds, and return the bad ones with their problems."""
        if not self._write:
            return self._look(rows)[1]
        with transaction.atomic():
            # Two imports into one register wait for each other; both see who is there already.
            register = lock_register(self._rollout)
            chunk, bad = self._look(rows)
            self._store(chunk, take_numbers(register, len(chunk.new)))
        return bad

    def _look(self, rows: Sequence[Row]) -> tuple[Chunk, list[tuple[list[str], list[Problem]]]]:
        chunk = Chunk()
        lines = []
        for row in rows:
            read = self._reader.read(row)
            if isinstance(read, Line):
                twin = self._twin(read)
                read = [twin] if twin else read
            if isinstance(read, Line):
                lines.append(read)
            else:
                chunk.bad.append((row.cells, read))
        known = Known.load(self._rollout.pk, lines)
        for line in lines:
            self._place(line, known, chunk)
        self.counts.rows += len(rows)
        self.counts.errors += len(chunk.bad)
        chunk.bad = [([] if self._erased.are_in(cells) else cells, found) for cells, found in chunk.bad]
        chunk.bad.sort(key=lambda bad: bad[1][0].line)
        return chunk, chunk.bad

    def _twin(self, line: Line) -> Problem | None:
        """Return a problem when an earlier line of the file is about the same person."""
        for kind, value in (("address", line.email_digest), ("key", line.selection_key)):
            first = self._seen.setdefault(f"{kind}:{value}", line.number) if value else line.number
            if first != line.number:
                words = _("The same person stands in line %(n)s, which is used.") % {"n": first}
                return Problem(line.number, "", words)
        return None

    def _place(self, line: Line, known: "Known", chunk: Chunk) -> None:
        problem = known.problem(line)
        if problem:
            chunk.bad.append((line.cells, [Problem(line.number, "", problem)]))
            return
        participant = known.participant(line)
        if participant is None:
            self.counts.new += 1
            chunk.new.append(line)
            person = known.person(line)
            if person is not None:
                self._change_person(line, person, known, chunk)
            return
        if participant.state == ParticipantState.LEFT:
            self.counts.kept_out += 1
            return
        changed = self._change_person(line, participant.person, known, chunk)
        changed |= self._change_participant(line, participant, chunk)
        if participant.opted_out_at is not None:
            self.counts.kept_out += 1
        elif changed:
            self.counts.changed += 1
        else:
            self.counts.unchanged += 1

    def _change_person(self, line: Line, person: Person, known: "Known", chunk: Chunk) -> bool:
        """Put what the line says onto the person; return whether anything is different.

        Who takes part elsewhere too is everybody's: only what is not known yet is filled in.
        """
        changed, is_shared = False, person.pk in known.shared
        for name in ("name", "language", "time_zone"):
            said, before = getattr(line, name), getattr(person, name)
            if said and before != said and not (is_shared and before):
                setattr(person, name, said)
                changed = True
        if line.email_digest and line.email_digest != person.email_digest:
            person.email, person.email_digest = line.email, line.email_digest
            changed = True
        if changed:
            chunk.changed_people.append(person)
        return changed

    def _change_participant(self, line: Line, participant: Participant, chunk: Chunk) -> bool:
        merged = participant.attributes | line.attributes
        named = bool(line.external_id) and not participant.external_id
        if merged == participant.attributes and not named:
            return False
        participant.attributes = merged
        participant.external_id = participant.external_id or line.external_id
        chunk.changed.append(participant)
        return True

    def _store(self, chunk: Chunk, numbers: Iterable[int]) -> None:
        people = _new_people(chunk.new)
        participants = [
            Participant(
                rollout=self._rollout,
                person=person,
                number=number,
                external_id=line.external_id,
                selection_key=line.selection_key,
                attributes=line.attributes,
                source=self._import.source,
                came_by=self._import,
                state_at=self._now,
                created_at=self._now,
            )
            for line, person, number in zip(chunk.new, people, numbers, strict=False)
        ]
        Participant.objects.bulk_create(participants)
        if self._import.consent_on is not None:
            agreed = datetime.combine(self._import.consent_on, datetime.min.time(), self._rollout.zone)
            ConsentEvent.objects.bulk_create(
                ConsentEvent(
                    participant=participant,
                    purpose=Purpose.CONTACT,
                    change=ConsentChange.GIVEN,
                    wording=self._import.consent_wording,
                    how=How.IMPORT,
                    at=agreed,
                    by=self._by,
                )
                for participant in participants
            )
        Person.objects.bulk_update(chunk.changed_people, _PERSON_FIELDS, batch_size=CHUNK)
        Participant.objects.bulk_update(chunk.changed, ["attributes", "external_id"], batch_size=CHUNK)


def _new_people(lines: Sequence[Line]) -> list[Person]:
    """Return the people of new lines in their order, made or found: one may be known from another rollout."""
    with_address = [line for line in lines if line.email]
    Person.objects.bulk_create((_person(line) for line in with_address), ignore_conflicts=True)
    digests = [line.email_digest for line in with_address]
    by_digest = {person.email_digest: person for person in Person.objects.filter(email_digest__in=digests)}
    nameless = iter(Person.objects.bulk_create(_person(line) for line in lines if not line.email))
    return [by_digest[line.email_digest] if line.email else next(nameless) for line in lines]


def _person(line: Line) -> Person:
    return Person(
        email=line.email,
        email_digest=line.email_digest or None,
        name=line.name,
        language=line.language,
        time_zone=line.time_zone,
    )


class Known:
    """Who is there already, for one chunk: six queries, whatever its size.

    :ivar shared: the people who take part in another rollout, by their ids.
    """

    def __init__(
        self, people: dict[str, Person], participants: Iterable[Participant], shared: Iterable[int]
    ) -> None:
        self._people = people
        self.shared = frozenset(shared)
        rows = list(participants)
        self._by_person = {row.person_id: row for row in rows}
        self._by_external = {row.external_id: row for row in rows if row.external_id}
        self._by_key = {row.selection_key: row for row in rows}

    @classmethod
    def load(cls, rollout: int, lines: Sequence[Line]) -> "Known":
        digests = [line.email_digest for line in lines if line.email_digest]
        ids = [line.external_id for line in lines if line.external_id]
        keys = [line.selection_key for line in lines]
        people = {
            person.email_digest: person
            for person in Person.objects.filter(email_digest__in=digests)
            if person.email_digest
        }
        rows = Participant.objects.filter(rollout=rollout).order_by()
        # Three narrow questions, each with its own index: one with OR reads the whole register.
        wanted = (
            rows.filter(person__in=[person.pk for person in people.values()]),
            rows.filter(external_id__in=ids).exclude(external_id=""),
            rows.filter(selection_key__in=[*keys, *(key_after_erasure(key) for key in keys)]),
        )
        pks = {pk for question in wanted for pk in question.values_list("pk", flat=True)}
        found = list(Participant.objects.filter(pk__in=pks).select_related("person"))
        for row in found:
            # One object per person, so that two lines never write different copies.
            if row.person.email_digest in people:
                row.person = people[row.person.email_digest]
        everybody = {person.pk for person in people.values()} | {row.person_id for row in found}
        elsewhere = Participant.objects.filter(person__in=everybody).exclude(rollout=rollout).order_by()
        return cls(people, found, elsewhere.values_list("person_id", flat=True).distinct())

    def person(self, line: Line) -> Person | None:
        """Return the person at the line's address, known from here or from another rollout."""
        return self._people.get(line.email_digest)

    def participant(self, line: Line) -> Participant | None:
        """Return the participant whom the line is about."""
        person = self._people.get(line.email_digest)
        by_person = self._by_person.get(person.pk) if person else None
        return self._by_external.get(line.external_id) or by_person

    def problem(self, line: Line) -> str:
        """Return why the line cannot be used, or nothing."""
        person = self._people.get(line.email_digest)
        if (person and person.erased_at) or key_after_erasure(line.selection_key) in self._by_key:
            return _("This person asked to be erased and is not added again.")
        by_id = self._by_external.get(line.external_id)
        by_address = self._by_person.get(person.pk) if person else None
        if by_id and by_address and by_id.pk != by_address.pk:
            return _("The id belongs to %(one)s, the address to %(other)s.") % {
                "one": by_id,
                "other": by_address,
            }
        if by_id and person and by_id.person_id != person.pk:
            return _("The id belongs to %(one)s, who has another address.") % {"one": by_id}
        if by_address and line.external_id and by_address.external_id not in ("", line.external_id):
            return _("%(one)s has another id in the product.") % {"one": by_address}
        same_key = self._by_key.get(line.selection_key)
        if same_key and self.participant(line) is None:
            return _("%(one)s has this id or address in earlier draws.") % {"one": same_key}
        return self._differs_elsewhere(line)

    def _differs_elsewhere(self, line: Line) -> str:
        """Return what the line would change about somebody who takes part in another rollout too."""
        participant = self.participant(line)
        person = participant.person if participant else self.person(line)
        if person is None or person.pk not in self.shared:
            return ""
        if line.email_digest and person.email_digest and line.email_digest != person.email_digest:
            return _(
                "This person also takes part in another rollout, by another address. Leave the cell empty."
            )
        if line.language and person.language and line.language != person.language:
            return _(
                "This person also takes part in another rollout, in another language. Leave the cell empty; "
                "she can change it on “My data”."
            )
        return ""


class Erased:
    """Who asked to be forgotten: no cell of theirs is kept, in whichever column of a bad line it stands."""

    def __init__(self, rollout: Rollout) -> None:
        gone = Person.objects.filter(erased_at__isnull=False, email_digest__isnull=False)
        self._addresses = frozenset(gone.values_list("email_digest", flat=True))
        keys = Participant.objects.filter(rollout=rollout, selection_key__startswith=ERASED_KEY)
        self._keys = frozenset(keys.values_list("selection_key", flat=True))

    def are_in(self, cells: Iterable[str]) -> bool:
        """Tell whether one of the cells holds the address or the id of an erased person."""
        if not self._addresses and not self._keys:
            return False
        return any(
            key_after_erasure(plain(cell)) in self._keys
            or any(addresses.digest(found) in self._addresses for found in addresses.mentioned(cell))
            for cell in cells
        )


def as_json(counts: Counts) -> dict[str, Any]:
    """Return the counts for a job's result."""
    return {name: getattr(counts, name) for name in Counts.__slots__}
