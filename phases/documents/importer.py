"""From a plan file to a draft rollout: all of it, or nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from phases.documents.differences import differences
from phases.documents.document import Document, adapter_of, parse
from phases.documents.exporter import plain_plan
from phases.documents.problems import PlanRefused, Problem
from phases.exceptions import Refused
from phases.models import Rollout
from phases.permissions import RoleName
from phases.registry import PlanProblem, PlanSection, plan_sections
from phases.services.rollouts import give_role
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import Actor, record
from rollout_portal.lib.digests import fingerprint

HEADER = "rollout"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or with `dry_run` would have done.

    :ivar rollout: the rollout; None after a dry run that would have made it.
    :ivar is_new: whether it was not there before.
    :ivar counts: how many things of each kind the file plans.
    :ivar changes: one line for each difference to what was there.
    :ivar warnings: what may be taken but should be looked at.
    """

    slug: str
    rollout: Rollout | None
    is_new: bool
    counts: Mapping[str, int]
    changes: list[str]
    warnings: list[Problem]


class _Undo(Exception):
    """Takes a transaction back and carries out what was found in it."""

    def __init__(self, result: Imported) -> None:
        super().__init__()
        self.result = result


def import_plan(
    *, data: bytes, source: str, by: Actor, owner: User | None = None, dry_run: bool = False
) -> Imported:
    """Make a draft rollout from a plan file, or bring a draft to what the file says.

    Things are found again by their codes: those that the file adds are added, those that differ are
    changed, those that it no longer has are removed unless they have history. A rollout that has started
    is not changed from a file.

    :param source: the name of the file, for the record.
    :param owner: becomes product owner of the rollout.
    :param dry_run: find out everything and change nothing.
    :raises PlanRefused: with every problem found, each with line and column; nothing was changed.
    :raises Refused: when the rollout may not be changed from a file.
    """
    document = parse(data)
    if HEADER not in document.sections:
        raise PlanRefused([Problem(1, 1, _("The section “rollout” is missing: it names the rollout."))])
    try:
        with transaction.atomic():
            result = _loaded(document, data=data, source=source, by=by, dry_run=dry_run)
            if owner is not None and result.rollout is not None and not dry_run:
                give_role(rollout=result.rollout, user=owner, role=RoleName.PRODUCT_OWNER, by=by)
    except IntegrityError as error:
        raise Refused(
            _("The database refused a part of the plan, and nothing was changed: %s") % error
        ) from error
    return result


def _loaded(document: Document, *, data: bytes, source: str, by: Actor, dry_run: bool) -> Imported:
    """Load the document, and take that back when nothing is to change."""
    try:
        with transaction.atomic():
            result = _load(document, data=data, source=source, by=by)
            if dry_run or not (result.is_new or result.changes):
                raise _Undo(replace(result, rollout=None) if result.is_new else result)
    except _Undo as undone:
        return undone.result
    return result


def _load(document: Document, *, data: bytes, source: str, by: Actor) -> Imported:
    header = document.sections[HEADER]
    rollout = Rollout.objects.select_for_update().filter(slug=header.slug).first()
    is_new = rollout is None
    before = plain_plan(rollout) if rollout else {}
    if rollout is None:
        rollout = Rollout.objects.create(slug=header.slug, name=header.name)
    warnings = _write(document, rollout, by)
    after = plain_plan(rollout)
    changes = [] if is_new else differences(before, after)
    if changes and rollout.state != RolloutState.DRAFT:
        raise Refused(_not_a_draft(rollout, changes))
    counts = document.counts()
    if is_new or changes:
        record(
            actor=by,
            verb="rollout.imported",
            obj=rollout,
            scope=rollout.uuid,
            before=None if is_new else {"plan": fingerprint(before)},
            after={
                "plan": fingerprint(after),
                "file": source,
                "digest": hashlib.sha256(data).hexdigest(),
                "counts": dict(counts),
                "changes": len(changes),
            },
        )
    return Imported(header.slug, rollout, is_new, counts, changes, warnings)


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


def _not_a_draft(rollout: Rollout, changes: list[str]) -> str:
    shown = "\n".join(changes[:20])
    return _(
        "“%(rollout)s” is %(state)s, and a plan file only changes a draft. Nothing was changed. "
        "Change it in the console, where each change keeps its reason. "
        "The file would have changed:\n%(changes)s"
    ) % {"rollout": rollout, "state": rollout.get_state_display().lower(), "changes": shown}
