"""Acts of the rooms below `phases`, which know no role: who may see, write and limit what is sent."""

from uuid import UUID

from django.utils.translation import gettext_lazy

from phases.models import Rollout
from phases.permissions import BUILDERS, RoleName, allows, register
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
    when_over=True,
)
register(
    "message.read",
    gettext_lazy("Reading the mails that were written to files"),
    [_R.PRODUCT_OWNER, _R.SUPPORT],
)
register("text.write", gettext_lazy("Writing what messages say"), BUILDERS)
register("limit.set", gettext_lazy("Setting sending limits"), BUILDERS)


@permission.register_rule
def may(user: User, act: str, scope: UUID | None) -> bool:
    """Tell whether somebody may do an act of the outbox; the installation's own are a superuser's."""
    if scope is None:
        return user.is_superuser
    rollout = Rollout.objects.filter(uuid=scope).first()
    return rollout is not None and allows(user, act, rollout)
