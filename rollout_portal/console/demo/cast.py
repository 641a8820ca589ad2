"""Who works on the demo: one person per role, all of them made up."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from phases.models import Rollout
from phases.permissions import RoleName
from phases.services import give_role
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import System

DEMO: Final = System(cause="demo")


@dataclass(frozen=True, slots=True)
class Part:
    """A login of the demo."""

    email: str
    name: str
    role: RoleName


PARTS: Final = (
    Part("owner@demo.example", "Aisyah Rahman", RoleName.PRODUCT_OWNER),
    Part("sponsor@demo.example", "Lim Wei Jian", RoleName.PROJECT_SPONSOR),
    Part("engineer@demo.example", "Daniel Tan", RoleName.RELEASE_ENGINEER),
    Part("support@demo.example", "Kavitha Nair", RoleName.SUPPORT),
    Part("analyst@demo.example", "Farid Osman", RoleName.ANALYST),
    Part("viewer@demo.example", "Mei Ling Chua", RoleName.VIEWER),
    Part("admin@demo.example", "Ravi Kumar", RoleName.ADMINISTRATOR),
)


def make_accounts(password: str, time_zone: str) -> dict[RoleName, User]:
    """Create the accounts of the demo; the administrator may also give roles in any rollout."""
    return {
        part.role: User.objects.create_user(
            part.email,
            password,
            name=part.name,
            time_zone=time_zone,
            is_superuser=part.role == RoleName.ADMINISTRATOR,
        )
        for part in PARTS
    }


def give_roles(rollout: Rollout, cast: dict[RoleName, User]) -> None:
    """Give everybody their role."""
    for role, user in cast.items():
        give_role(rollout=rollout, user=user, role=role, by=DEMO, reason="Demo")


def logins(password: str) -> str:
    """Return what a newcomer needs to sign in."""
    lines = [f"  {part.email:24} {part.role.label}" for part in PARTS]
    return "\n".join([_("Demo logins, all with the password %s:") % password, *lines])
