"""Accepting what the linter found, with a reason, and opening it again."""

from django.db import transaction
from django.utils.translation import gettext as _

from phases import permissions
from phases.documents.linter import Found
from phases.exceptions import Refused
from phases.models import Rollout, SettledFinding
from phases.services.guards import require_changeable
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import record
from rollout_portal.lib import clock


@transaction.atomic
def accept_finding(*, rollout: Rollout, found: Found, by: User, reason: str) -> SettledFinding:
    """Record that a finding is meant as it stands. A finding that is accepted already is returned.

    :raises Refused: without a reason, or when the rollout takes no changes any more.
    """
    locked = Rollout.objects.select_for_update().get(pk=rollout.pk)
    permissions.require(by, "rollout.edit", locked)
    require_changeable(locked)
    if not reason.strip():
        raise Refused(_("Say why it is meant as it stands."))
    settled, is_new = SettledFinding.objects.get_or_create(
        rollout=locked,
        key=found.key,
        reopened_at=None,
        defaults={
            "rule": found.rule.name,
            "words": found.finding.text,
            "reason": reason.strip(),
            "by": by,
            "at": clock.now(),
        },
    )
    if is_new:
        record(
            actor=by,
            verb="finding.accepted",
            obj=settled,
            scope=locked.uuid,
            reason=settled.reason,
            after={"rule": settled.rule, "key": settled.key, "words": settled.words},
        )
    return settled


@transaction.atomic
def reopen_finding(*, settled: SettledFinding, by: User) -> None:
    """Take the acceptance back; the row stays as history."""
    locked = SettledFinding.objects.select_for_update().select_related("rollout").get(pk=settled.pk)
    permissions.require(by, "rollout.edit", locked.rollout)
    require_changeable(locked.rollout)
    if locked.reopened_at is not None:
        return
    locked.reopened_at = clock.now()
    locked.save(update_fields=["reopened_at"])
    record(
        actor=by,
        verb="finding.reopened",
        obj=locked,
        scope=locked.rollout.uuid,
        before={"rule": locked.rule, "key": locked.key, "words": locked.words},
    )
