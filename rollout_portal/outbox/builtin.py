"""The texts that the portal itself brings. Rooms above define theirs with `templates.define()`."""

from rollout_portal.outbox.rendering import Placeholder
from rollout_portal.outbox.states import MessageKind
from rollout_portal.outbox.templates import Wording, define

STAFF_INVITATION = "staff_invitation"
STAFF_NOTICE = "staff_notice"

define(
    STAFF_INVITATION,
    Wording(
        kind=MessageKind.STAFF_INVITATION,
        placeholders=(
            Placeholder("name", "Farid Osman"),
            Placeholder("invited_by", "Aisyah Rahman"),
            Placeholder("role", "release engineer"),
            Placeholder("rollout", "MediMate Education Hub"),
            Placeholder("accept_link", "https://portal.example/accounts/join/…", link=True),
            Placeholder("valid_until", "Fri 27 Nov 2026, 16:00 MYT"),
        ),
        texts={
            "en": (
                "{invited_by} asks you to work on {rollout}",
                "Dear {name},\n\n"
                "{invited_by} asks you to join the rollout “{rollout}” as {role}.\n\n"
                "Choose your password: {accept_link}\n\n"
                "The link is for you alone and holds until {valid_until}. "
                "If you did not expect this message, do nothing: without you, nothing is opened.",
            )
        },
    ),
)

define(
    STAFF_NOTICE,
    Wording(
        kind=MessageKind.STAFF_NOTICE,
        placeholders=(
            Placeholder("name", "Kavitha Nair"),
            Placeholder("headline", "A blocker was reported"),
            Placeholder("text", "FB-0412: the hub does not open on Android 14."),
            Placeholder("rollout", "MediMate Education Hub"),
            Placeholder("page_link", "https://portal.example/console/…", link=True),
        ),
        texts={
            "en": (
                "{rollout}: {headline}",
                "Dear {name},\n\n{headline}.\n\n{text}\n\nOpen it in the console: {page_link}",
            )
        },
    ),
)
