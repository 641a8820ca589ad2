"""Pages do not wait for the broker: as quick without it as with it."""

import http.client
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from feedback.links import mint_survey_link
from feedback.models import SurveyRequest
from phases.models import Rollout
from rollout_portal.accounts.models import User
from tests.chaos.rig import Rig
from tests.e2e.crawl import links_in, shape
from tests.processes import environment, started, until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

# Rounds with the broker and without it, in turns, so that both meet the same machine; and requests in each.
TURNS = 4
ROUNDS = 50
ALLOWED = 0.050
ELSEWHERE = ("/console/data/", "/console/mail/")


def test_pages_answer_as_fast_without_the_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path)
    call_command("load_demo")
    rollout = Rollout.objects.get()
    stem = f"/console/{rollout.slug}/"
    owner = User.objects.get(email="owner@demo.example")
    asked = SurveyRequest.objects.exclude(message=None).latest("pk")
    link = mint_survey_link(asked.uuid, asked.message)  # type: ignore[arg-type]
    with Rig(tmp_path, 0) as rig, web(tmp_path, rig.broker_url) as port:
        browser = Browser(port, owner)
        requests: list[tuple[str, str, dict[str, str]]] = [
            ("GET", page, {}) for page in pages_of(owner, stem)
        ]
        assert len(requests) > 30
        requests += [
            ("GET", urlsplit(link).path, {}),
            ("POST", f"{stem}stop/", {"phase": "2", "verb": "hold", "why": "look"}),
            ("POST", f"{stem}phases/2/resume/", {"reason": "The drill is over"}),
        ]
        browser.play(requests, rounds=3)
        taken: dict[bool, dict[str, list[float]]] = {True: {}, False: {}}
        for turn in range(2 * TURNS):
            with_broker = turn % 2 == 0
            if not with_broker:
                rig.stop_broker()
            for name, seconds in browser.play(requests, rounds=ROUNDS).items():
                taken[with_broker].setdefault(name, []).extend(seconds)
            if not with_broker:
                rig.start_broker()
        browser.close()

    report = {name: (p95(taken[True][name]), p95(taken[False][name])) for name in taken[True]}
    with capsys.disabled():
        print(f"\np95 of {TURNS * ROUNDS} requests a page, in ms: with the broker, without it")
        for name, (with_it, without) in report.items():
            print(f"  {name:48} {with_it * 1000:7.1f} {without * 1000:7.1f}")
    assert all(len(seconds) >= 200 for by_name in taken.values() for seconds in by_name.values())
    slower = {name: pair for name, pair in report.items() if pair[1] - pair[0] > ALLOWED}
    assert slower == {}


def pages_of(owner: User, stem: str) -> list[str]:
    """Return one address of each page that the owner of the demo reaches from its cockpit, by its links.

    Left out are the raw tables under "All data", one template over many models, and mails on file, which lie
    with the test and not with its server.
    """
    client = Client()
    client.force_login(owner)
    waiting, seen, pages = ["/console/", stem], set(), []
    while waiting:
        address = waiting.pop(0)
        route = shape(address)
        if route in seen or "?" in address or not address.startswith("/console/"):
            continue
        seen.add(route)
        answer = client.get(address)
        if answer.status_code == HTTPStatus.OK and "html" in answer["Content-Type"]:
            pages.append(address)
            links = links_in(answer.content.decode())
            waiting += [link.partition("#")[0] for link in links if not link.startswith(ELSEWHERE)]
        answer.close()
    return pages


class Browser:
    """A signed-in browser on one kept connection, that takes the time of every answer."""

    def __init__(self, port: int, user: User) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self._csrf = "c" * 32
        self._headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={self._csrf}",
            "Referer": f"http://127.0.0.1:{port}/",
        }

    def play(self, requests: list[tuple[str, str, dict[str, str]]], *, rounds: int) -> dict[str, list[float]]:
        """Send each request `rounds` times, one after the other; return the seconds of each."""
        taken: dict[str, list[float]] = {}
        for _round in range(rounds):
            for method, path, fields in requests:
                began = time.perf_counter()
                status = self._send(method, path, fields)
                taken.setdefault(f"{method} {path}", []).append(time.perf_counter() - began)
                assert status in (200, 302), (method, path, status)
        return taken

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, path: str, fields: dict[str, str]) -> int:
        headers, body = dict(self._headers), None
        if method == "POST":
            body = urlencode({**fields, "csrfmiddlewaretoken": self._csrf})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


@contextmanager
def web(folder: Path, broker_url: str) -> Iterator[int]:
    """Run the web server of the portal on a free port for the length of a block."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "rollout_portal.wsgi:application", "--interface", "wsgi"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "4", "--backpressure", "32"]
    env = environment(broker_url=broker_url, PROCESS_ROLE="web")
    with started(command, env, folder / "web.log"):
        until(lambda: answers(port), seconds=30, what="the web server")
        yield port


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def p95(seconds: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(seconds, n=20)[-1]
