"""Texts and values, friendly and hostile."""

import html
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_portal.outbox.exceptions import MessageRefused, TemplateError, UnknownPlaceholder
from rollout_portal.outbox.rendering import Rendered, check_params, check_text, render
from tests.outbox.factories import link

ALLOWED = ("name", "answer_link")


def rendered(body: str, subject: str = "Hello {name}", **values: str) -> Rendered:
    given = {"name": "Aina", "answer_link": "https://portal.example/i/abc/"} | values
    return render(subject=subject, body=body, language="en", values=given, link_names=["answer_link"])


@pytest.mark.parametrize(
    "text",
    [
        "{x}",
        "{x.__class__}",
        "{name.__init__.__globals__}",
        "{name!r}",
        "{name:>10}",
        "{0}",
        "{}",
        "{{7*7}}",
        "{{name}}",
        "{% load static %}",
        "${name",
        "{Name}",
        "{ name }",
        "a } b",
        "{nаme}",  # a Cyrillic letter
        "{" * 3000,
    ],
)
def test_anything_else_in_braces_is_refused_and_the_allowed_names_are_said(text: str) -> None:
    with pytest.raises(UnknownPlaceholder) as refused:
        check_text("Subject", f"Hello {text}", ALLOWED, "en")
    assert "allowed: {answer_link}, {name}" in refused.value.message
    assert len(refused.value.message) < 250


@pytest.mark.parametrize("subject", ["a\nb", "a\r\nBcc: x@example.org", "a\rb", "a\u2028b", "a\x0bb", "\x00"])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(TemplateError, match="must be one line"):
        check_text(subject, "Hello", ALLOWED, "en")


@pytest.mark.parametrize(
    ("subject", "body", "part"), [("x" * 201, "Hello", "subject"), ("Hello", "x" * 10_001, "text")]
)
def test_a_text_that_is_too_long_is_refused_with_the_limit(subject: str, body: str, part: str) -> None:
    with pytest.raises(TemplateError, match=f"The {part} .en. has .* are allowed"):
        check_text(subject, body, ALLOWED, "en")


def test_a_text_of_a_megabyte_of_braces_is_refused_quickly() -> None:
    with pytest.raises(TemplateError):
        check_text("Hello", "{" * 1_000_000, ALLOWED, "en")


def test_a_value_is_words_and_never_another_placeholder_or_markup() -> None:
    result = rendered("Dear {name}, {answer_link}", name="{answer_link} <script>alert(1)</script> & “A”")

    assert result.text == (
        "Dear {answer_link} <script>alert(1)</script> & “A”, https://portal.example/i/abc/\n"
    )
    assert "<script>" not in result.html
    assert "{answer_link} &lt;script&gt;alert(1)&lt;/script&gt; &amp; “A”" in result.html


def test_the_text_itself_is_escaped_too() -> None:
    assert "&lt;b&gt;free&lt;/b&gt;" in rendered("<b>free</b> {name}").html


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@example.org", "Eve\nBcc: x", "Eve\x00\x08Bcc", "Eve\u2028Bcc", "\u202eevE"]
)
def test_a_hostile_name_stays_on_the_line_of_the_subject(name: str) -> None:
    subject = rendered("Hi {name}", name=name).subject

    assert subject.splitlines() == [subject]
    assert not {"\x00", "\x08", "\u2028", "\u202e"} & set(subject)


def test_a_paragraph_with_a_label_and_a_link_is_a_button() -> None:
    result = rendered("Dear {name},\n\nTake part: {answer_link}\n\n加入：{answer_link}\n\n{answer_link}")

    assert result.html.count("display:inline-block") == 3
    assert ">Take part</a>" in result.html
    assert ">加入</a>" in result.html
    assert ">https://portal.example/i/abc/</a>" in result.html
    assert "Take part: https://portal.example/i/abc/" in result.text


def test_lines_of_labels_and_links_alone_are_a_row_of_small_buttons() -> None:
    rendered = render(
        subject="s",
        body="Choose:\n\n0: {a}\n1: {b}\n\n0: {a}\nnot a link",
        language="en",
        values={"a": "https://portal.example/a", "b": "https://portal.example/b"},
        link_names=["a", "b"],
    )
    assert rendered.html.count("min-width:20px") == 2
    assert '>0</a> <a href="https://portal.example/b"' in rendered.html
    assert "0: https://portal.example/a\n1: https://portal.example/b" in rendered.text


def test_the_link_to_leave_is_never_the_button() -> None:
    result = render(
        subject="x",
        body="Leave: {leave_link}",
        language="en",
        values={"leave_link": "https://portal.example/l/abc/"},
        link_names=["leave_link"],
    )
    assert "display:inline-block" not in result.html
    assert '<a href="https://portal.example/l/abc/" style="color:#4b5563;">Leave</a>' in result.html
    assert result.text == "Leave: https://portal.example/l/abc/\n"


def test_lists_and_line_breaks_are_kept() -> None:
    result = rendered("One\ntwo\n\n- apples\n- {name}")

    assert "One<br>two" in result.html
    assert result.html.count("<li") == 2


def test_the_html_names_its_language() -> None:
    result = render(subject="x", body="வணக்கம்", language="ta", values={}, link_names=[])
    assert '<html lang="ta">' in result.html


def test_a_missing_value_is_an_error_that_names_it() -> None:
    with pytest.raises(TemplateError, match="name"):
        render(subject="{name}", body="x", language="en", values={}, link_names=[])


PLACEHOLDERS = {"name": {"sample": "", "link": False}, "answer_link": {"sample": "", "link": True}}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"nmae": "Aina"}, "Unknown parameter 'nmae'; the template allows: answer_link, name"),
        ({"name": 1.5}, "'name' must be text or a whole number"),
        ({"name": True}, "'name' must be text or a whole number"),
        ({"name": None}, "'name' must be text or a whole number"),
        ({"name": ["Aina"]}, "'name' must be text or a whole number"),
        ({"name": "x" * 501}, "longer than 500"),
        ({"name": {"link": {"purpose": "tests.open", "row": "1"}}}, "'name' must be text"),
        ({"answer_link": "https://evil.example/"}, "'answer_link' must be a link"),
        ({"answer_link": {"link": "https://evil.example/"}}, "made by outbox.links.to"),
        ({"answer_link": {"link": {"purpose": "nobody.knows", "row": "1"}}}, "Nobody registered"),
        ({f"p{n}": "x" for n in range(41)}, "41 parameters; 40 are allowed"),
    ],
)
def test_parameters_are_checked_before_anything_is_queued(params: dict[str, Any], words: str) -> None:
    with pytest.raises(MessageRefused, match=words):
        check_params(params, PLACEHOLDERS)


def test_good_parameters_pass() -> None:
    check_params({"name": "Aina", "answer_link": link()}, PLACEHOLDERS)
    check_params({"name": 3}, PLACEHOLDERS)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@given(st.text(max_size=200))
def test_no_value_whatever_adds_a_tag_or_a_header(name: str) -> None:
    plain = _Tags()
    plain.feed(rendered("Dear {name}, welcome.", name="x").html)
    hostile = _Tags()
    result = rendered("Dear {name}, welcome.", name=name)
    hostile.feed(result.html)

    assert [tag for tag in hostile.seen if tag != "br"] == plain.seen
    assert len(result.subject.splitlines()) == 1
    assert result.text.startswith("Dear ")
    assert html.unescape(result.html).count("welcome.") >= 1
