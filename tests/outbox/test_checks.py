"""Settings under which every message would fail are found before the portal starts."""

import pytest
from pytest_django import Settings

from rollout_portal.outbox.checks import sender_is_an_address


@pytest.mark.parametrize(
    ("sender", "good"),
    [
        ("Rollout Portal <portal@localhost>", True),
        ("MediMate <beta@medimate.example>", True),
        ("beta@medimate.example", True),
        ("MediMate", False),
        ("", False),
        ("MediMate <beta@>", False),
        ("<அன்பு@medimate.example>", False),
    ],
)
def test_the_sender_must_be_an_address(settings: Settings, sender: str, good: bool) -> None:
    settings.DEFAULT_FROM_EMAIL = sender

    assert [one.id for one in sender_is_an_address(None)] == ([] if good else ["outbox.E001"])
