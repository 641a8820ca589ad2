"""API tokens: made by those who may, kept as a digest, ended at once, on the record."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from phases import tokens
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import ApiToken, Rollout
from phases.permissions import RoleName
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.factories import make_member, make_rollout, make_user

pytestmark = pytest.mark.django_db

SCOPE = "readings.write"


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout()


@pytest.fixture
def engineer(rollout: Rollout) -> User:
    return make_member(rollout, RoleName.RELEASE_ENGINEER)


def create(rollout: Rollout, by: User, **fields: object) -> tokens.NewToken:
    values = {"name": "Datadog", "scopes": [SCOPE], "life": timedelta(days=30), **fields}
    return tokens.create_token(rollout=rollout, by=by, **values)  # type: ignore[arg-type]


def test_only_the_digest_of_a_secret_is_kept(rollout: Rollout, engineer: User) -> None:
    made = create(rollout, engineer)
    token = ApiToken.objects.get()
    assert len(made.secret) == len("rop_") + 43
    assert token.digest == hashlib.sha256(made.secret.encode()).hexdigest()
    assert token.prefix == made.secret[:12]
    stored = [str(getattr(token, field.attname)) for field in ApiToken._meta.concrete_fields]
    stored += [str(event.after) for event in AuditEvent.objects.all()]
    assert not any(made.secret in text for text in stored)


def test_two_tokens_are_never_the_same(rollout: Rollout, engineer: User) -> None:
    assert len({create(rollout, engineer).secret for _number in range(20)}) == 20


@pytest.mark.parametrize(
    ("role", "may"),
    [(role, role in (RoleName.ADMINISTRATOR, RoleName.RELEASE_ENGINEER)) for role in RoleName],
)
def test_who_makes_and_revokes_tokens(rollout: Rollout, engineer: User, role: RoleName, may: bool) -> None:
    someone = make_member(rollout, role)
    token = create(rollout, engineer).token
    if may:
        create(rollout, someone)
        tokens.revoke_token(token=token, by=someone, reason="Not needed")
    else:
        with pytest.raises(PermissionRefused):
            create(rollout, someone)
        with pytest.raises(PermissionRefused):
            tokens.revoke_token(token=token, by=someone, reason="Not needed")


def test_a_superuser_without_a_role_makes_no_token(rollout: Rollout) -> None:
    with pytest.raises(PermissionRefused):
        create(rollout, make_user(is_superuser=True))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "  "}, "Give the token a name"),
        ({"scopes": []}, "Say what the token may do"),
        ({"scopes": [SCOPE, "everything"]}, "no purpose called “everything”"),
        ({"life": timedelta(0)}, "at most 366 days"),
        ({"life": timedelta(days=367)}, "at most 366 days"),
    ],
)
def test_a_token_needs_name_purpose_and_end(
    rollout: Rollout, engineer: User, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        create(rollout, engineer, **fields)
    assert not ApiToken.objects.exists()


def test_a_rollout_that_is_over_gets_no_token(rollout: Rollout, engineer: User) -> None:
    rollout.state, rollout.ended_at = RolloutState.CLOSED, clock.now()
    rollout.save()
    with pytest.raises(WrongState):
        create(rollout, engineer)


def test_a_token_is_known_until_it_is_revoked(rollout: Rollout, engineer: User) -> None:
    made = create(rollout, engineer)
    assert tokens.verify(made.secret) == made.token
    with pytest.raises(Refused, match="Say why"):
        tokens.revoke_token(token=made.token, by=engineer, reason=" ")
    tokens.revoke_token(token=made.token, by=engineer, reason="It was in a log")
    tokens.revoke_token(token=made.token, by=engineer, reason="Again")
    assert tokens.verify(made.secret) is None
    verbs = AuditEvent.objects.order_by("seq").values_list("verb", "reason")
    assert list(verbs) == [("token.created", ""), ("token.revoked", "It was in a log")]


def test_a_token_ends_by_itself(
    rollout: Rollout, engineer: User, business_clock: Callable[[datetime], None]
) -> None:
    made = create(rollout, engineer)
    business_clock(made.token.expires_at - timedelta(seconds=30))
    assert tokens.verify(made.secret) is not None
    business_clock(made.token.expires_at + timedelta(seconds=1))
    assert tokens.verify(made.secret) is None


@pytest.mark.parametrize(
    "text", ["", "rop_", "rop_short", "x", "rop_" + "a" * 43, "rop_" + "ü" * 43, "rop_\x00"]
)
def test_other_texts_are_no_token(rollout: Rollout, engineer: User, text: str) -> None:
    create(rollout, engineer)
    assert tokens.verify(text) is None


def test_use_is_noted_by_the_hour(
    rollout: Rollout, engineer: User, business_clock: Callable[[datetime], None]
) -> None:
    made = create(rollout, engineer)

    def used() -> datetime | None:
        tokens.verify(made.secret)
        return ApiToken.objects.get().last_used_at

    first = used()
    assert first is not None
    assert used() == first
    business_clock(first + timedelta(minutes=59))
    assert used() == first
    business_clock(first + timedelta(minutes=61))
    assert used() != first
