"""Fixtures that every room needs. The settings of the suite are in tests/settings.py."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import settings as hypothesis_settings
from hypothesis.configuration import set_hypothesis_home_dir
from pytest_django import Settings

from rollout_portal.lib import clock
from tests.append_only import let_flush_pass

let_flush_pass()

_ROOT = Path(__file__).resolve().parent.parent

# What hypothesis finds is kept under var/, not in the tree; a loaded machine is no finding, so no deadline.
set_hypothesis_home_dir(_ROOT / "var" / "cache" / "hypothesis")
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")


@pytest.fixture
def business_clock(settings: Settings, tmp_path: Path) -> Callable[[datetime], None]:
    """Return a function that moves the business clock; it runs on from the moment given."""
    settings.CLOCK_FILE = str(tmp_path / "clock")
    return clock.set_now


@pytest.fixture(autouse=True)
def _files_of_a_test_stay_its_own(settings: Settings, tmp_path: Path) -> None:
    """Stored files, written mails and the audit anchor go to the folder of the one test."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.EMAIL_FILE_PATH = str(tmp_path / "outbox")
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "audit-anchor.jsonl")


@pytest.fixture
def in_threads() -> Callable[[Sequence[Callable[[], object]]], list[object]]:
    """Return a function that runs callables at once, each in a thread with its own connection.

    The answer holds, in order, what each returned or the exception that it raised.
    """

    def run(functions: Sequence[Callable[[], object]]) -> list[object]:
        barrier = threading.Barrier(len(functions))

        def one(function: Callable[[], object]) -> object:
            barrier.wait()
            try:
                return function()
            except Exception as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=len(functions)) as pool:
            return list(pool.map(one, functions))

    return run
