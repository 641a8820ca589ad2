"""Acts of the rooms below `phases`, which know no role: who may see and decide about messages."""

from uuid import UUID

from django.utils.translation import gettext_lazy

from phases.models import Rollout
from phases.permissions import RoleName, allows, register
from rollout_portal.accounts.models import User
from rollout_portal.outbox import permission

_R = RoleName

register(
    "message.view",
    gettext_lazy("Seeing what was sent"),
    [_R.PRODUCT_OWNER, _R.PROJECT_SPONSOR, _R.RELEASE_ENGINEER, _R.SUPPORT, _R.ANALYST],
)
register(
    "message.decide",
    gettext_lazy("Deciding about an uncertain message"),
    [_R.PRODUCT_OWNER, _R.RELEASE_ENGINEER, _R.SUPPORT],
)
register(
    "message.read",
    gettext_lazy("Reading the mails that were written to files"),
    [_R.PRODUCT_OWNER, _R.SUPPORT],
)


@permission.register_decider
def may_decide(user: User, scope: UUID | None) -> bool:
    """Tell whether somebody may decide about messages of a rollout; the installation's are a superuser's."""
    if scope is None:
        return user.is_superuser
    rollout = Rollout.objects.filter(uuid=scope).first()
    return rollout is not None and allows(user, "message.decide", rollout)
