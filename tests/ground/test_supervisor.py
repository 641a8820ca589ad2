"""The supervisor with real, small processes: it restarts, shows, and stops everything."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollout_portal.lib import supervisor
from rollout_portal.lib.supervisor import Log, Service, Supervisor, error_in
from tests.processes import ROOT, runs, until

PYTHON = sys.executable
SLEEP = [PYTHON, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    PYTHON,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
    "time.sleep(60)",
]

# Starting a process from one with threads draws a warning from Python 3.12 on; other tests leave threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


class Stage:
    """A supervisor under test, with what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor: Supervisor | None = None

    def start(self, *services: Service) -> Supervisor:
        self.supervisor = Supervisor(services, log_dir=self.folder / "log", say=self.said.append)
        self.supervisor.look()
        return self.supervisor

    def log(self, name: str) -> str:
        return (self.folder / "log" / f"{name}.log").read_text()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    if made.supervisor is not None:
        made.supervisor.stop()


def test_a_killed_service_is_started_again(stage: Stage) -> None:
    kept = stage.start(Service("web", SLEEP), Service("worker", SLEEP))
    first = kept.pids()
    os.kill(first["web"], signal.SIGKILL)

    def restarted() -> bool:
        kept.look()
        return kept.pids().get("web") not in (None, first["web"])

    until(restarted)
    assert kept.pids()["worker"] == first["worker"]
    assert any("web ended (SIGKILL) and starts again in 0.2 s" in line for line in stage.said)


def test_pauses_grow_for_a_service_that_keeps_dying(stage: Stage) -> None:
    kept = stage.start(Service("web", [PYTHON, "-c", "print('no luck'); raise SystemExit(3)"]))

    def said_three_times() -> bool:
        kept.look()
        return sum("ended" in line for line in stage.said) == 3

    until(said_three_times)
    log = stage.folder / "log" / "web.log"
    assert [line for line in stage.said if "ended" in line] == [
        f"web ended (exit code 3) and starts again in {pause} s; its log is {log}"
        for pause in (0.2, 0.4, 0.8)
    ]
    assert stage.said.count("  web: no luck") >= 3


def test_a_service_that_had_settled_starts_again_at_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SETTLED_AFTER", 0.0)
    kept = stage.start(Service("web", [PYTHON, "-c", "pass"]))

    def said_three_times() -> bool:
        kept.look()
        return sum("starts again in 0.2 s" in line for line in stage.said) == 3

    until(said_three_times)


def test_helpers_of_a_dead_service_are_cleared_away(stage: Stage) -> None:
    code = (
        "import subprocess, sys, time\n"
        "helper = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(helper.pid, flush=True)\n"
        "time.sleep(60)"
    )
    kept = stage.start(Service("web", [PYTHON, "-c", code]))
    until(lambda: stage.log("web"))
    helper = int(stage.log("web"))
    assert runs(helper)
    os.kill(kept.pids()["web"], signal.SIGKILL)

    def gone() -> bool:
        kept.look()
        return not runs(helper)

    until(gone)


def test_a_service_waits_for_the_file_that_it_needs(stage: Stage) -> None:
    socket = stage.folder / "broker.sock"
    kept = stage.start(Service("worker", SLEEP, starts_after=socket))
    assert kept.pids() == {}
    socket.touch()
    kept.look()
    assert list(kept.pids()) == ["worker"]


def test_stopping_is_polite_first_and_the_broker_goes_last(stage: Stage) -> None:
    code = (
        "import signal, sys, time, pathlib\n"
        "def end(*_):\n"
        "    time.sleep(0.2)\n"
        f"    open({str(stage.folder / 'ends')!r}, 'a').write(sys.argv[1] + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    kept = stage.start(
        Service("broker", [PYTHON, "-c", code, "broker"], stop_last=True),
        Service("web", [PYTHON, "-c", code, "web"]),
    )
    until(lambda: stage.log("broker") and stage.log("web"))
    kept.stop()
    assert (stage.folder / "ends").read_text() == "web broker "
    assert kept.pids() == {}


def test_a_service_that_does_not_listen_is_killed_in_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_PATIENCE", 0.3)
    kept = stage.start(Service("worker", STUBBORN))
    until(lambda: "deaf" in stage.log("worker"))
    pid = kept.pids()["worker"]
    began = time.monotonic()
    kept.stop()
    assert time.monotonic() - began < 1.0
    assert not runs(pid)
    assert stage.said == ["worker did not end in time and was killed."]


def test_logs_go_to_files_and_errors_to_the_screen(stage: Stage) -> None:
    lines = [
        '{"event": "message.sent", "level": "info"}',
        '{"event": "message.failed", "level": "error", "exception": "Traceback\\nValueError: no"}',
        "[2026-11-20] plain words",
    ]
    code = f"print({chr(10).join(lines)!r}, flush=True); import time; time.sleep(60)"
    kept = stage.start(Service("worker", [PYTHON, "-c", code]))
    until(lambda: stage.log("worker").count("\n") == 3)
    kept.look()
    assert stage.said == ["worker: message.failed ValueError: no"]
    assert (stage.folder / "log" / "worker.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"event": "sweep.began", "level": "warning"}', ""),
        ('{"event": "x.y", "level": "critical"}', "x.y"),
        ("2026-11-20 [error    ] sweep.failed work=a.b", "2026-11-20 [error    ] sweep.failed work=a.b"),
        ("{ not json [error", "{ not json [error"),
        ("[INFO] Started worker-1", ""),
    ],
)
def test_only_errors_are_for_the_screen(line: str, shown: str) -> None:
    assert error_in(line) == shown


def test_a_log_that_grew_long_is_moved_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOG_LIMIT", 100)
    log = Log(tmp_path / "web.log")
    write(log, b"a" * 150 + b"\n")
    assert log.new_lines() == ["a" * 150]
    assert (tmp_path / "web.log").read_bytes() == b""
    assert (tmp_path / "web.log.1").read_bytes() == b"a" * 150 + b"\n"
    write(log, b"next\nhalf")
    assert log.new_lines() == ["next"]
    write(log, b" and whole\n")
    assert log.new_lines() == ["half and whole"]


def write(log: Log, text: bytes) -> None:
    with os.fdopen(log.open_for_writing(), "wb") as file:
        file.write(text)


_PROGRAM = """
import sys, pathlib
from rollout_portal.lib.supervisor import Service, Supervisor
kept = Supervisor([Service("one", [sys.executable, "-c", "import time; time.sleep(60)"])],
                  log_dir=pathlib.Path(sys.argv[1]), say=lambda line: print(line, flush=True))
kept.run(ready=lambda: "one" in kept.pids(), announce=lambda: print("pid", kept.pids()["one"], flush=True))
print("ended", flush=True)
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [PYTHON, "-c", _PROGRAM, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def _child(program: "subprocess.Popen[str]") -> int:
    assert program.stdout is not None
    word, pid = program.stdout.readline().split()
    assert word == "pid"
    return int(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_the_program_ends_well(
    program: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    child = _child(program)
    program.send_signal(number)
    rest, _nothing = program.communicate(timeout=5)
    assert (program.returncode, rest) == (0, "Stopping …\nended\n")
    assert not runs(child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_children_do_not_outlive_a_killed_supervisor(program: "subprocess.Popen[str]") -> None:
    child = _child(program)
    program.kill()
    until(lambda: not runs(child), seconds=3)
