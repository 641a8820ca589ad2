"""The settings, what is written about them, and what they refuse."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import connection
from pytest_django import Settings

from rollout_portal.console import checks
from tests.check import PRODUCTION
from tests.processes import MANAGE, ROOT

_SQLITE = {"PRAGMA foreign_keys": 1, "PRAGMA journal_mode": "wal", "PRAGMA synchronous": 1}
_POSTGRESQL = {"SHOW lock_timeout": "3s", "SHOW idle_in_transaction_session_timeout": "30s"}

# What a program needs of the machine, and nothing of the suite that runs around it.
_MACHINE = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPYCACHEPREFIX") if name in os.environ}


@pytest.mark.django_db
def test_connections_carry_the_guards_of_their_database() -> None:
    expected = _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
    found = {}
    with connection.cursor() as cursor:
        for question in expected:
            cursor.execute(question)
            found[question] = cursor.fetchone()[0]
    assert found == expected


def test_sqlite_tests_run_on_a_file() -> None:
    """A database in memory is shared by threads in a way of its own and would hide lock errors."""
    assert "memory" not in str(connection.settings_dict["NAME"])


def test_the_suite_leaves_the_secrets_of_a_developer_alone() -> None:
    assert settings.SECRET_KEY.startswith("only for tests")
    assert settings.LINK_SIGNING_KEYS == ["only-for-tests-new", "only-for-tests-old"]


def test_every_variable_that_is_read_is_explained_and_no_other() -> None:
    tree = ast.parse((ROOT / "rollout_portal" / "settings.py").read_text(encoding="utf-8"))
    read = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
    }
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE)) == read
    assert {"SECRET_KEY", "DATABASE_URL", "EMAIL_URL"} <= read


def test_the_environment_is_read_in_the_settings_only() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for room in ("rollout_portal", "phases", "cohorts", "comms", "flags", "monitoring", "feedback")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.(environ\.get|environ\[|getenv)", path.read_text(encoding="utf-8"))
    ]
    assert readers == []


def _check(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*MANAGE, "check", *arguments],
        cwd=ROOT,
        env={**_MACHINE, **PRODUCTION, **env},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "LINK_SIGNING_KEYS"])
def test_nothing_starts_without_a_secret(name: str) -> None:
    done = _check(**{name: ""})
    assert done.returncode == 1
    assert f"{name} is not set." in done.stderr


def test_a_deployment_as_advised_passes_without_a_warning() -> None:
    done = _check("--deploy", "--fail-level", "INFO")
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n")


def test_a_deployment_with_holes_is_warned_about() -> None:
    done = _check("--deploy", EMAIL_URL="", BASE_URL="http://localhost:8000", USE_HTTPS="off")
    found = set(re.findall(r"\((\w+\.[EW]\d+)\)", done.stderr))
    assert {"console.W001", "console.W002", "security.W008"} <= found


@pytest.mark.parametrize(("debug", "expected"), [(False, ["console.E001"]), (True, [])])
def test_a_business_clock_that_can_be_moved_is_refused_in_production(
    settings: Settings, tmp_path: Path, debug: bool, expected: list[str]
) -> None:
    settings.CLOCK_FILE = str(tmp_path / "clock")
    settings.DEBUG = debug
    assert [found.id for found in checks.clock_follows_the_machine(None)] == expected


@pytest.mark.django_db
@pytest.mark.parametrize(("threads", "expected"), [(4, []), (5000, ["console.W003"])])
def test_threads_are_compared_with_what_postgresql_grants(
    settings: Settings, threads: int, expected: list[str]
) -> None:
    settings.WEB_THREADS = threads
    found = [found.id for found in run_checks(tags=[Tags.database], databases=["default"])]
    assert found == (expected if connection.vendor == "postgresql" else [])


@pytest.mark.parametrize(("role", "limited"), [("web", True), ("worker", False)])
def test_statements_of_web_processes_end_after_five_seconds(role: str, limited: bool) -> None:
    """Only PostgreSQL knows the limit, so the settings are asked and no database is."""
    code = "from rollout_portal import settings; print(settings.DATABASES['default']['OPTIONS']['options'])"
    url = "postgres://portal@127.0.0.1:1/portal"
    env = {**_MACHINE, **PRODUCTION, "DATABASE_URL": url, "PROCESS_ROLE": role}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert ("statement_timeout=5s" in done.stdout) == limited
    assert "lock_timeout=3s" in done.stdout
