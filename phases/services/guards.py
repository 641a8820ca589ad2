"""What several services ask before they change anything."""

from django.utils.translation import gettext as _

from phases.exceptions import WrongState
from phases.models import Rollout


def why_over(rollout: Rollout) -> str:
    """Say that a closed or discarded rollout is read-only; empty while it can be changed."""
    if not rollout.is_over:
        return ""
    return _("“%(rollout)s” is %(state)s. It can be read, not changed.") % {
        "rollout": rollout,
        "state": rollout.get_state_display().lower(),
    }


def require_changeable(rollout: Rollout) -> None:
    """Refuse to change what belongs to a rollout that is over."""
    refusal = why_over(rollout)
    if refusal:
        raise WrongState(refusal)


def same_name(typed: str, name: str) -> bool:
    """Compare names as people type them: case and spaces do not matter; nothing typed is no name."""
    asked, given = (" ".join(text.split()).casefold() for text in (name, typed))
    return bool(given) and given == asked
