"""The browser's policy: what the header says, and that no template of ours needs more than that."""

import re
from pathlib import Path

import pytest
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path
    for folder in (ROOT / "templates", *ROOT.glob("*/templates"), *ROOT.glob("rollout_portal/*/templates"))
    for path in folder.rglob("*.html")
)


@pytest.mark.django_db
def test_the_header_is_the_policy_of_the_design(client: Client) -> None:
    given = client.get("/accounts/login/")["Content-Security-Policy"]
    assert sorted(part.strip() for part in given.split(";")) == [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_code_and_names_no_other_host(path: Path) -> None:
    text = re.sub(
        r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}|{#.*?#}", "", path.read_text("utf-8"), flags=re.S
    )
    assert not re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", text)
    assert not re.findall(r"""\son[a-z]+\s*=\s*["']""", text)
    assert not re.findall(r"(?:src|href|action)=[\"']?(?:https?:)?//", text)
    assert "javascript:" not in text


def test_a_style_sheet_of_ours_fetches_nothing_from_outside() -> None:
    for sheet in (ROOT / "rollout_portal/console/static/console").glob("*.css"):
        assert not re.findall(r"@import|url\(\s*[\"']?(?:https?:)?//", sheet.read_text("utf-8")), sheet
