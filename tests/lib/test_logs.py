"""What may not stand in a log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.test import Client

from rollout_portal.lib import links, logs
from rollout_portal.lib.logs import without_tokens


@contextmanager
def as_a_server() -> Iterator[None]:
    """Within, logs go where a server sends them."""
    before, level = logging.root.handlers[:], logging.root.level
    logs.configure({"format": "json", "level": "INFO"})
    try:
        yield
    finally:
        logging.root.handlers[:] = before
        logging.root.setLevel(level)


@pytest.mark.django_db
def test_a_dead_personal_link_leaves_no_token_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    token = links.mint("survey", uuid4())
    with as_a_server():
        Client().get(f"/t/nowhere/{token}/")
    said = capsys.readouterr().err
    assert "Not Found: /t/nowhere/…/" in said
    assert token not in said


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("GET /console/medimate/selections/077d3523-112f-40db-9533-dce5c06b76a5/", True),
        ("/t/s/C8ezsHWRS8i4cbEXvFnTp4qIQmK4FeoL9uq4wI9PVMK2BPfkzXmKpWyQgHKD30gyMR_5cQ/", False),
        ('"/accounts/password/reset/key/3-cxyz12-0123456789abcdef0123456789abcdef/"', False),
        ("digest 8637af0d9461a94793d791c32ab6390737a3371e2a7150d4592ccb660f9a752f", True),
    ],
)
def test_ids_and_digests_stay(text: str, kept: bool) -> None:
    entry = without_tokens(None, "", {"event": text, "count": 3})
    assert (entry["event"] == text) == kept
    assert entry["count"] == 3
