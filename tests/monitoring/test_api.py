"""Readings by API: who may, what is refused and how it is said, and what a repeated request gets."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from monitoring.api import LIMIT, request_digest
from monitoring.models import Metric, Reading
from phases import idempotency, tokens
from phases.models import ApiToken, IdempotentRequest, Rollout
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.monitoring.factories import (
    NOON,
    after,
    entry,
    make_metric,
    make_reading,
    make_rollout,
    make_secret,
)

URL = "/api/v1/rollouts/medimate/readings"
PROBLEM = "application/problem+json"


@pytest.fixture
def metric(rollout: Rollout) -> Metric:
    return make_metric(rollout)


@pytest.fixture
def secret(rollout: Rollout, engineer: User, metric: Metric) -> str:
    return make_secret(rollout, engineer)


def item(value: Any = 0.31, **fields: Any) -> dict[str, Any]:
    return {"metric": "error-rate", "at": "2026-11-20T11:00:00Z", "value": value, **fields}


def send(secret: str, body: Any, url: str = URL, **headers: str) -> Any:
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    content_type = headers.pop("content_type", "application/json")
    return Client(raise_request_exception=False).generic(
        "POST",
        url,
        data,
        headers={"Authorization": f"Bearer {secret}", **headers},
        CONTENT_TYPE=content_type,
        CONTENT_LENGTH=str(len(data if isinstance(data, bytes) else data.encode())),
    )


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is the problem expected, and return it."""
    assert answer["Content-Type"] == PROBLEM, answer.content
    body = json.loads(answer.content)
    assert (answer.status_code, body["status"], body["type"]) == (
        status,
        status,
        f"urn:rollout-portal:problem:{code}",
    ), body
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == answer["X-Request-ID"]
    return dict(body)


def errors(answer: Any) -> list[tuple[int | None, str]]:
    body = problem(answer, 422, "readings-refused")
    return [(error.get("item"), error["field"]) for error in body["errors"]]


# --- Recording -----------------------------------------------------------------------------------------


def test_a_batch_is_recorded_exactly_as_it_was_written(secret: str, engineer: User) -> None:
    body = """{"readings": [
        {"metric": "error-rate", "at": "2026-11-20T19:00:00+08:00", "value": 0.1000000001e1, "n": 18204},
        {"metric": "error-rate", "at": "2026-11-20T11:05:00.250Z", "value": "0.30", "source": "Datadog"},
        {"metric": "error-rate", "at": "2026-11-20T11:06:00Z", "value": 1e1, "unit": "%", "n": null}
    ]}"""
    answer = send(secret, body)
    assert answer.status_code == 201, answer.content
    assert {**answer.json(), "recorded_at": None} == {
        "recorded": 3,
        "already_known": 0,
        "recorded_at": None,
    }
    rows = [
        (reading.at.isoformat(), str(reading.value.normalize()), reading.n, reading.source)
        for reading in Reading.objects.order_by("at")
        if reading.value is not None
    ]
    assert rows == [
        ("2026-11-20T11:00:00+00:00", "1.000000001", 18204, ""),
        ("2026-11-20T11:05:00.250000+00:00", "0.3", None, "Datadog"),
        ("2026-11-20T11:06:00+00:00", "1E+1", None, ""),
    ]
    token = ApiToken.objects.get()
    assert not Reading.objects.exclude(token=token, recorded_by=None).exists()
    recorded = entry("readings.recorded")
    assert (recorded.actor, recorded.cause) == (None, f"API token {token.prefix}…")
    assert after("readings.recorded")["token_name"] == "prod-metrics"


def test_ten_thousand_readings_are_one_batch(secret: str) -> None:
    moments = [NOON - timedelta(seconds=second) for second in range(10_001)]
    batch = [item(at=moment.isoformat()) for moment in moments]
    answer = send(secret, {"readings": batch})
    body = problem(answer, 422, "batch-refused")
    assert body["errors"] == [
        {"field": "readings", "message": "has 10,001 readings; 1 to 10,000 are read at once"}
    ]
    assert send(secret, {"readings": batch[:-1]}).json()["recorded"] == 10_000


def test_one_wrong_item_keeps_the_whole_batch_out(secret: str) -> None:
    good = [item(at=f"2026-11-20T10:{minute:02}:00Z") for minute in range(10)]
    answer = send(secret, {"readings": [*good, item(101)]})
    assert errors(answer) == [(10, "value")]
    assert not Reading.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ('"value": NaN', "value", "must be a finite number, not NaN"),
        ('"value": Infinity', "value", "must be a finite number, not Infinity"),
        ('"value": -Infinity', "value", "must be a finite number, not -Infinity"),
        ('"value": "nan"', "value", "must be a finite number, not nan"),
        ('"value": 1e400', "value", None),
        ('"value": 1e99999999999999999999', "value", None),
        ('"value": 0.30000000000000004', "value", None),
        (f'"value": {"9" * 5000}', "value", None),
        ('"value": true', "value", "must be a number"),
        ('"value": null', "value", "must be a number"),
        ('"value": "0,31"', "value", "is not a number like 0.31: “0,31”"),
        ('"value": "٣"', "value", "is not a number like 0.31: “٣”"),
        ('"value": ""', "value", "is not a number like 0.31: “”"),
        ('"value": [1]', "value", "must be a number"),
        ('"value": -1', "value", "is a share and must lie between 0 % and 100 %"),
        ('"value": 1, "value": 2', "value", "is given twice"),
        ('"value": 1, "n": true', "n", None),
        ('"value": 1, "n": 1.5', "n", None),
        ('"value": 1, "n": "5"', "n", None),
        ('"value": 1, "n": -1', "n", None),
        ('"value": 1, "unit": "ms"', "unit", "cannot be turned into %, in which error-rate is kept"),
        ('"value": 1, "unit": 5', "unit", "must be text"),
        ('"value": 1, "source": "\\u0000"', "source", "contains a character that cannot be shown"),
        ('"value": 1, "source": "\\ud800"', "source", "contains a character that cannot be shown"),
        ('"value": 1, "extra": 1', "extra", "is not a field of a reading"),
    ],
)
def test_a_wrong_field_is_named_with_its_item(
    secret: str, wrong: str, field: str, message: str | None
) -> None:
    body = f'{{"readings": [{{"metric": "error-rate", "at": "2026-11-20T11:00:00Z", {wrong}}}]}}'
    found = problem(send(secret, body), 422, "readings-refused")["errors"]
    assert [(error["item"], error["field"]) for error in found] == [(0, field)]
    assert message is None or found[0]["message"] == message


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-20",
        "2026-11-20T11:00:00",
        "2026-11-20T11:00Z",
        "2026-W47-5T11:00:00Z",
        "2026-02-30T11:00:00Z",
        "2026-11-20T25:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "1999-12-31T23:59:59Z",
        "2026-11-20T12:06:00Z",
        "２０２６-11-20T11:00:00Z",
        "now",
        1763636400,
        None,
    ],
)
def test_a_time_is_a_moment_that_can_have_been(secret: str, at: Any) -> None:
    assert errors(send(secret, {"readings": [item(at=at)]})) == [(0, "at")]


def test_every_kind_of_wrong_item_is_listed_in_order(secret: str) -> None:
    batch: list[Any] = [item(101), 5, {"metric": "error-rate"}, item(at="2026-11-20T10:00:00Z", metric="x")]
    assert errors(send(secret, {"readings": batch})) == [
        (0, "value"),
        (1, ""),
        (2, "at"),
        (2, "value"),
        (3, "metric"),
    ]


def test_of_many_errors_a_hundred_are_listed_and_all_are_counted(secret: str) -> None:
    body = problem(send(secret, {"readings": [item(-1)] * 150}), 422, "readings-refused")
    assert len(body["errors"]) == 100
    assert body["errors_total"] == 299  # 150 values, and 149 times the same moment


def test_another_value_for_a_known_moment_is_a_conflict(secret: str) -> None:
    send(secret, {"readings": [item()]})
    again = send(secret, {"readings": [item()]})
    assert (again.status_code, again.json()["already_known"]) == (201, 1)
    body = problem(send(secret, {"readings": [item(0.32)]}), 409, "readings-conflict")
    assert [(error["item"], error["field"]) for error in body["errors"]] == [(0, "value")]


# --- The body ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1,]",
        b'{"readings": [}',
        b"\xff\xfe",
        b'{"readings": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"nul",
    ],
)
def test_what_is_not_json_is_said_to_be_none(secret: str, body: bytes) -> None:
    problem(send(secret, body), 400, "not-json")


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        "5",
        '"x"',
        "{}",
        '{"readings": {}}',
        '{"readings": []}',
        '{"readings": null}',
        '{"readings": [], "readings": [1]}',
        '{"readings": [1], "more": 1}',
    ],
)
def test_a_body_of_another_shape_is_refused(secret: str, body: str) -> None:
    problem(send(secret, body), 422, "batch-refused")


def test_a_body_above_eight_megabytes_is_too_large_and_one_below_is_read(secret: str) -> None:
    padding = " " * (LIMIT - len(json.dumps({"readings": [item()]})))
    fits = json.dumps({"readings": [item()]}) + padding
    assert len(fits) == 8_000_000
    body = problem(send(secret, fits + " "), 413, "body-too-large")
    assert "8 MB" in body["detail"]
    assert send(secret, fits).status_code == 201


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("text/plain", {}),
        ("application/x-www-form-urlencoded", {}),
        ("multipart/form-data; boundary=x", {}),
        ("application/json; charset=utf-16", {}),
        ("application/json", {"Content-Encoding": "gzip"}),
    ],
)
def test_only_plain_json_is_read(secret: str, content_type: str, headers: dict[str, str]) -> None:
    answer = send(secret, b"{}", content_type=content_type, **headers)
    assert answer.status_code == 415
    assert answer["Content-Type"] == PROBLEM


def test_a_body_without_a_length_is_refused(secret: str) -> None:
    answer = Client().generic(
        "POST",
        URL,
        b"",
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
        CONTENT_LENGTH="",
        CONTENT_TYPE="application/json",
    )
    problem(answer, 411, "length-needed")


# --- Who may -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["", "Basic eA==", "Bearer", "Bearer ", "Bearer rop_wrong", "Bearer ключ", "rop_x"]
)
def test_without_a_live_token_nothing_is_answered(secret: str, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = Client().post(URL, "{}", content_type="application/json", headers=headers)
    problem(answer, 401, "token-needed")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_or_expired_token_opens_nothing(
    secret: str, engineer: User, business_clock: Callable[[datetime], None]
) -> None:
    token = ApiToken.objects.get()
    business_clock(token.expires_at - timedelta(seconds=30))
    assert send(secret, {"readings": [item()]}).status_code == 201
    business_clock(token.expires_at + timedelta(seconds=1))
    problem(send(secret, {"readings": [item()]}), 401, "token-needed")
    business_clock(NOON)
    tokens.revoke_token(token=token, by=engineer, reason="It was in a log")
    problem(send(secret, {"readings": [item()]}), 401, "token-needed")


def test_a_token_is_for_its_purposes_only(rollout: Rollout, engineer: User, metric: Metric) -> None:
    reader = make_secret(rollout, engineer, ("metrics.read",))
    writer = make_secret(rollout, engineer, ("readings.write",))
    problem(send(reader, {"readings": [item()]}), 403, "scope-missing")
    answer = Client().get("/api/v1/rollouts/medimate/metrics", headers={"Authorization": f"Bearer {writer}"})
    problem(answer, 403, "scope-missing")


@pytest.mark.parametrize("slug", ["other", "unheard-of"])
def test_another_rollout_is_as_unknown_as_none(secret: str, slug: str) -> None:
    make_metric(make_rollout("other"))
    body = problem(
        send(secret, {"readings": [item()]}, URL.replace("medimate", slug)), 404, "unknown-rollout"
    )
    assert body["detail"].startswith(f"This token opens no rollout called “{slug}”")


def test_a_rollout_that_is_over_takes_nothing(secret: str, rollout: Rollout) -> None:
    rollout.state, rollout.ended_at = RolloutState.CLOSED, clock.now()
    rollout.save()
    problem(send(secret, {"readings": [item()]}), 409, "rollout-over")


def test_the_cookie_of_a_signed_in_person_is_no_token(secret: str, engineer: User) -> None:
    client = Client()
    client.force_login(engineer)
    problem(client.post(URL, "{}", content_type="application/json"), 401, "token-needed")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "head"])
def test_other_methods_are_refused_with_those_that_are_known(secret: str, method: str) -> None:
    answer = getattr(Client(), method)(URL, headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer["Allow"], answer["Content-Type"]) == (405, "POST", PROBLEM)


@pytest.mark.parametrize("path", ["", "nothing", "rollouts/medimate/readings/", "rollouts/medimate"])
def test_an_unknown_address_is_a_problem_too(db: None, path: str) -> None:
    problem(Client().post(f"/api/v1/{path}", "{}", content_type="application/json"), 404, "unknown-address")


# --- Once only -----------------------------------------------------------------------------------------


def test_the_same_key_with_the_same_body_gets_the_same_answer(secret: str) -> None:
    first = send(secret, {"readings": [item()]}, **{"Idempotency-Key": "k-1"})
    again = send(secret, {"readings": [item()]}, **{"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert (Reading.objects.count(), AuditEvent.objects.filter(verb="readings.recorded").count()) == (1, 1)


def test_the_same_key_with_another_body_is_refused(secret: str) -> None:
    send(secret, {"readings": [item()]}, **{"Idempotency-Key": "k-1"})
    other = send(secret, {"readings": [item(0.4, at="2026-11-20T10:00:00Z")]}, **{"Idempotency-Key": "k-1"})
    problem(other, 422, "idempotency-key-reused")
    assert Reading.objects.count() == 1


def test_a_refused_request_may_be_corrected_under_its_key(secret: str) -> None:
    refused = send(secret, {"readings": [item(101)]}, **{"Idempotency-Key": "k-1"})
    assert refused.status_code == 422
    assert send(secret, {"readings": [item()]}, **{"Idempotency-Key": "k-1"}).status_code == 201


def test_a_key_belongs_to_one_token(secret: str, rollout: Rollout, engineer: User) -> None:
    send(secret, {"readings": [item()]}, **{"Idempotency-Key": "k-1"})
    other = send(
        make_secret(rollout, engineer),
        {"readings": [item(at="2026-11-20T10:00:00Z")]},
        **{"Idempotency-Key": "k-1"},
    )
    assert (other.status_code, "Idempotency-Replayed" in other) == (201, False)


@pytest.mark.parametrize("key", ["", "a b", "ключ", "x" * 256])
def test_a_key_is_visible_ascii_of_255_at_most(secret: str, key: str) -> None:
    problem(send(secret, {"readings": [item()]}, **{"Idempotency-Key": key}), 400, "idempotency-key-wrong")


def test_a_request_under_way_is_not_done_twice(secret: str) -> None:
    token = ApiToken.objects.get()
    body = json.dumps({"readings": [item()]})
    held = idempotency.begin(token=token, key="k-1", digest=_digest(body))
    assert isinstance(held, idempotency.Claim)
    answer = send(secret, body, **{"Idempotency-Key": "k-1"})
    problem(answer, 409, "request-in-progress")
    assert (answer["Retry-After"], Reading.objects.count()) == ("1", 0)


def test_a_request_whose_process_died_is_done_when_the_lease_ends(secret: str) -> None:
    token = ApiToken.objects.get()
    body = json.dumps({"readings": [item()]})
    dead = idempotency.begin(token=token, key="k-1", digest=_digest(body))
    assert isinstance(dead, idempotency.Claim)
    IdempotentRequest.objects.update(lease_until="2020-01-01T00:00:00Z")
    assert send(secret, body, **{"Idempotency-Key": "k-1"}).status_code == 201
    # The dead one wakes up after all: its answer must not be kept, and its effect must not commit.
    with pytest.raises(idempotency.InProgress):
        idempotency.finish(dead, status=201, body="{}")


def test_an_answer_is_kept_for_two_days(secret: str, business_clock: Callable[[datetime], None]) -> None:
    send(secret, {"readings": [item()]}, **{"Idempotency-Key": "k-1"})
    business_clock(NOON + timedelta(hours=47))
    again = send(secret, {"readings": [item()]}, **{"Idempotency-Key": "k-1"})
    assert again["Idempotency-Replayed"] == "true"
    business_clock(NOON + timedelta(hours=49))
    send(secret, {"readings": [item()]}, **{"Idempotency-Key": "k-2"})
    assert list(IdempotentRequest.objects.values_list("key", flat=True)) == ["k-2"]


def _digest(body: str) -> str:
    return request_digest(URL, body.encode())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["one-key", ""])
def test_of_many_at_the_same_time_one_records(
    secret: str, key: str, in_threads: Callable[[list[Callable[[], object]]], list[Any]]
) -> None:
    """Eight threads send the same batch; with a key seven are told to wait or get the stored answer."""
    body = json.dumps({"readings": [item(at=f"2026-11-20T10:{minute:02}:00Z") for minute in range(60)]})
    headers = {"Idempotency-Key": key} if key else {}
    answers = in_threads([lambda: send(secret, body, **headers)] * 8)
    said = sorted(answer.status_code for answer in answers)
    recorded = [answer.json()["recorded"] for answer in answers if answer.status_code == 201]
    fresh = [
        answer for answer in answers if answer.status_code == 201 and "Idempotency-Replayed" not in answer
    ]
    assert len(said) == 8
    assert Reading.objects.count() == 60
    assert AuditEvent.objects.filter(verb="readings.recorded").count() == 1
    if key:
        assert set(said) <= {201, 409}
        assert len(fresh) == 1
        assert set(recorded) == {60}
    else:
        assert set(said) == {201}
        assert sorted(recorded) == [0] * 7 + [60]


# --- Reading -------------------------------------------------------------------------------------------


def test_metrics_and_latest_values_are_listed(
    secret: str, metric: Metric, rollout: Rollout, engineer: User
) -> None:
    make_metric(rollout, "silent")
    make_reading(metric, "0.4", by=engineer, at=NOON - timedelta(hours=1))
    newest = make_reading(metric, "0.31", by=engineer, at=NOON - timedelta(minutes=1), n=18204)
    headers = {"Authorization": f"Bearer {secret}"}
    metrics = Client().get("/api/v1/rollouts/medimate/metrics", headers=headers).json()
    assert [(row["code"], row["unit"], row["direction"]) for row in metrics] == [
        ("error-rate", "%", "down"),
        ("silent", "%", "down"),
    ]
    latest = Client().get("/api/v1/rollouts/medimate/readings/latest", headers=headers).json()
    assert latest == [
        {
            "metric": "error-rate",
            "unit": "%",
            "uuid": str(newest.uuid),
            "at": "2026-11-20T11:59:00Z",
            "value": "0.31",
            "n": 18204,
            "source": "Firebase",
            "recorded_at": "2026-11-20T11:59:00Z",
        }
    ]


def test_the_description_names_every_answer(db: None) -> None:
    schema = Client().get("/api/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    answers = {
        details["operationId"]: list(details["responses"])
        for methods in schema["paths"].values()
        for details in methods.values()
    }
    assert answers == {
        "record_readings": [
            "201", "400", "401", "403", "404", "405", "409", "411", "413", "415", "422", "503",
        ],
        "list_metrics": ["200", "401", "403", "404", "405", "503"],
        "latest_readings": ["200", "401", "403", "404", "405", "503"],
    }  # fmt: skip
