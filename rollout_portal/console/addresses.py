"""Addresses of pages by name, wherever the room that made the page named it."""

from django.urls import NoReverseMatch, reverse

# Where a page may be named; the console's own first.
ROOMS = ("console", "phases", "cohorts", "comms", "flags", "monitoring", "feedback")


def address(name: str, slug: str = "") -> str:
    """The address of the page `<room>:<name>`, in a rollout if a slug is given; "" while nobody made it."""
    for room in ROOMS:
        try:
            return reverse(f"{room}:{name}", kwargs={"slug": slug} if slug else None)
        except NoReverseMatch:
            continue
    return ""
