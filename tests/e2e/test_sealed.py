"""Nothing of the portal contacts another host: tried in a network that ends at our own ear."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e import sealed, stack
from tests.processes import ROOT

pytestmark = pytest.mark.e2e

NETWORK = ("unshare", "--net")


def refusal() -> str:
    """Return why a network of its own cannot be made here, or nothing."""
    if not all(shutil.which(program) for program in ("unshare", "ip")):
        return "needs unshare and ip (util-linux, iproute2)"
    if os.geteuid() != 0:
        return "only root may make a network of its own"
    tried = subprocess.run(
        [*NETWORK, "ip", "link", "add", "way", "type", "veth", "peer", "name", "trap"],
        capture_output=True,
        text=True,
        check=False,
    )
    return tried.stderr.strip()


def test_no_page_and_no_process_contacts_another_host(tmp_path: Path) -> None:
    if why := refusal():
        pytest.skip(why)
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists():
        pytest.skip("No browser; set CHROMIUM to one.")
    done = subprocess.run(
        [*NETWORK, sys.executable, "-m", sealed.__name__, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * stack.PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == []


def test_a_packet_is_read_as_what_it_is() -> None:
    head = bytes(12) + b"\x08\x00" + b"\x45" + bytes(8) + b"\x11" + bytes(2)
    addresses = bytes([192, 0, 2, 1, 203, 0, 113, 9])
    assert sealed.said(head + addresses + bytes([0, 7, 0, 53])) == "udp 203.0.113.9 53"
    assert sealed.said(bytes(12) + b"\x08\x06" + bytes(40)) == ""
