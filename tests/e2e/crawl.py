"""Walk a running portal along its links, as a person with a login, and note what each page answers.

Pages that come from one route with the same questions in the address are one *shape*; of each shape the first
instance found is opened.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import APIRequestContext

MANY = 2000  # addresses for one person; more than that is a page that makes endless links


@dataclass(frozen=True)
class Found:
    """One page and its answer."""

    address: str
    shape: str
    on: str
    status: int
    is_page: bool
    headings: int
    text: str = field(repr=False, compare=False)


class _Reader(HTMLParser):
    """Collect what a page leads to and how many main headings it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.headings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.headings += tag == "h1"
        self.links += [value for name, value in attrs if name in {"href", "src", "hx-get"} and value]


def links_in(text: str) -> list[str]:
    """Return what a page leads to and loads, as it is written there."""
    reader = _Reader()
    reader.feed(text)
    return reader.links


def shape(address: str) -> str:
    """Return the route of an address and the names of what it asks, without their values."""
    parts = urlsplit(address)
    try:
        route = resolve(parts.path).route
    except Resolver404:
        route = parts.path
    names = sorted({name for name, _value in parse_qsl(parts.query, keep_blank_values=True)})
    return route + ("?" + ",".join(names) if names else "")


def walk(client: APIRequestContext, url: str, start: str) -> Iterator[Found]:
    """Yield one page of each shape that can be reached from `start`, with GET only.

    A filtered list offers more filters without an end; of two filters together none is followed.
    """
    waiting = [(start, "")]
    seen: set[str] = set()
    while waiting:
        address, on = waiting.pop(0)
        kind = shape(address)
        if kind in seen:
            continue
        seen.add(kind)
        assert len(seen) < MANY, f"No end of links; the last one is {address} on {on}"
        answer = client.get(url + address, max_redirects=0)
        # A mail shown in its sealed frame is somebody's text; no script runs there, not even axe.
        sealed = "sandbox" in answer.headers.get("content-security-policy", "")
        is_page = "html" in answer.headers.get("content-type", "") and answer.status == 200 and not sealed
        text = answer.text() if is_page or answer.status >= 400 else ""
        reader = _Reader()
        reader.feed(text)
        links = [answer.headers["location"]] if answer.status in {301, 302} else reader.links
        yield Found(address, kind, on, answer.status, is_page, reader.headings, text)
        waiting += [(link, address) for link in _inside(url, address, links) if not _narrows(link, address)]


def _inside(url: str, address: str, links: list[str]) -> Iterator[str]:
    """The links that stay on this server, without fragments; the rest is the browser's to notice."""
    for link in links:
        whole = urljoin(url + address, link).split("#")[0]
        if whole.startswith(f"{url}/"):
            yield whole.removeprefix(url)


def _narrows(link: str, address: str) -> bool:
    return "?" in link and "?" in address and urlsplit(link).path == urlsplit(address).path


def outside(found: Found, url: str) -> list[str]:
    """Return what a page loads or leads to on other hosts."""
    return [
        link
        for link in links_in(found.text)
        if re.match(r"(https?:)?//", link) and not urljoin(url, link).startswith(f"{url}/")
    ]
