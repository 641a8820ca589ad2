"""How the walk asks, what it watches while it asks, and what it expects: from the permission table alone."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Final
from unittest import mock
from urllib.parse import urlencode

from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.template.backends.django import Template
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from phases import permissions
from rollout_portal.console.sites import ConsoleSite
from tests.permissions.routes import WORDS, Page
from tests.permissions.sides import FOREIGN, Side
from tests.permissions.world import Identity

# What the session, the limits on logins and the note on a token's last use may write at any time.
_MEMORY: Final = frozenset({"django_session", "portal_cache"})
_WRITE: Final = re.compile(
    r'^\s*(?:INSERT INTO|INSERT OR \w+ INTO|UPDATE|DELETE FROM|COPY|MERGE INTO)\s+"?(\w+)"?\s*(.*)',
    re.I | re.S,
)

LOGIN: Final = "/accounts/login/"


@dataclass
class Answer:
    """What came back, and which tables the request wrote to, whether or not it was undone."""

    status: int
    text: str = ""
    location: str = ""
    kind: str = ""
    wrote: list[str] = field(default_factory=list)
    response: HttpResponseBase | None = None

    @property
    def to_login(self) -> bool:
        return self.status == 302 and self.location.startswith(LOGIN)

    @property
    def sealed(self) -> bool:
        """Whether the policy that came along lets nothing run and nothing be loaded."""
        policy = self.response.headers.get("Content-Security-Policy", "") if self.response else ""
        return "sandbox" in policy and "default-src 'none'" in policy and "script-src" not in policy

    @property
    def said(self) -> str:
        """The answer in short, for the list of what is wrong."""
        wrote = f", wrote {sorted(set(self.wrote))}" if self.wrote else ""
        return f"{self.status} {self.location}{wrote}".strip()


def ask(client: Client, method: str, url: str, data: Any = None, **more: Any) -> Answer:
    """Ask once and undo whatever it did. An exception that reaches the server is a 500."""
    wrote: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = _WRITE.match(sql)
        if found and found[1] not in _MEMORY and not _is_last_use(found[1], found[2]):
            wrote.append(found[1])
        return execute(sql, params, many, context)

    cookies = client.cookies.output(header="", sep=";")
    try:
        with transaction.atomic(), connection.execute_wrapper(watch):
            try:
                response = client.generic(method, url, **_sent(method, data), **more)
                answer = _read(response, wrote)
            except Exception as error:
                answer = Answer(500, location=f"{type(error).__name__}: {error}"[:300], wrote=wrote)
            transaction.set_rollback(True)
    finally:
        client.cookies = SimpleCookie(cookies)
    return answer


def _is_last_use(table: str, rest: str) -> bool:
    return table == "phases_apitoken" and rest.startswith('SET "last_used_at" =')


def _sent(method: str, data: Any) -> dict[str, Any]:
    if data is None:
        return {}
    if method in {"GET", "HEAD"}:
        return {"QUERY_STRING": urlencode(data, doseq=True)}
    if isinstance(data, bytes):
        return {"data": data, "content_type": "application/json"}
    return {"data": encode_multipart(BOUNDARY, data), "content_type": MULTIPART_CONTENT}


def _read(response: Any, wrote: list[str]) -> Answer:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return Answer(
        status=response.status_code,
        text=body.decode("utf-8", "replace"),
        location=response.headers.get("Location", ""),
        kind=response.headers.get("Content-Type", ""),
        wrote=wrote,
        response=response,
    )


def _blank(template: Template, context: Any = None, request: Any = None) -> str:
    return ""


@contextmanager
def unpainted() -> Iterator[None]:
    """Within, requests are worked out to the end, but templates are not painted: it saves half the time.

    For what needs the status, the rows and the writes only; what pages show is looked at by other tests.
    """
    frame = mock.patch.object(ConsoleSite, "each_context", return_value={})
    with mock.patch.object(Template, "render", _blank), frame:
        yield


# --- What is expected ----------------------------------------------------------------------------------


def may(who: Identity, act: str, side: Side) -> bool:
    """Whether the table lets `who` do `act` in the rollout of `side`."""
    row = permissions.acts()[act]
    if not who.signed_in:
        return False
    return (who.side == side.name and who.role in row.roles) or (who.superuser and row.administration)


def may_at_home(who: Identity, act: str) -> bool:
    """Whether the table lets `who` do `act` in the rollout in which they hold their role."""
    return who.signed_in and who.role in permissions.acts()[act].roles


def may_all(who: Identity, acts: Iterable[str], side: Side) -> bool:
    """Whether the table lets `who` do each of `acts` in the rollout of `side`."""
    return all(may(who, act, side) for act in acts)


def wrong_on_a_page(
    who: Identity, acts: Iterable[str], side: Side, answer: Answer, opened: Collection[int]
) -> str:
    """Say what is wrong with an answer of a rollout's page; empty when it is as the table says."""
    if not who.signed_in:
        return "" if answer.to_login else "expected the login page"
    if not may(who, "rollout.view", side):
        return "" if answer.status == 404 else "expected 404"
    if not may_all(who, acts, side):
        return "" if answer.status == 403 else "expected 403"
    return "" if answer.status in opened else f"expected {sorted(opened)}"


def wrong_on_paper(who: Identity, side: Side, answer: Answer, *, own: bool = False) -> str:
    """Say what a page must not show: code, another rollout, words that are not for `who`.

    :param own: it is the page of a tester, who reads their own name on it.
    """
    if answer.kind.startswith("text/html") and not answer.sealed:
        if answer.text.lower().find("<!doctype") > 0:
            return "something stands before the document"
        for code in ("<script>alert", "<img src=x", "\"'><img"):
            if code in answer.text:
                return f"it runs {code}"
    if not who.superuser:
        if who.side != "B" and FOREIGN in answer.text.lower():
            return "it tells of the other rollout"
        if not own and who.side != side.name and "alert(" in answer.text:
            return "it tells of a rollout that is not theirs"
    for words, act in WORDS.items():
        if not own and words in answer.text and not may_at_home(who, act):
            return f"it shows {words!r} without {act}"
    return ""


# --- What is there -------------------------------------------------------------------------------------


def address(page: Page, side: Side, elsewhere: Mapping[str, Side] | None = None) -> str:
    """Return the address of a rollout's page; `elsewhere` says which of its objects another side lends."""
    lent = elsewhere or {}
    found = {name: lent.get(name, side).find(path) for name, path in page.names.items()}
    return reverse(page.name, kwargs={"slug": side.rollout.slug, **found})


def routes() -> Iterator[tuple[str, str, Any]]:
    """Every address that the portal knows: its full name, or its pattern where it has none, and its view."""
    yield from _routes(get_resolver().url_patterns, "", "")


def _routes(patterns: Any, before: str, space: str) -> Iterator[tuple[str, str, Any]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _routes(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield (space + pattern.name if pattern.name else route), route, pattern.callback
