"""Switching an account off and on again. Roles stay in the record; an account that is off holds none."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from phases.exceptions import PermissionRefused, Refused
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import record
from rollout_portal.console.record import words_for

words_for(
    {
        "account.switched_off": gettext_lazy("switched off the account of %(object)s"),
        "account.switched_on": gettext_lazy("switched on the account of %(object)s"),
    }
)


@transaction.atomic
def switch_account(*, account: User, active: bool, by: User, reason: str) -> User:
    """Let an account sign in, or not any more: its open sessions end with it. Only a superuser may.

    :raises PermissionRefused: for everybody else, and for one's own account.
    :raises Refused: without a reason.
    """
    if not (by.is_active and by.is_superuser) or by.pk == account.pk:
        raise PermissionRefused(_("Another superuser switches an account off or on."))
    if not reason.strip():
        raise Refused(_("Say why."))
    locked = User.objects.select_for_update().get(pk=account.pk)
    if locked.is_active == active:
        return locked
    locked.is_active = active
    locked.save(update_fields=["is_active"])
    record(
        actor=by,
        verb="account.switched_on" if active else "account.switched_off",
        obj=locked,
        scope=None,
        reason=reason.strip(),
        before={"active": not active},
        after={"active": active},
    )
    return locked
