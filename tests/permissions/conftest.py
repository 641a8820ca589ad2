"""The world of the walk, built once for all tests of this room and undone after them."""

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from rollout_portal.lib import clock
from rollout_portal.outbox import templates
from tests.permissions import furnish
from tests.permissions import world as worlds
from tests.permissions.sides import NOON
from tests.permissions.world import World

# Everybody shows who they are once; a walk on a slow machine outlasts the five minutes of a proof.
_PROVEN = override_settings(REAUTHENTICATION_MAX_AGE=86_400)


@pytest.fixture(scope="package")
def world(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Both rollouts, in a transaction that ends with the room. Every request undoes its own."""
    files = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), clock.told(NOON), transaction.atomic(), _files(files), _PROVEN:
        built = worlds.build()
        with mock.patch.dict(templates._builtin, furnish.renewed_texts()):
            yield built
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _files_of_a_test_stay_its_own() -> None:
    """The files of this room are those of its world."""


def _files(folder: Path) -> override_settings:
    return override_settings(
        MEDIA_ROOT=folder / "files",
        EMAIL_FILE_PATH=str(folder / "outbox"),
        AUDIT_ANCHOR_FILE=str(folder / "audit-anchor.jsonl"),
    )
