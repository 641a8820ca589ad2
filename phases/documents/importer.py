"""From a plan file to a rollout: all of it, or nothing; and never over what has happened."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from phases import permissions
from phases.documents.differences import Difference, differences
from phases.documents.document import VERSION, Document, adapter_of, parse
from phases.documents.exporter import plain_plan
from phases.documents.problems import PlanRefused, Problem, ReasonMissing
from phases.documents.rows import runs
from phases.exceptions import Refused
from phases.models import Rollout
from phases.permissions import RoleName
from phases.registry import PlanProblem, PlanSection, plan_sections
from phases.services.criteria import CHANGED
from phases.services.rollouts import give_role
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import Actor, record
from rollout_portal.lib.digests import fingerprint

HEADER = "rollout"
_MOST_LINES: Final = 200


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or with `dry_run` would have done.

    :ivar rollout: the rollout; None after a dry run that would have made it.
    :ivar is_new: whether it was not there before.
    :ivar counts: how many things of each kind the file plans.
    :ivar changes: one line for each difference to what was there.
    :ivar warnings: what may be taken but should be looked at.
    :ivar runs: whether the rollout has begun, so that changing its plan takes a reason.
    """

    slug: str
    rollout: Rollout | None
    is_new: bool
    counts: Mapping[str, int]
    changes: list[str]
    warnings: list[Problem]
    runs: bool = False


class _Undo(Exception):
    """Takes a transaction back and carries out what was found in it."""

    def __init__(self, result: Imported) -> None:
        super().__init__()
        self.result = result


def import_plan(
    *,
    data: bytes,
    source: str,
    by: Actor,
    owner: User | None = None,
    dry_run: bool = False,
    reason: str = "",
) -> Imported:
    """Make a draft rollout from a plan file, or bring a rollout to what the file says.

    Things are found again by their codes: those that the file adds are added, those that differ are
    changed, those that it no longer has are removed unless they have history. In a rollout that runs, what
    has happened is history: a phase that has started, a gate that was signed, a ticked item; a file that
    would change that is refused whole.

    :param source: the name of the file, for the record.
    :param owner: becomes product owner of the rollout.
    :param dry_run: find out everything and change nothing.
    :param reason: why a rollout that runs is changed; without one it is not.
    :raises PlanRefused: with every problem found, each with line and column; nothing was changed.
    :raises ReasonMissing: when the rollout runs, the file would change it, and nobody said why.
    :raises Refused: when the rollout may not be changed from a file.
    """
    document = parse(data)
    if HEADER not in document.sections:
        raise PlanRefused([Problem(1, 1, _("The section “rollout” is missing: it names the rollout."))])
    try:
        with transaction.atomic():
            act = _Act(data=data, source=source, by=by, dry_run=dry_run, reason=reason.strip())
            result = _loaded(document, act)
            if owner is not None and result.rollout is not None and not dry_run:
                give_role(rollout=result.rollout, user=owner, role=RoleName.PRODUCT_OWNER, by=by)
    except IntegrityError as error:
        raise Refused(
            _("The database refused a part of the plan, and nothing was changed: %s") % error
        ) from error
    return result


@dataclass(frozen=True, slots=True)
class _Act:
    """What an import was asked to do."""

    data: bytes
    source: str
    by: Actor
    dry_run: bool
    reason: str


def _loaded(document: Document, act: _Act) -> Imported:
    """Load the document, and take that back when nothing is to change."""
    try:
        with transaction.atomic():
            result = _load(document, act)
            if act.dry_run or not (result.is_new or result.changes):
                raise _Undo(replace(result, rollout=None) if result.is_new else result)
    except _Undo as undone:
        return undone.result
    return result


def _load(document: Document, act: _Act) -> Imported:
    header = document.sections[HEADER]
    rollout = Rollout.objects.select_for_update().filter(slug=header.slug).first()
    is_new = rollout is None
    before = plain_plan(rollout) if rollout else {}
    if rollout is None:
        rollout = Rollout.objects.create(slug=header.slug, name=header.name)
    if rollout.is_over and differences(before, _plain(document)):
        raise Refused(_("“%s” is over: its plan is read, not changed.") % rollout)
    if runs(rollout) and isinstance(act.by, User):
        permissions.require(act.by, "rollout.edit", rollout)
    try:
        warnings = _write(document, rollout, act.by)
    except PlanRefused as refused:
        changes = [] if is_new else differences(before, _plain(document))
        raise PlanRefused(refused.problems, [str(change) for change in changes]) from None
    after = plain_plan(rollout)
    changes = [] if is_new else differences(before, after)
    lines = [str(change) for change in changes]
    if changes and runs(rollout) and not act.reason and not act.dry_run:
        raise ReasonMissing(rollout.name, lines)
    counts = document.counts()
    if is_new or changes:
        prints = (None if is_new else fingerprint(before), fingerprint(after))
        _record(rollout, act, changes, prints=prints, counts=counts)
    return Imported(header.slug, rollout, is_new, counts, lines, warnings, runs(rollout))


def _plain(document: Document) -> dict[str, Any]:
    """Return what the file says, as plain data."""
    sections = plan_sections()
    return {"version": VERSION} | {
        name: adapter_of(sections[name]).dump_python(plan, exclude_defaults=True)
        for name, plan in document.sections.items()
    }


def _record(
    rollout: Rollout,
    act: _Act,
    changes: Sequence[Difference],
    *,
    prints: tuple[str | None, str],
    counts: Mapping[str, int],
) -> None:
    """Put the import on the record; in a rollout that runs, each rule of a gate that it shaped too."""
    record(
        actor=act.by,
        verb="rollout.imported",
        obj=rollout,
        scope=rollout.uuid,
        reason=act.reason,
        before=None if prints[0] is None else {"plan": prints[0]},
        after={
            "plan": prints[1],
            "file": act.source,
            "digest": hashlib.sha256(act.data).hexdigest(),
            "counts": dict(counts),
            "changes": len(changes),
        }
        | ({"lines": [str(change) for change in changes[:_MOST_LINES]]} if runs(rollout) else {}),
    )
    if not runs(rollout):
        return
    # Who shapes a rule cannot be the only one to sign its gate; that is read from these entries.
    for row in rollout.criterions.filter(code__in=_shaped(changes)):
        record(actor=act.by, verb=CHANGED, obj=row, scope=rollout.uuid, reason=act.reason)


def _shaped(changes: Sequence[Difference]) -> set[str]:
    """Return the codes of the criteria that the changes added or changed."""
    return {
        code
        for change in changes
        if change.path[:1] == ("gates",)
        for key, code in zip(change.path[2::2], change.path[3::2], strict=False)
        if key in ("criteria", "all_of")
    }


def _write(document: Document, rollout: Rollout, by: Actor) -> list[Problem]:
    """Load every section, then remove what the file no longer has. Returns the warnings.

    :raises PlanRefused: with what the rooms found.
    """
    person = by if isinstance(by, User) else None
    sections = {
        name: (section, document.sections[name] if name in document.sections else _empty(section))
        for name, section in plan_sections().items()
    }
    found = [
        (name, problem)
        for name, (section, plan) in sections.items()
        for problem in section.load(rollout, plan, person)
    ]
    _refuse(document, found)
    stays = [
        (name, problem)
        for name, (section, plan) in reversed(sections.items())
        if section.prune is not None
        for problem in section.prune(rollout, plan)
    ]
    _refuse(document, stays)
    return sorted(document.problem_at(name, problem) for name, problem in found)


def _refuse(document: Document, found: list[tuple[str, PlanProblem]]) -> None:
    problems = [document.problem_at(name, problem) for name, problem in found if not problem.is_warning]
    if problems:
        raise PlanRefused(problems)


def _empty(section: PlanSection) -> Any:
    """Return the section as it is when a file leaves it out: an empty list, or a group of defaults."""
    adapter = adapter_of(section)
    try:
        return adapter.validate_python([])
    except ValidationError:
        return adapter.validate_python({})
