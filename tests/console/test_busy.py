"""When the database does not answer in time, people get words and a number, not a crash."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from phases.permissions import RoleName
from rollout_portal.console import overview
from tests.factories import make_member, make_rollout


@pytest.mark.django_db
def test_a_lock_that_is_not_got_in_time_is_a_503_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_args: Any) -> list[Any]:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(overview, "lines", busy)
    browser = Client(raise_request_exception=False)
    browser.force_login(make_member(make_rollout(), RoleName.PRODUCT_OWNER))
    answer = browser.get("/console/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "busy at this moment" in answer.content.decode()
    assert answer.headers["X-Request-ID"] in answer.content.decode()
