"""What several services ask before they change anything."""

from phases.exceptions import WrongState
from phases.models import Rollout
from phases.permissions import why_over


def require_changeable(rollout: Rollout) -> None:
    """Refuse to change what belongs to a rollout that is over."""
    refusal = why_over(rollout)
    if refusal:
        raise WrongState(refusal)


def same_name(typed: str, name: str) -> bool:
    """Compare names as people type them: case and spaces do not matter; nothing typed is no name."""
    asked, given = (" ".join(text.split()).casefold() for text in (name, typed))
    return bool(given) and given == asked
