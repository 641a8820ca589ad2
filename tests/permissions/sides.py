"""What every part of the walk speaks of: a rollout with one of everything, and the words in it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from phases.models import Role, Rollout
from phases.permissions import RoleName
from rollout_portal.accounts.models import User

NOON: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

# What a page must show as letters, never as code.
HOSTILE: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}%(x)s"
# What only rollout B says.
FOREIGN: Final = "zanzibar"
# Part of every tester's name and address.
PERSONAL: Final = "puteri-rahsia"
# Part of every free answer to a survey, and of every report.
ANSWERED: Final = "rasa-hati"
REPORTED: Final = "aduan-pedih"


@dataclass
class Side:
    """One rollout with one of everything; what routes name is found by `things`."""

    name: str
    rollout: Rollout
    staff: dict[RoleName, User] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)

    @property
    def owner(self) -> User:
        return self.staff[RoleName.PRODUCT_OWNER]

    @property
    def engineer(self) -> User:
        return self.staff[RoleName.RELEASE_ENGINEER]

    def words(self, what: str) -> str:
        """Name a thing of this rollout: hostile in A, marked in B."""
        return f"{what} {HOSTILE}" if self.name == "A" else f"{what} {FOREIGN}"

    def code(self, name: str) -> str:
        """A code that only this rollout has."""
        return f"{self.name.lower()}-{name}"

    def find(self, path: str) -> Any:
        """Return what a dotted path such as `gate.code` leads to; a word behind "=" is itself."""
        if path.startswith("="):
            return path[1:]
        name, *rest = path.split(".")
        found: Any = self.rollout if name == "rollout" else self.things[name]
        for step in rest:
            found = getattr(found, step)
        return found


def give(rollout: Rollout, user: User, role: RoleName) -> Role:
    """Give a role as if it had been held since the new year."""
    return Role.objects.create(
        rollout=rollout, user=user, role=role, given_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
