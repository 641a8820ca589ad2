"""Fixtures of the outbox's tests."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from rollout_portal.outbox import hooks, permission
from tests.outbox.servers import MailServer, mail_server


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    """A mail server on which the default channel sends."""
    with mail_server() as running:
        settings.MAIL_SERVERS = {"EMAIL_URL": running.entry}
        yield running


@pytest.fixture(autouse=True)
def _nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the questions and hooks that a test adds itself."""
    monkeypatch.setattr(permission, "_questions", [])
    monkeypatch.setattr(permission, "_rules", [])
    monkeypatch.setattr(hooks, "_suppressed", [])
    monkeypatch.setattr(hooks, "_sent_again", [])


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[[permission.Question], None]:
    """Return a function that adds a question for the one test."""

    def add(question: permission.Question) -> None:
        permission.register(question)

    return add
