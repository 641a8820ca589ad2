"""Ticking what was done, with who, when and the proof."""

from django.db import transaction
from django.utils.translation import gettext as _

from phases import permissions
from phases.attachments import Attachment
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import ChecklistItem
from phases.permissions import RoleName
from phases.services.guards import require_changeable
from phases.states import ItemState
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import record
from rollout_portal.jobs import files
from rollout_portal.lib import clock


@transaction.atomic
def tick_item(
    *, item: ChecklistItem, by: User, evidence: str = "", file: Attachment | None = None
) -> ChecklistItem:
    """Mark an open item as done. `evidence` is a link or a sentence, required where the plan says so."""
    locked = _locked_open(item, by)
    if locked.evidence_required and not evidence.strip() and file is None:
        raise Refused(_("“%s” needs evidence: a link, a sentence or a file.") % locked)
    _keep(locked, by, evidence, file)
    return _resolve(locked, ItemState.DONE, by, "checklist_item.done", reason="")


@transaction.atomic
def mark_not_applicable(
    *, item: ChecklistItem, by: User, reason: str, evidence: str = "", file: Attachment | None = None
) -> ChecklistItem:
    """Mark an open item as not applicable; it counts as resolved, and the reason stays with it."""
    locked = _locked_open(item, by)
    if not reason.strip():
        raise Refused(_("Say why “%s” does not apply.") % locked)
    locked.reason = reason.strip()
    _keep(locked, by, evidence, file)
    return _resolve(locked, ItemState.NOT_APPLICABLE, by, "checklist_item.not_applicable", reason=reason)


@transaction.atomic
def reopen_item(*, item: ChecklistItem, by: User, reason: str) -> ChecklistItem:
    """Take a tick back, with a reason. Signatures that rest on the tick become stale by that."""
    locked = _locked(item, by)
    if locked.state == ItemState.OPEN:
        raise WrongState(_("“%s” is open already.") % locked)
    if not reason.strip():
        raise Refused(_("Say why “%s” is open again.") % locked)
    before = _state_of(locked)
    locked.state, locked.resolved_by, locked.resolved_at = ItemState.OPEN, None, None
    locked.evidence, locked.evidence_file, locked.reason = "", None, ""
    locked.save()
    record(
        actor=by,
        verb="checklist_item.reopened",
        obj=locked,
        scope=locked.rollout.uuid,
        reason=reason,
        before=before,
        after=_state_of(locked),
    )
    return locked


def _locked(item: ChecklistItem, by: User) -> ChecklistItem:
    locked = ChecklistItem.objects.select_for_update(of=("self",)).select_related("rollout").get(pk=item.pk)
    permissions.require(by, "checklist.tick", locked.rollout)
    require_changeable(locked.rollout)
    refusal = owner_refusal(locked, permissions.roles_of(by, locked.rollout))
    if refusal:
        raise PermissionRefused(refusal)
    return locked


def owner_refusal(item: ChecklistItem, roles: frozenset[RoleName]) -> str:
    """Say whose item it is when none of `roles` may tick it; empty when one may. The page asks the same."""
    if not item.owner_role or roles & {RoleName(item.owner_role), RoleName.PRODUCT_OWNER}:
        return ""
    return _("“%(item)s” belongs to the %(owner)s. The product owner can tick it too.") % {
        "item": item,
        "owner": item.get_owner_role_display().lower(),
    }


def _locked_open(item: ChecklistItem, by: User) -> ChecklistItem:
    locked = _locked(item, by)
    if locked.state != ItemState.OPEN:
        raise WrongState(
            _("%(person)s resolved “%(item)s” already.") % {"person": locked.resolved_by, "item": locked}
        )
    return locked


def _keep(item: ChecklistItem, by: User, evidence: str, file: Attachment | None) -> None:
    """Put evidence beside an item. A file is stored only now, when nothing refuses the act any more."""
    item.evidence = evidence.strip()
    if file is not None:
        item.evidence_file = files.store(
            content=file.content,
            name=file.name,
            content_type=file.content_type,
            scope=item.rollout.uuid,
            by=by,
        )


def _resolve(item: ChecklistItem, state: ItemState, by: User, verb: str, *, reason: str) -> ChecklistItem:
    item.state, item.resolved_by, item.resolved_at = state, by, clock.now()
    item.save()
    record(
        actor=by,
        verb=verb,
        obj=item,
        scope=item.rollout.uuid,
        reason=reason,
        before={"state": ItemState.OPEN},
        after=_state_of(item),
    )
    return item


def _state_of(item: ChecklistItem) -> dict[str, object]:
    return {
        "state": item.state,
        "evidence": item.evidence,
        "file": item.evidence_file.digest if item.evidence_file else None,
        "reason": item.reason,
    }
