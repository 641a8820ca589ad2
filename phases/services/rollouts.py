"""The rollout itself and the roles in it."""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from phases import permissions
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import Evidence, Role, Rollout
from phases.permissions import RoleName
from phases.services import decisions
from phases.states import OVER, PhaseState, RolloutState
from rollout_portal.accounts.models import StaffInvitation, User
from rollout_portal.accounts.services import mint_link, prepare_invitation
from rollout_portal.audit.services import Actor, record
from rollout_portal.lib import clock, words
from rollout_portal.outbox import links, templates
from rollout_portal.outbox import services as outbox
from rollout_portal.outbox.models import Message

STAFF_LINK = "phases.staff_invitation"


@transaction.atomic
def give_role(*, rollout: Rollout, user: User, role: RoleName, by: Actor, reason: str = "") -> Role:
    """Give `user` a role in `rollout`; the one who already holds it keeps it.

    `by` needs the act role.manage and cannot be the person who gets the role.
    """
    if isinstance(by, User):
        permissions.require(by, "role.manage", rollout)
        if by.pk == user.pk:
            raise PermissionRefused(
                _("Nobody gives a role to themselves. Ask another administrator of this rollout.")
            )
    if not user.is_active:
        raise Refused(_("The account of %s is switched off.") % user)
    # The rollout's row serialises changes of roles, so that no role is given twice at once.
    Rollout.objects.select_for_update().get(pk=rollout.pk)
    held = rollout.roles.filter(user=user, role=role, ended_at__isnull=True).first()
    if held is not None:
        return held
    given = Role.objects.create(
        rollout=rollout, user=user, role=role, given_by=by if isinstance(by, User) else None
    )
    record(
        actor=by,
        verb="role.given",
        obj=given,
        scope=rollout.uuid,
        reason=reason,
        after={"person": user.uuid, "role": role},
    )
    return given


@transaction.atomic
def end_role(*, role: Role, by: Actor, reason: str) -> Role:
    """End a role now. Signatures that counted on it become stale by that."""
    locked = Role.objects.select_for_update().select_related("rollout", "user").get(pk=role.pk)
    if isinstance(by, User):
        permissions.require(by, "role.manage", locked.rollout)
    if locked.ended_at is not None:
        return locked
    locked.ended_at = clock.now()
    locked.save(update_fields=["ended_at"])
    record(
        actor=by,
        verb="role.ended",
        obj=locked,
        scope=locked.rollout.uuid,
        reason=reason,
        before={"person": locked.user.uuid, "role": locked.role},
    )
    return locked


@transaction.atomic
def start_rollout(*, rollout: Rollout, by: User, anchor: date | None = None) -> Rollout:
    """Turn a draft into a running rollout; `anchor` becomes the first day of plan week 1.

    Raises WrongState when it is not a draft, Refused when there is no phase or no first day.
    """
    permissions.require(by, "rollout.edit", rollout)
    locked = Rollout.objects.select_for_update().get(pk=rollout.pk)
    if locked.state != RolloutState.DRAFT:
        raise WrongState(_("“%s” has started already.") % locked)
    locked.anchor = anchor or locked.anchor
    if locked.anchor is None:
        raise Refused(_("Name the first day of plan week 1, so that the plan's weeks become dates."))
    if not locked.phases.exists():
        raise Refused(_("The plan has no phase yet. Add one before you start."))
    locked.state, locked.started_at = RolloutState.ACTIVE, clock.now()
    locked.save(update_fields=["state", "started_at", "anchor"])
    record(
        actor=by,
        verb="rollout.started",
        obj=locked,
        scope=locked.uuid,
        before={"state": RolloutState.DRAFT},
        after={"state": locked.state, "anchor": locked.anchor},
    )
    return locked


@transaction.atomic
def discard_rollout(*, rollout: Rollout, by: User, reason: str) -> Rollout:
    """Put a draft away, with a reason. Nothing is deleted; a running rollout cannot be discarded."""
    permissions.require(by, "rollout.edit", rollout)
    locked = Rollout.objects.select_for_update().get(pk=rollout.pk)
    if locked.state != RolloutState.DRAFT:
        raise WrongState(_("Only a draft can be discarded. “%s” has started.") % locked)
    if not reason.strip():
        raise Refused(_("Say why the draft is discarded."))
    locked.state, locked.ended_at = RolloutState.DISCARDED, clock.now()
    locked.save(update_fields=["state", "ended_at"])
    record(
        actor=by,
        verb="rollout.discarded",
        obj=locked,
        scope=locked.uuid,
        reason=reason,
        before={"state": RolloutState.DRAFT},
        after={"state": locked.state},
    )
    return locked


@transaction.atomic
def close_rollout(*, rollout: Rollout, by: User, reason: str) -> Rollout:
    """Close a rollout whose phases are all over, on its closing gate if it has one; it is read-only then.

    Raises WrongState while a phase is not over, GateNotReady while a closing gate is not go.
    """
    permissions.require(by, "rollout.close", rollout)
    locked = Rollout.objects.select_for_update().get(pk=rollout.pk)
    evidences = closable(locked)
    if not reason.strip():
        raise Refused(_("Say why the rollout is closed. The reason stands in the record."))
    locked.state, locked.ended_at = RolloutState.CLOSED, clock.now()
    locked.save(update_fields=["state", "ended_at"])
    for evidence in evidences:
        decisions.close(evidence, _("used: the rollout was closed"), at=locked.ended_at)
    record(
        actor=by,
        verb="rollout.closed",
        obj=locked,
        scope=locked.uuid,
        reason=reason,
        before={"state": RolloutState.ACTIVE},
        after={"state": locked.state, "evidences": [evidence.digest for evidence in evidences]},
        at=locked.ended_at,
    )
    return locked


def closable(rollout: Rollout) -> list[Evidence]:
    """Return the evidence of every closing gate, on which `rollout` may be closed now, or refuse.

    Empty where the plan names no closing gate. Reads only: the page asks the same as the service.
    """
    if rollout.state != RolloutState.ACTIVE:
        raise WrongState(_("Only a running rollout is closed. “%s” does not run.") % rollout)
    going_on = rollout.phases.exclude(state__in=OVER).order_by("position", "pk").first()
    if going_on is not None:
        raise WrongState(
            _("“%(phase)s” is %(state)s. Complete it or leave it out first.")
            % {"phase": going_on, "state": going_on.get_state_display().lower()}
        )
    closing = rollout.gates.filter(to_phase__isnull=True).exclude(from_phase__state=PhaseState.SKIPPED)
    return [
        decisions.require_open(gate)
        for gate in closing.select_related("rollout", "from_phase").order_by("position", "pk")
    ]


@transaction.atomic
def invite_member(*, rollout: Rollout, email: str, name: str, role: RoleName, by: User) -> Role:
    """Give a role to the account of `email`; somebody new is invited by mail to choose a password."""
    permissions.require(by, "role.manage", rollout)
    known = User.objects.filter(email__iexact=email).first()
    if known is not None and known.has_usable_password():
        return give_role(rollout=rollout, user=known, role=role, by=by)
    invitation = prepare_invitation(email=email, name=name, by=by)
    given = give_role(rollout=rollout, user=invitation.user, role=role, by=by)
    outbox.send_staff_invitation(
        key=f"staff-invitation:{invitation.uuid}",
        to=invitation.user.email,
        name=invitation.user.name,
        invited_by=by.name,
        role=str(role.label).lower(),
        rollout=rollout.name,
        accept_link=links.to(STAFF_LINK, invitation.uuid),
        valid_until=words.moment(invitation.expires_at, rollout.time_zone, now=clock.now(), paper=True).text,
        scope=rollout.uuid,
        reference=invitation.user.uuid,
        language=invitation.user.language,
    )
    return given


@templates.languages_of
def _languages_of_testers(scope: UUID) -> list[str]:
    """Return the languages of the plan, in which every text to testers has to be complete."""
    return Rollout.objects.filter(uuid=scope).values_list("languages", flat=True).first() or []


@links.register(STAFF_LINK)
def _mint_staff_link(row: UUID, message: Message) -> str:
    """Mint the address of an invitation while its mail is written."""
    invitation = StaffInvitation.objects.get(uuid=row)
    return f"{settings.BASE_URL}{reverse('accounts:invitation', args=[mint_link(invitation)])}"
