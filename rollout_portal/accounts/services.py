"""Joining by invitation: a link for one person, one use, until a day."""

from datetime import datetime, timedelta

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import StaffInvitation, User
from rollout_portal.lib import clock, links

PURPOSE = "staff-invitation"
VALID_FOR = timedelta(days=7)


@transaction.atomic
def prepare_invitation(*, email: str, name: str, by: User | None) -> StaffInvitation:
    """Return an open invitation for the account of `email`; the account is made if there is none.

    The account cannot sign in until the invitation is accepted. The link is minted later, while the mail
    is written (`mint_link`), so that no table ever holds it.
    """
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, name=name)
    elif user.has_usable_password():
        raise ValidationError(_("%s has an account already and needs no invitation.") % user)
    return StaffInvitation.objects.create(user=user, invited_by=by, expires_at=clock.now() + VALID_FOR)


def mint_link(invitation: StaffInvitation) -> str:
    """Return a fresh token for the invitation; only its digest is kept, and older ones stop working."""
    token = links.mint(PURPOSE, invitation.uuid)
    StaffInvitation.objects.filter(pk=invitation.pk).update(digest=links.token_digest(token))
    return token


def find_invitation(token: str, now: datetime | None = None) -> StaffInvitation | None:
    """Return the invitation that `token` opens; None when it is wrong, used, replaced or over."""
    named = links.verify(PURPOSE, token)
    if named is None:
        return None
    return (
        StaffInvitation.objects.select_related("user")
        .filter(
            uuid=named.row,
            digest=links.token_digest(token),
            accepted_at__isnull=True,
            expires_at__gt=now or clock.now(),
            user__is_active=True,
        )
        .first()
    )


@transaction.atomic
def accept_invitation(*, token: str, password: str) -> User | None:
    """Give the invited account its password and use the link up; None when the link opens nothing.

    Raises ValidationError when the password is too weak; the link then stays good.
    """
    found = find_invitation(token)
    if found is None:
        return None
    invitation = StaffInvitation.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if invitation.accepted_at is not None:
        return None
    user = found.user
    password_validation.validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    invitation.accepted_at = clock.now()
    invitation.save(update_fields=["accepted_at"])
    return user
