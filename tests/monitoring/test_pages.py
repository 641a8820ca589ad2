"""The pages of metrics, readings and tokens: who sees them, what they say, what they do."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitoring.models import Metric, Reading
from phases import tokens
from phases.models import ApiToken, Rollout
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from tests.factories import make_member, make_user
from tests.monitoring import scenery
from tests.monitoring.factories import NOON, make_metric, make_reading, make_secret, make_target

BASE = "/console/medimate"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def signed_in(engineer: User) -> Client:
    return client_of(engineer)


@pytest.fixture
def metric(rollout: Rollout) -> Metric:
    return make_metric(rollout)


def text(answer: object) -> str:
    """Return the words of a page, without markup and with plain spaces."""
    html = answer.content.decode()  # type: ignore[attr-defined]
    html = re.sub(r"<(script|style|svg).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&#x27;", "'")


# --- Who may -------------------------------------------------------------------------------------------

PAGES = (
    "metrics/",
    "metrics/error-rate/",
    "metrics/error-rate/readings.csv",
    "metrics/error-rate/add/",
    "tokens/",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_to_sign_in_and_an_outsider_sees_nothing(metric: Metric, page: str) -> None:
    anonymous = Client().get(f"{BASE}/{page}")
    assert (anonymous.status_code, anonymous["Location"].startswith("/accounts/login/")) == (302, True)
    assert client_of(make_user()).get(f"{BASE}/{page}").status_code == 404


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (RoleName.VIEWER, {0, 1, 2}),
        (RoleName.SUPPORT, {0, 1, 2, 3}),
        (RoleName.ANALYST, {0, 1, 2, 3}),
        (RoleName.ADMINISTRATOR, {0, 1, 2, 4}),
        (RoleName.RELEASE_ENGINEER, {0, 1, 2, 3, 4}),
        (RoleName.PRODUCT_OWNER, {0, 1, 2, 3}),
    ],
)
def test_each_role_opens_its_own_pages(metric: Metric, role: RoleName, allowed: set[int]) -> None:
    client = client_of(make_member(metric.rollout, role))
    answers = [client.get(f"{BASE}/{page}").status_code for page in PAGES]
    assert answers == [200 if place in allowed else 403 for place in range(len(PAGES))]


@pytest.mark.parametrize(
    "page", ["metrics/unheard-of/", "metrics/error-rate/?range=1y", "metrics/error-rate/?before=x"]
)
def test_what_is_not_there_is_not_found(signed_in: Client, metric: Metric, page: str) -> None:
    assert signed_in.get(f"{BASE}/{page}").status_code == 404


# --- The list ------------------------------------------------------------------------------------------


def test_the_list_names_what_alarms_and_puts_it_first(
    signed_in: Client, rollout: Rollout, engineer: User
) -> None:
    for code, value in (("good", "0.1"), ("bad", "3"), ("worse", "1.5"), ("silent", "")):
        metric = make_metric(rollout, code)
        make_target(metric, "< 1 %", "> 2 %")
        if value:
            make_reading(metric, value, by=engineer)
    said = text(signed_in.get(f"{BASE}/metrics/"))
    assert "1 metric is alarming: Bad." in said
    assert "1 says nothing: Silent." in said
    places = [said.index(f" {name} ", said.index("14 days")) for name in ("Bad", "Worse", "Silent", "Good")]
    assert places == sorted(places)


def test_the_list_takes_the_same_queries_for_any_number(
    signed_in: Client, rollout: Rollout, engineer: User
) -> None:
    counts = []
    for number in range(4):
        metric = make_metric(rollout, f"m-{number}")
        make_target(metric, "< 1 %")
        make_reading(metric, "0.4", by=engineer)
        with CaptureQueriesContext(connection) as queries:
            assert signed_in.get(f"{BASE}/metrics/").status_code == 200
        counts.append(len(queries))
    assert counts[1:] == counts[:1] * 3


def test_an_empty_list_says_what_will_be_there(signed_in: Client, rollout: Rollout) -> None:
    assert "No metric yet." in text(signed_in.get(f"{BASE}/metrics/"))


# --- One metric ----------------------------------------------------------------------------------------


@pytest.fixture
def scene(db: None) -> Rollout:
    rollout = scenery.build()
    scenery.fill(rollout, make_member(rollout, RoleName.RELEASE_ENGINEER, "Daniel Wong"))
    return rollout


def test_a_metric_says_how_it_is_and_how_it_would_do(scene: Rollout) -> None:
    client = client_of(make_member(scene, RoleName.RELEASE_ENGINEER))
    said = text(client.get(f"{BASE}/metrics/error-rate/"))
    value = Reading.objects.filter(metric__code="error-rate", n__isnull=False).order_by("-at")[0].value
    assert value is not None
    assert f"{value.normalize():f}\u202f%" in said.replace(" %", "\u202f%")
    for words in (
        "2 Beta user program, now: under 0.5",
        "5 Full rollout: under 0.2",
        "Would not",
        "It has to fall by more than",
        "No data for",
        "was corrected to 0.33",
        "after 6",
        "Daniel Wong",
    ):
        assert words in said, words


def test_the_drawing_holds_bands_targets_gap_and_marks(scene: Rollout) -> None:
    client = client_of(make_member(scene, RoleName.VIEWER))
    html = client.get(f"{BASE}/metrics/error-rate/").content.decode()
    wide = html[html.index('<svg class="plot plot-wide"') : html.index('<svg class="plot plot-phone"')]
    assert (wide.count('class="band'), wide.count('class="target target--planned"')) == (5, 3)
    assert wide.count("url(#nodata)") == 1
    assert wide.count('class="alert"') == 1
    assert "alert: above 1" in wide
    assert wide.count('class="series"') == 2
    assert "style=" not in wide


@pytest.mark.parametrize("span", ["24h", "7d", "plan"])
def test_each_range_is_drawn(scene: Rollout, span: str) -> None:
    client = client_of(make_member(scene, RoleName.VIEWER))
    for code in (
        "error-rate",
        "api-response-time",
        "crash-rate",
        "content-view-rate",
        "quiz-completion-rate",
    ):
        assert client.get(f"{BASE}/metrics/{code}/?range={span}").status_code == 200


def test_a_metric_without_a_reading_says_how_to_send_one(
    signed_in: Client, metric: Metric, engineer: User
) -> None:
    make_secret(metric.rollout, engineer)
    said = text(signed_in.get(f"{BASE}/metrics/error-rate/"))
    assert "Nothing was read yet" in said
    assert "prod-metrics" in said
    assert "/api/v1/rollouts/medimate/readings" in said


def test_older_readings_are_a_page_further(signed_in: Client, metric: Metric, engineer: User) -> None:
    for minute in range(120):
        make_reading(metric, Decimal(minute) / 10, by=engineer, at=NOON - timedelta(minutes=minute))
    seen: list[str] = []
    address = f"{BASE}/metrics/error-rate/"
    while address:
        html = signed_in.get(address).content.decode()
        table = html[html.index('id="readings"') :]
        seen += re.findall(r'data-label="Value">([\d.]+)', table)
        following = re.search(r'href="(\?range=plan&amp;before=[^"#]+)', table)
        address = f"{BASE}/metrics/error-rate/{following[1].replace('&amp;', '&')}" if following else ""
    assert [Decimal(value) for value in seen] == [Decimal(minute) / 10 for minute in range(120)]


def test_a_hostile_name_stays_text(signed_in: Client, rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout, name="<b onclick=x>", group="<i>g", noun="<u>n", source="<s>s")
    make_target(metric, "< 1 %")
    make_reading(metric, "0.4", by=engineer, n=5, source="<img src=x>")
    for page in ("metrics/", "metrics/error-rate/", "metrics/error-rate/add/"):
        html = signed_in.get(f"{BASE}/{page}").content.decode()
        assert not re.search(r"<b onclick|<i>g|<u>n|<s>s|<img src=x", html)


def test_the_export_is_exact_and_holds_no_formula(signed_in: Client, metric: Metric, engineer: User) -> None:
    make_reading(metric, "0.310000000", by=engineer, n=10, source="=cmd|x")
    answer = signed_in.get(f"{BASE}/metrics/error-rate/readings.csv")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [row] = csv.DictReader(io.StringIO(body))
    assert (row["at"], row["value"], row["unit"], row["n"], row["source"], row["recorded_by"]) == (
        "2026-11-20T12:00:00+00:00",
        "0.31",
        "%",
        "10",
        "'=cmd|x",
        "Daniel Wong",
    )
    assert answer["Content-Disposition"] == 'attachment; filename="medimate-error-rate.csv"'


# --- Adding and correcting -----------------------------------------------------------------------------


def test_a_reading_is_added_in_the_zone_of_the_plan(
    signed_in: Client, metric: Metric, engineer: User
) -> None:
    answer = signed_in.post(
        f"{BASE}/metrics/error-rate/add/",
        {"value": "0.31", "at": "2026-11-20T19:30", "n": "18204", "source": "Dashboard"},
    )
    assert (answer.status_code, answer["Location"]) == (302, f"{BASE}/metrics/error-rate/")
    reading = Reading.objects.get()
    assert (reading.at.isoformat(), reading.value, reading.n, reading.source, reading.recorded_by) == (
        "2026-11-20T11:30:00+00:00",
        Decimal("0.31"),
        18204,
        "Dashboard",
        engineer,
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"value": "101"}, "It is a share and must lie between 0 % and 100 %."),
        ({"value": "NaN"}, "It must be a finite number, not NaN."),
        ({"value": "0,31"}, "It is not a number like 0.31"),
        ({"value": "0.12345678901"}, "It has too many digits"),
        ({"at": "2026-11-20T21:00"}, "It lies more than 5 minutes in the future."),
        ({"at": "1999-01-01T00:00"}, "Name a day between the years 2000 and 2199."),
    ],
)
def test_a_wrong_reading_is_refused_at_its_field_and_nothing_typed_is_lost(
    signed_in: Client, metric: Metric, fields: dict[str, str], words: str
) -> None:
    typed = {"value": "0.3", "at": "2026-11-20T19:30", "n": "", "source": "My dashboard", **fields}
    answer = signed_in.post(f"{BASE}/metrics/error-rate/add/", typed)
    assert answer.status_code == 422
    assert text(answer).count(words) == 2
    assert b'value="My dashboard"' in answer.content
    assert not Reading.objects.exists()


def test_a_reading_at_a_known_moment_points_to_the_correction(
    signed_in: Client, metric: Metric, engineer: User
) -> None:
    make_reading(metric, "0.2", by=engineer, at=NOON - timedelta(minutes=30))
    answer = signed_in.post(f"{BASE}/metrics/error-rate/add/", {"value": "0.3", "at": "2026-11-20T19:30"})
    assert "Correct that one instead." in text(answer)


def test_a_unit_can_be_chosen_where_there_are_several(signed_in: Client, rollout: Rollout) -> None:
    make_metric(rollout, "session-length", unit="s", kind=Metric.Kind.GAUGE)
    signed_in.post(
        f"{BASE}/metrics/session-length/add/", {"value": "5", "unit": "min", "at": "2026-11-20T19:30"}
    )
    assert Reading.objects.get().value == 300


def test_a_correction_shows_what_follows_and_needs_a_reason(
    signed_in: Client, metric: Metric, engineer: User
) -> None:
    wrong = make_reading(metric, "31", by=engineer, n=100)
    address = f"{BASE}/readings/{wrong.uuid}/correct/"
    assert "those gates are signed again" in text(signed_in.get(address))
    assert signed_in.post(address, {"value": "0.31", "n": "100", "reason": ""}).status_code == 422
    assert Reading.objects.count() == 1
    answer = signed_in.post(address, {"value": "0.31", "n": "100", "reason": "Permille"})
    assert answer.status_code == 302
    newest = Reading.objects.get(corrects=wrong)
    assert (newest.value, newest.n, newest.note) == (Decimal("0.31"), 100, "Permille")


def test_a_reading_is_taken_back(signed_in: Client, metric: Metric, engineer: User) -> None:
    wrong = make_reading(metric, "31", by=engineer)
    signed_in.post(f"{BASE}/readings/{wrong.uuid}/correct/", {"take_back": "on", "reason": "Test system"})
    assert Reading.objects.get(corrects=wrong).value is None
    assert "Nothing was read yet" in text(signed_in.get(f"{BASE}/metrics/error-rate/"))


def test_looking_changes_nothing(signed_in: Client, metric: Metric, engineer: User) -> None:
    wrong = make_reading(metric, "31", by=engineer)
    for page in (*PAGES, f"readings/{wrong.uuid}/correct/"):
        signed_in.get(
            f"{BASE}/{page}", {"value": "1", "reason": "x", "name": "x", "scopes": "readings.write"}
        )
    assert (Reading.objects.count(), ApiToken.objects.count()) == (1, 0)


# --- Tokens --------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_works(signed_in: Client, metric: Metric) -> None:
    answer = signed_in.post(
        f"{BASE}/tokens/", {"name": "Datadog", "scopes": ["readings.write"], "life": "90"}
    )
    found = re.search(r"rop_[\w-]{43}", answer.content.decode())
    assert found is not None
    assert answer["Cache-Control"] == "no-store"
    token = tokens.verify(found[0])
    assert token is not None
    assert (token.name, token.scopes, token.expires_at - token.created_at) == (
        "Datadog",
        ["readings.write"],
        timedelta(days=90),
    )
    again = signed_in.get(f"{BASE}/tokens/").content.decode()
    assert found[0] not in again
    assert found[0][:12] in again
    assert not ApiToken.objects.filter(digest=found[0]).exists()


@pytest.mark.parametrize(
    "fields", [{"name": " "}, {"scopes": []}, {"scopes": ["everything"]}, {"life": "9999"}]
)
def test_a_token_needs_a_name_a_purpose_and_an_end(
    signed_in: Client, metric: Metric, fields: dict[str, object]
) -> None:
    sent = {"name": "Datadog", "scopes": ["readings.write"], "life": "90", **fields}
    assert signed_in.post(f"{BASE}/tokens/", sent).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_with_a_reason(signed_in: Client, metric: Metric, engineer: User) -> None:
    secret = make_secret(metric.rollout, engineer)
    token = ApiToken.objects.get()
    address = f"{BASE}/tokens/{token.uuid}/revoke/"
    assert signed_in.post(address, {"reason": ""}).status_code == 422
    assert tokens.verify(secret) is not None
    assert signed_in.post(address, {"reason": "It was in a log"}).status_code == 302
    assert tokens.verify(secret) is None
    assert signed_in.get(address).status_code == 404
