"""People with a plain HTTP client: they keep cookies, follow links, and send forms as pages gave them."""

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin

_PATIENCE = 20.0
_SILENT = frozenset({"script", "style", "head"})

Given = Mapping[str, str | list[str]]


@dataclass
class Form:
    """A form with what stands in it: hidden fields, what is ticked or chosen, typed text; and its buttons."""

    action: str
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    buttons: set[tuple[str, str]] = field(default_factory=set)

    def takes(self, given: Given, standing: Mapping[str, str]) -> bool:
        """Tell whether the form has these fields and buttons, with `standing` filled in already."""
        return all(
            name in self.names or (name, value) in self.buttons for name, value in given.items()
        ) and set(self.values).issuperset(standing.items())

    def filled(self, given: Given) -> list[tuple[str, str]]:
        """Return what is sent when `given` is filled in."""
        kept = [(name, value) for name, value in self.values if name not in given]
        return kept + [
            (name, one)
            for name, value in given.items()
            for one in (value if isinstance(value, list) else [value])
        ]


@dataclass
class Answer:
    """A page as it came."""

    status: int
    url: str
    html: str
    text: str
    language: str
    forms: list[Form]
    links: list[str]

    def form_for(self, given: Given, standing: Mapping[str, str]) -> Form:
        """Return the one form that takes `given`; fails with the words of the page when there is none."""
        found = [form for form in self.forms if form.takes(given, standing)]
        assert len(found) == 1, (
            f"{len(found)} forms for {sorted({*given, *standing})} at {self.url} ({self.status}): {self.text}"
        )
        return found[0]


class Visitor:
    """One person with cookies of their own."""

    def __init__(self, site: str) -> None:
        self.site = site
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, address: str, *, expect: int = 200) -> Answer:
        """Follow a link, redirects included."""
        return self._ask(urllib.request.Request(urljoin(self.site, address)), expect)

    def send(
        self,
        page: Answer,
        given: Given,
        *,
        standing: Mapping[str, str] | None = None,
        expect: int = 200,
    ) -> Answer:
        """Fill in the form of `page` that has the fields of `given`, press its button, follow.

        :param standing: what the form has filled in already, where several have the same fields.
        """
        form = page.form_for(given, standing or {})
        return self.post(urljoin(page.url, form.action), form.filled(given), expect=expect)

    def post(
        self,
        address: str,
        values: list[tuple[str, str]],
        *,
        headers: Mapping[str, str] | None = None,
        expect: int = 200,
    ) -> Answer:
        """Send fields to an address of the site."""
        request = urllib.request.Request(
            urljoin(self.site, address), data=urlencode(values).encode(), headers=dict(headers or {})
        )
        return self._ask(request, expect)

    def _ask(self, request: urllib.request.Request, expect: int) -> Answer:
        assert request.full_url.startswith(self.site), f"{request.full_url} leads away from {self.site}"
        try:
            with self._opener.open(request, timeout=_PATIENCE) as response:
                status, url, body = response.status, response.url, response.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                status, url, body = refusal.code, refusal.url, refusal.read()
        read = _Reader()
        html = body.decode()
        read.feed(html)
        text = " ".join(" ".join(read.words).split())
        assert status == expect, (
            f"{request.get_method()} {request.full_url} gave {status}, not {expect}: {text[:600]}"
        )
        return Answer(status, url, html, text, read.language, read.forms, read.links)


class _Reader(HTMLParser):
    """Reads words, links and forms out of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.language = ""
        self._silent = 0
        self._form: Form | None = None
        self._select: tuple[str, list[str]] | None = None
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
        elif tag == "html":
            self.language = given.get("lang", "")
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option" and self._select is not None and "selected" in given:
            self._select[1].append(given.get("value", ""))
        if not name or "disabled" in given:
            return
        if tag == "button":
            form.buttons.add((name, given.get("value", "")))
        elif tag in ("input", "select", "textarea"):
            form.names.add(name)
        if tag == "select":
            self._select = (name, [])
        elif tag == "textarea":
            self._area = (name, [])
        elif tag == "input":
            form.values += _standing(name, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select" and self._form is not None and self._select is not None:
            self._form.values += [(self._select[0], value) for value in self._select[1]]
            self._select = None
        elif tag == "textarea" and self._form is not None and self._area is not None:
            self._form.values.append((self._area[0], "".join(self._area[1]).removeprefix("\n")))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
        elif not self._silent:
            self.words.append(data)


def _standing(name: str, given: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Return what an input sends when nobody touches it."""
    kind = given.get("type", "text")
    if kind in ("submit", "button", "image", "file", "reset"):
        return
    if kind in ("radio", "checkbox"):
        if "checked" in given:
            yield name, given.get("value", "on")
        return
    yield name, given.get("value", "")
