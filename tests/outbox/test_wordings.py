"""People write what messages say: versions, faults at their place, what blocks sending and who waits."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.outbox import builtin, permission, services, templates, wordings
from rollout_portal.outbox.exceptions import (
    NotAllowed,
    OutboxError,
    TemplateIncomplete,
    TextsRefused,
    UnknownTemplate,
    WrongState,
)
from rollout_portal.outbox.models import TemplateVersion
from rollout_portal.outbox.rendering import Placeholder
from rollout_portal.outbox.wordings import Standing
from tests.factories import make_user
from tests.outbox.factories import INVITATION, NOTICE, link, make_template

pytestmark = pytest.mark.django_db

BODY = "Dear {name},\n\nAnswer: {answer_link}\n\nLeave: {leave_link}"
FULL = dict.fromkeys(["en", "ms", "zh-hans", "ta"], ("Join us", BODY))


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> User:
    user = make_user("Mei Ling")
    permission.register_rule(lambda asked, act, scope: asked == user and act == permission.WRITE)
    return user


@pytest.fixture
def scope() -> UUID:
    make_template()
    return uuid4()


@pytest.fixture
def languages(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that says in which languages every scope writes to its testers."""
    monkeypatch.setattr(templates, "_languages", [])
    return lambda *codes: monkeypatch.setattr(templates, "_languages", [lambda scope: codes])


def standing(scope: UUID, code: str = "invitation") -> Standing:
    found = wordings.find(code, scope)
    assert found is not None
    return found


def write(scope: UUID, by: User, texts: dict[str, tuple[str, str]] = FULL, **more: str) -> TemplateVersion:
    values = {"code": "invitation", "reason": "clearer", "seen": standing(scope).seen, **more}
    return wordings.rewrite(scope=scope, texts=texts, by=by, **values)


def ask_for(scope: UUID) -> object:
    return services.enqueue(
        key=f"k:{uuid4()}",
        template="invitation",
        to="aina@example.org",
        scope=scope,
        params={"name": "Aina", "answer_link": link(), "leave_link": link()},
    )


def test_a_new_version_is_the_rollouts_own_with_author_time_and_record(scope: UUID, writer: User) -> None:
    version = write(scope, writer)

    assert (version.number, version.template.scope, version.written_by) == (1, scope, writer)
    assert templates.current("invitation", scope) == version
    assert templates.current("invitation", uuid4()).template.scope is None
    event = AuditEvent.objects.get(verb="template.written", scope=scope)
    assert (event.actor, event.reason) == (writer, "clearer")


def test_each_save_is_a_version_of_its_own_and_the_old_one_stays(scope: UUID, writer: User) -> None:
    first = write(scope, writer)
    second = write(scope, writer, {**FULL, "en": ("Please join", BODY)})

    assert (first.number, second.number) == (1, 2)
    assert first.texts.get(language="en").subject == "Join us"
    assert standing(scope).wording.texts["en"][0] == "Please join"


def test_who_has_not_seen_the_newest_version_does_not_overwrite_it(scope: UUID, writer: User) -> None:
    seen = standing(scope).seen
    write(scope, writer)

    with pytest.raises(WrongState, match="Mei Ling wrote version 1 while you did"):
        write(scope, writer, {**FULL, "en": ("Another", BODY)}, seen=seen)
    assert TemplateVersion.objects.filter(template__scope=scope).count() == 1


def test_nobody_writes_without_the_right(scope: UUID, writer: User) -> None:
    with pytest.raises(NotAllowed):
        write(scope, make_user())


@pytest.mark.parametrize(("reason", "texts"), [("  ", FULL), ("why", INVITATION.texts)])
def test_without_reason_or_change_there_is_no_version(
    scope: UUID, writer: User, reason: str, texts: dict[str, tuple[str, str]]
) -> None:
    with pytest.raises(OutboxError):
        write(scope, writer, texts, reason=reason)
    assert not TemplateVersion.objects.filter(template__scope=scope).exists()


def test_an_unknown_text_is_not_written(scope: UUID, writer: User) -> None:
    assert wordings.find("nothing", scope) is None
    with pytest.raises(UnknownTemplate):
        write(scope, writer, code="nothing")


@pytest.mark.parametrize(
    ("subject", "body", "part", "words"),
    [
        ("Hi {nick}", BODY, "subject", r"Unknown placeholder \{nick\} .*\{answer_link\}, \{leave_link\}"),
        ("Hi", BODY + " {name", "body", r"Unknown placeholder \{name"),
        ("Hi", BODY + " {0}", "body", r"Unknown placeholder \{0\}"),
        ("Hi", "Dear {name}", "body", r"\{leave_link\} is missing"),
        ("Hi", BODY + " <b>now</b>", "body", "“<b>” is HTML"),
        ("Hi <img src=x onerror=alert(1)>", BODY, "subject", "is HTML"),
        ("Hi", BODY + " <!-- note", "body", "is HTML"),
        ("Hi&nbsp;there", BODY, "subject", "is HTML"),
        ("Two\nlines", BODY, "subject", "must be one line"),
        ("x" * 201, BODY, "subject", "201 characters"),
    ],
)  # fmt: skip
def test_a_fault_names_its_place(
    scope: UUID, writer: User, subject: str, body: str, part: str, words: str
) -> None:
    with pytest.raises(TextsRefused, match=words) as refused:
        write(scope, writer, {**FULL, "ta": (subject, body)})
    assert [(fault.language, fault.part) for fault in refused.value.faults] == [("ta", part)]


@pytest.mark.parametrize("words", ["3 < 4 and 5 > 4", "a <-> b", "R&D & more", "I <3 it", "x<y"])
def test_what_only_resembles_html_is_words(scope: UUID, writer: User, words: str) -> None:
    assert write(scope, writer, {**FULL, "en": ("Join", f"{words} {BODY}")}).number == 1


@pytest.mark.parametrize("code", [builtin.STAFF_INVITATION, builtin.STAFF_NOTICE])
def test_what_a_builtin_text_is_about_cannot_be_left_out(scope: UUID, writer: User, code: str) -> None:
    needed = [one.name for one in templates.builtins()[code].placeholders if one.required]
    assert needed
    with pytest.raises(TextsRefused) as refused:
        write(scope, writer, {"en": ("Hello", "Dear {name}")}, code=code, seen="")
    assert all("{" + name + "}" in str(refused.value) for name in needed)


def test_every_placeholder_of_the_portals_own_texts_says_what_it_means() -> None:
    for code, wording in templates.builtins().items():
        assert wording.title, code
        assert wording.occasion, code
        assert [one.name for one in wording.placeholders if not str(one.meaning)] == [], code


def test_an_incomplete_language_blocks_sending_and_is_counted(
    scope: UUID, writer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wordings, "_counters", {"invitation": [lambda asked: 45 if asked == scope else 0]})
    write(scope, writer, {**FULL, "ta": ("", "")})

    found = wordings.all_of(scope)[0]
    assert (found.code, found.missing, found.waiting) == ("invitation", ("ta",), 45)
    with pytest.raises(TemplateIncomplete):
        ask_for(scope)
    write(scope, writer)
    assert (standing(scope).missing, standing(scope).waiting) == ((), 0)
    assert ask_for(scope)


def test_a_text_for_the_team_cannot_be_left_incomplete(scope: UUID, writer: User) -> None:
    make_template("notice", NOTICE)
    with pytest.raises(TextsRefused, match="goes to the team at once"):
        write(scope, writer, {"en": ("Notice", "")}, code="notice", seen="")


def test_the_languages_of_the_plan_decide_what_is_complete(
    scope: UUID, writer: User, languages: Callable[..., None]
) -> None:
    languages("en", "id")
    assert standing(scope).missing == ("id",)
    with pytest.raises(TemplateIncomplete, match="incomplete in: id"):
        ask_for(scope)

    version = write(scope, writer, {"en": ("Join", BODY), "id": ("Ikut", BODY)})

    assert version.languages == ["en", "id"]
    assert ask_for(scope)


def test_the_team_is_written_to_in_the_texts_own_languages(
    scope: UUID, languages: Callable[..., None]
) -> None:
    make_template("notice", NOTICE)
    languages("en", "id")
    assert standing(scope, "notice").missing == ()


def test_looking_writes_nothing_even_before_a_builtin_text_was_needed() -> None:
    scope = uuid4()
    assert [one for one in wordings.all_of(scope) if one.code == builtin.STAFF_NOTICE]
    assert standing(scope, builtin.STAFF_NOTICE).version is None
    assert not TemplateVersion.objects.exists()


def test_all_texts_are_read_in_few_queries(
    scope: UUID, writer: User, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    write(scope, writer)
    with django_assert_max_num_queries(4):  # type: ignore[attr-defined]
        wordings.all_of(scope)


def test_an_own_text_takes_parameters_that_the_portal_added_later(
    scope: UUID, writer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(scope, writer)
    # A later release fills in one more placeholder under the same code.
    newer = templates.Wording(
        kind=INVITATION.kind,
        placeholders=(*INVITATION.placeholders, Placeholder("team", "MediMate")),
        texts=INVITATION.texts,
    )
    monkeypatch.setitem(templates._builtin, "invitation", newer)
    message = services.enqueue(
        key="later",
        template="invitation",
        to="aina@example.org",
        scope=scope,
        params={"name": "Aina", "answer_link": link(), "leave_link": link(), "team": "Us"},
    )
    assert message.version.template.scope == scope
