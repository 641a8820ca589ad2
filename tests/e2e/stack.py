"""The whole portal as `make run` starts it, with its demo, in a folder of its own: no fixture of Django's."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0  # seconds for tables, static files and the demo on a machine that does much else


@dataclass(frozen=True)
class Portal:
    """A portal that runs."""

    url: str
    password: str
    var: Path

    def links_in_mails(self) -> list[str]:
        """Return the personal links that stand in the mails written so far, newest mail first."""
        links: list[str] = []
        for file in sorted((self.var / "outbox").glob("*.eml"), reverse=True):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            text = mail.get_body(("plain",))
            if text is not None:
                links += re.findall(rf"{re.escape(self.url)}/t/\S+", text.get_content())
        return links


@contextmanager
def running(var: Path) -> Iterator[Portal]:
    """Start the stack from nothing, yield it when it answers, and stop it as Ctrl-C does."""
    port = _free_port()
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env |= {"VAR_DIR": str(var), "ENV_FILE": str(var / "env"), "PORT": str(port)}
    subprocess.run(
        [sys.executable, "-m", "rollout_portal.lib.local_env", str(var / "env")],
        cwd=ROOT,
        env=env,
        check=True,
    )
    log = var / "stack.log"
    with log.open("wb") as said:
        stack = subprocess.Popen(
            [sys.executable, "manage.py", "run_stack", "--prepare"],
            cwd=ROOT,
            env=env,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://localhost:{port}"
        _wait(f"{url}/readyz", stack, log)
        yield Portal(url, (var / "demo-password").read_text(encoding="ascii").strip(), var)
    finally:
        stack.send_signal(signal.SIGINT)
        try:
            stack.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(stack.pid, signal.SIGKILL)
            raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, stack: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and stack.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError(
        f"The portal did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}"
    )
