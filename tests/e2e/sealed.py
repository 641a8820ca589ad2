"""Run the portal where no way leads out, and write down who knocks.

    unshare --net python -m tests.e2e.sealed FOLDER

Inside a network of its own, with the loopback and one cable whose other end only listens, the whole stack
starts from nothing, a browser walks through it, and every packet that is meant for another host is printed,
as a JSON list of `protocol address port`. Needs root and Linux.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e import stack

# Addresses for documentation (RFC 5737): they belong to nobody.
HERE, GATEWAY, ELSEWHERE = "192.0.2.1", "192.0.2.2", "203.0.113.9"
ANY_PROTOCOL = 0x0003
QUIET = 15.0  # seconds in which worker, beat and sweeper are left to themselves
PLACES = ("", "medimate/", "medimate/gates/gate-2-3/", "medimate/surveys/", "medimate/metrics/", "mail/")
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The browser's own curiosity is not ours; what a page asks for is watched below, by its address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
]


def main() -> int:
    lay_cable()
    with listening() as heard:
        knock()
        if not any(ELSEWHERE in one for one in heard):
            sys.stderr.write("The trap does not catch what it should.\n")
            return 1
        heard.clear()
        with stack.demo(Path(sys.argv[1])) as portal:
            asked = browse(portal)
            time.sleep(QUIET)
    json.dump(sorted({*heard, *asked}), sys.stdout)
    return 0


def lay_cable() -> None:
    """Give this network a default route that ends at our own ear."""
    for words in (
        "link set lo up",
        "link add way type veth peer name trap",
        f"addr add {HERE}/24 dev way",
        "link set way up",
        "link set trap up",
        f"neigh add {GATEWAY} lladdr 02:00:00:00:00:02 dev way nud permanent",
        f"route add default via {GATEWAY}",
    ):
        subprocess.run(["ip", *words.split()], check=True)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Yield a list that grows with every packet for another host, and every question for a name."""
    heard: list[str] = []
    over = threading.Event()
    ears = [
        threading.Thread(target=listen, args=(device, heard, over), daemon=True) for device in ("trap", "lo")
    ]
    for ear in ears:
        ear.start()
    time.sleep(0.5)
    yield heard
    over.set()
    for ear in ears:
        ear.join()


def listen(device: str, heard: list[str], over: threading.Event) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(ANY_PROTOCOL)) as ear:
        ear.bind((device, 0))
        ear.settimeout(0.2)
        while not over.is_set():
            try:
                packet = said(ear.recv(65_535))
            except TimeoutError:
                continue
            if packet and (device == "trap" or packet.endswith(" 53")):
                heard.append(packet)


def said(frame: bytes) -> str:
    """Return `protocol address port` of an Ethernet frame with IPv4; the kernel's own chatter is ""."""
    if frame[12:14] != b"\x08\x00":
        return ""
    ports = 14 + (frame[14] & 0x0F) * 4
    protocol = {6: "tcp", 17: "udp"}.get(frame[23], str(frame[23]))
    port = int.from_bytes(frame[ports + 2 : ports + 4]) if protocol in {"tcp", "udp"} else 0
    return f"{protocol} {socket.inet_ntoa(frame[30:34])} {port}"


def knock() -> None:
    """Send one packet out, to know that it is heard."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.sendto(b"?", (ELSEWHERE, 9))
    time.sleep(0.5)


def browse(portal: stack.DemoPortal) -> set[str]:
    """Walk through some pages as the product owner; return the addresses asked for on other hosts."""
    outside: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=CHROMIUM
        )
        page = browser.new_page()
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((f"{portal.url}/", "data:", "blob:"))
                else outside.add(request.url)
            ),
        )
        page.goto(f"{portal.url}/accounts/login/")
        page.get_by_label("Email").fill("owner@demo.example")
        page.get_by_label("Password", exact=True).fill(portal.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/**")
        for place in PLACES:
            page.goto(f"{portal.url}/console/{place}", wait_until="networkidle")
        browser.close()
    return outside


if __name__ == "__main__":
    sys.exit(main())
