"""The one permission table: who may do what, as data. Services, pages and tests read this union.

Rights come from roles in a rollout only. A superuser administers people and roles everywhere, and gains
no signature, no start, no sending and no personal data by it. Each room adds its rows with `register`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from phases.exceptions import PermissionRefused, WrongState
from rollout_portal.accounts.models import User

if TYPE_CHECKING:
    from phases.models import Rollout


Text = str | Promise


class RoleName(models.TextChoices):
    """The seven roles of a rollout."""

    ADMINISTRATOR = "administrator", gettext_lazy("Administrator")
    PRODUCT_OWNER = "product_owner", gettext_lazy("Product owner")
    PROJECT_SPONSOR = "project_sponsor", gettext_lazy("Project sponsor")
    RELEASE_ENGINEER = "release_engineer", gettext_lazy("Release engineer")
    SUPPORT = "support", gettext_lazy("Support")
    ANALYST = "analyst", gettext_lazy("Analyst")
    VIEWER = "viewer", gettext_lazy("Viewer")


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the table.

    :ivar name: `object.verb`.
    :ivar label: the act in words that fit "… may only be done by".
    :ivar roles: who may do it.
    :ivar administration: whether a superuser without a role may do it too.
    :ivar four_eyes: who is shut out although the role fits, in words; the service enforces it.
    :ivar when_over: whether it changes something and can be done in a closed or discarded rollout all the
        same; reading always can.
    """

    name: str
    label: Text
    roles: frozenset[RoleName]
    administration: bool = False
    four_eyes: str = ""
    when_over: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether it can be done in a rollout that is over: it only looks, or it says so."""
        return self.when_over or self.name.partition(".")[2] in _READING


# The verbs of acts that change nothing.
_READING: Final = frozenset({"view", "read", "results", "reveal", "open"})

_acts: dict[str, Act] = {}


def register(
    name: str,
    label: Text,
    roles: Iterable[RoleName],
    *,
    administration: bool = False,
    four_eyes: str = "",
    when_over: bool = False,
) -> None:
    """Add a row to the table."""
    if name in _acts:
        raise RuntimeError(f"The act {name!r} is registered twice")
    _acts[name] = Act(name, label, frozenset(roles), administration, four_eyes, when_over)


def acts() -> dict[str, Act]:
    """Return the whole table by name."""
    return dict(_acts)


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person may do in one rollout; the roles are read once.

    In a rollout that is `over` nobody changes anything, but for the few acts that say so.
    """

    user: User | AnonymousUser
    roles: frozenset[RoleName]
    over: bool = False

    def may(self, act: str) -> bool:
        """Tell whether the person may do `act`. An unknown act is a programming error."""
        row = _acts[act]
        if not isinstance(self.user, User) or not self.user.is_active:
            return False
        if self.over and not row.goes_on:
            return False
        return bool(row.roles & self.roles) or (row.administration and self.user.is_superuser)


def rights(user: User | AnonymousUser, rollout: "Rollout") -> Rights:
    """Return what `user` may do in `rollout`, for a page that asks more than once."""
    return Rights(user, roles_of(user, rollout), over=rollout.is_over)


def allows(user: User | AnonymousUser, act: str, rollout: "Rollout") -> bool:
    """Tell whether `user` may do `act` in `rollout` at this moment."""
    return rights(user, rollout).may(act)


def require(user: User, act: str, rollout: "Rollout") -> None:
    """Refuse with the names of those who can, when `user` may not do `act` in `rollout`.

    :raises WrongState: when the rollout is over and `act` would change something.
    """
    if allows(user, act, rollout):
        return
    over = "" if _acts[act].goes_on else why_over(rollout)
    if over:
        raise WrongState(over)
    raise PermissionRefused(refusal(act, rollout))


def why_over(rollout: "Rollout") -> str:
    """Say that a closed or discarded rollout is read-only; empty while it can be changed."""
    if not rollout.is_over:
        return ""
    return _("“%(rollout)s” is %(state)s. It can be read, not changed.") % {
        "rollout": rollout,
        "state": rollout.get_state_display().lower(),
    }


def refusal(act: str, rollout: "Rollout") -> str:
    """Return why an act is refused: which role can, and who has it; or that the rollout is over."""
    if rollout.is_over and not _acts[act].goes_on:
        return why_over(rollout)
    people = holders(act, rollout)
    return _("%(act)s needs the role %(roles)s. %(ask)s") % {
        "act": str(_acts[act].label),
        "roles": roles_text(act),
        "ask": _("Ask %(people)s.") % {"people": people}
        if people
        else _("Nobody has it yet; an administrator can give it."),
    }


def roles_text(act: str) -> str:
    """Return which roles can do `act`: "product owner or project sponsor"."""
    return _(" or ").join(str(role.label).lower() for role in RoleName if role in _acts[act].roles)


def holders(act: str, rollout: "Rollout", *, without: User | None = None) -> str:
    """Return who can do `act`, each with the role: "Aisyah Rahman (product owner)"; empty when nobody can."""
    held = rollout.roles.current().filter(role__in=_acts[act].roles).select_related("user")
    if without is not None:
        held = held.exclude(user=without)
    return ", ".join(f"{role.user} ({role.get_role_display().lower()})" for role in held)


def roles_of(user: User | AnonymousUser, rollout: "Rollout") -> frozenset[RoleName]:
    """Return the roles that `user` holds in `rollout` at this moment."""
    if not isinstance(user, User):
        return frozenset()
    held = rollout.roles.current().filter(user=user).values_list("role", flat=True)
    return frozenset(RoleName(role) for role in held)


_R = RoleName
EVERYONE: Final = frozenset(RoleName)
OWNERS: Final = frozenset({_R.PRODUCT_OWNER, _R.PROJECT_SPONSOR})
BUILDERS: Final = frozenset({_R.PRODUCT_OWNER, _R.RELEASE_ENGINEER})
STAFF: Final = EVERYONE - {_R.ADMINISTRATOR, _R.VIEWER}

register("rollout.view", gettext_lazy("Opening the rollout"), EVERYONE, administration=True)
register("rollout.edit", gettext_lazy("Changing the plan"), BUILDERS)
register("rollout.close", gettext_lazy("Closing the rollout"), OWNERS, when_over=True)
register(
    "role.manage",
    gettext_lazy("Giving roles"),
    [_R.ADMINISTRATOR],
    administration=True,
    four_eyes="nobody gives a role to themselves",
    when_over=True,
)
register("checklist.tick", gettext_lazy("Ticking a checklist"), [*BUILDERS, _R.SUPPORT])
register("proof.open", gettext_lazy("Opening a file given as evidence"), EVERYONE - {_R.ADMINISTRATOR})
register("criterion.edit", gettext_lazy("Changing a criterion"), [_R.PRODUCT_OWNER])
register("criterion.judge", gettext_lazy("Judging a criterion"), STAFF)
register(
    "criterion.waive",
    gettext_lazy("Waiving a criterion"),
    OWNERS,
    four_eyes="who waives cannot be the only one to sign",
)
register("baseline.record", gettext_lazy("Recording a baseline"), [*BUILDERS, _R.ANALYST])
register("gate.request", gettext_lazy("Asking for signatures"), BUILDERS)
register(
    "gate.sign",
    gettext_lazy("Signing a gate"),
    [_R.PRODUCT_OWNER, _R.PROJECT_SPONSOR, _R.RELEASE_ENGINEER],
    four_eyes="not who asked for it, and not alone who changed a criterion or its baseline, or waived one",
)
register("phase.prepare", gettext_lazy("Preparing a phase"), BUILDERS)
register("phase.start", gettext_lazy("Starting a phase"), BUILDERS)
register("phase.complete", gettext_lazy("Completing a phase"), BUILDERS)
register("phase.hold", gettext_lazy("Holding a phase"), EVERYONE - {_R.ANALYST, _R.VIEWER})
register("phase.resume", gettext_lazy("Resuming a phase"), BUILDERS)
register("phase.stop_intake", gettext_lazy("Stopping intake"), [*BUILDERS, _R.PROJECT_SPONSOR])
register("phase.shrink", gettext_lazy("Shrinking a phase"), BUILDERS)
register("phase.roll_back", gettext_lazy("Rolling back"), [*BUILDERS, _R.PROJECT_SPONSOR])
register(
    "audit.read",
    gettext_lazy("Reading the audit trail"),
    [_R.ADMINISTRATOR, _R.PRODUCT_OWNER, _R.PROJECT_SPONSOR, _R.RELEASE_ENGINEER, _R.ANALYST],
    administration=True,
)
