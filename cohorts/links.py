"""How the rows behind this room's personal links are found, and for how long."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cohorts import visits
from cohorts.models import PersonalLink
from cohorts.states import IN, LINK_GRACE, LinkPurpose, ParticipantState
from cohorts.visits import Visit
from rollout_portal.lib import clock


@visits.register(LinkPurpose.INVITATION.value)
def find_invitation(row: UUID, digest: str) -> Visit | None:
    """Return the visit behind a link to an invitation."""
    link = _live(LinkPurpose.INVITATION, digest)
    if link is None or link.invitation is None or link.invitation.uuid != row:
        return None
    return Visit(row, LinkPurpose.INVITATION.value, link.participant, link.invitation)


@visits.register(LinkPurpose.LEAVE.value)
def find_leave(row: UUID, digest: str) -> Visit | None:
    """Return the visit behind a link to leave."""
    link = _live(LinkPurpose.LEAVE, digest)
    if link is None or link.participant.uuid != row:
        return None
    return Visit(row, LinkPurpose.LEAVE.value, link.participant)


def _is_live(now: datetime) -> Q:
    """Return which links open something: until their day, and while the person takes part and after."""
    recently = now - LINK_GRACE
    left = Q(participant__state=ParticipantState.LEFT, participant__state_at__gt=recently)
    goes_on = Q(participant__rollout__ended_at=None) | Q(participant__rollout__ended_at__gt=recently)
    return Q(expires_at__gt=now) | (Q(participant__state__in=IN) | left) & goes_on


def _live(purpose: LinkPurpose, digest: str) -> PersonalLink | None:
    link = (
        PersonalLink.objects.filter(purpose=purpose, digest=digest, revoked_at__isnull=True)
        .filter(_is_live(clock.now()))
        .exclude(participant__state=ParticipantState.ERASED)
        .select_related("participant__person", "participant__rollout", "invitation__batch__phase__rollout")
        .first()
    )
    if link is not None and link.invitation is not None:
        link.invitation.participant = link.participant
    return link
