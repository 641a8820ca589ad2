"""The texts that the portal itself brings. Rooms above define theirs with `templates.define()`."""

from django.utils.translation import gettext_lazy as _

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
            Placeholder("name", "Farid Osman", meaning=_("The name of the person who is invited.")),
            Placeholder("invited_by", "Aisyah Rahman", meaning=_("Who gave the role.")),
            Placeholder("role", "release engineer", meaning=_("The role that was given.")),
            Placeholder("rollout", "MediMate Education Hub", meaning=_("The name of the rollout.")),
            Placeholder(
                "accept_link",
                "https://portal.example/accounts/join/…",
                link=True,
                meaning=_("The personal link to choose a password."),
                required=True,
            ),
            Placeholder(
                "valid_until",
                "Fri 27 Nov 2026, 16:00 MYT",
                meaning=_("Until when the link works, in the rollout’s zone."),
            ),
        ),
        title=_("Invitation of staff"),
        occasion=_("Goes to somebody new in the team when a role is given."),
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
            Placeholder("name", "Kavitha Nair", meaning=_("The name of the person who reads it.")),
            Placeholder(
                "headline",
                "A blocker was reported",
                meaning=_("What happened, in a few words."),
                required=True,
            ),
            Placeholder(
                "text",
                "FB-0412: the hub does not open on Android 14.",
                meaning=_("What happened, in a sentence."),
            ),
            Placeholder("rollout", "MediMate Education Hub", meaning=_("The name of the rollout.")),
            Placeholder(
                "page_link",
                "https://portal.example/console/…",
                link=True,
                meaning=_("The page of the console where it can be looked at."),
                required=True,
            ),
        ),
        title=_("Notice to staff"),
        occasion=_("Goes to everybody with the role that a triage rule names, as soon as it is met."),
        texts={
            "en": (
                "{rollout}: {headline}",
                "Dear {name},\n\n{headline}.\n\n{text}\n\nOpen it in the console: {page_link}",
            )
        },
    ),
)
