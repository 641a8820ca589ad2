"""Files of others are exactly what their publishers gave out, and stand where the theme's would."""

import hashlib
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

VENDOR = Path(__file__).resolve().parents[2] / "rollout_portal" / "console" / "vendor"
LISTED = dict(
    re.findall(
        r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (VENDOR / "VENDORED.md").read_text(encoding="utf-8"), re.M
    )
)


@pytest.mark.parametrize("name", LISTED)
def test_a_vendored_file_has_the_digest_that_is_written_down(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == LISTED[name]


def test_no_vendored_file_is_missing_from_the_list() -> None:
    files = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*.js")}
    assert files == set(LISTED)


def test_the_build_that_evaluates_no_code_is_the_one_that_is_served() -> None:
    assert finders.find("unfold/js/alpine/alpine.js") == str(VENDOR / "unfold/js/alpine/alpine.js")
