"""Frames for what others wrote: they can look like a mail, and run, load and open nothing."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update

# django-csp types its decorators for views without arguments.
shows_a_frame: Any = csp_update({"frame-src": [SELF]})
"""For a page that holds such a frame."""

is_sealed: Any = csp(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": ["data:"],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": [True],
    }
)
"""For what is shown in it; `xframe_options_sameorigin` goes with it."""
