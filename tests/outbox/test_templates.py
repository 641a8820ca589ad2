"""Versions, languages, built-in texts and previews."""

from dataclasses import replace
from uuid import uuid4

import pytest

from rollout_portal.audit.models import AuditEvent
from rollout_portal.outbox import builtin, services, templates
from rollout_portal.outbox.exceptions import TemplateError, TemplateIncomplete, UnknownTemplate
from rollout_portal.outbox.models import Message, TemplateVersion
from rollout_portal.outbox.rendering import Placeholder
from rollout_portal.outbox.states import MessageKind
from tests.factories import make_user
from tests.outbox.factories import INVITATION, NOTICE, SETUP, link, make_invitation, make_template

pytestmark = pytest.mark.django_db


def with_text(language: str, subject: str, body: str) -> templates.Wording:
    return replace(INVITATION, texts={**INVITATION.texts, language: (subject, body)})


@pytest.mark.parametrize(
    ("subject", "body"), [("", "{leave_link}"), ("Sertai", ""), ("  ", "{leave_link}"), ("Sertai", " \n")]
)
def test_sending_is_blocked_while_a_language_is_incomplete(subject: str, body: str) -> None:
    make_template(wording=with_text("ms", subject, body))

    with pytest.raises(TemplateIncomplete, match="incomplete in: ms") as refused:
        services.enqueue(
            key="k",
            template="invitation",
            to="aina@example.org",
            language="en",
            scope=None,
            params={"name": "Aina", "answer_link": link(), "leave_link": link()},
        )
    assert refused.value.languages == ["ms"]
    assert not Message.objects.exists()


def test_a_language_that_is_not_there_at_all_is_incomplete_too() -> None:
    texts = {language: text for language, text in INVITATION.texts.items() if language in ("en", "ta")}
    version = make_template(wording=replace(INVITATION, texts=texts))

    assert templates.missing_languages(version) == ["ms", "zh-hans"]


def test_a_new_wording_is_a_new_version_and_what_was_queued_keeps_its_own() -> None:
    message = make_invitation()
    second = make_template(wording=with_text("en", "Please join", "{leave_link}"))

    assert (message.version.number, second.number) == (1, 2)
    assert templates.current("invitation", None) == second
    message.refresh_from_db()
    assert templates.text_for(message.version, "en").subject == "Join the beta"


def test_the_same_wording_again_writes_nothing() -> None:
    assert make_template() == make_template()
    assert TemplateVersion.objects.count() == 1
    assert AuditEvent.objects.filter(verb="template.written").count() == 1


def test_a_rollouts_own_wording_goes_before_the_common_one() -> None:
    scope, other = uuid4(), uuid4()
    common = make_template()
    own = make_template(wording=with_text("en", "Our own", "{leave_link}"), scope=scope)

    assert templates.current("invitation", scope) == own
    assert templates.current("invitation", other) == common
    assert templates.current("invitation", None) == common


def test_a_built_in_text_appears_when_it_is_needed_and_follows_the_code() -> None:
    first = templates.current(builtin.STAFF_INVITATION, uuid4())
    assert (first.number, first.template.scope, first.written_by) == (1, None, None)
    assert templates.current(builtin.STAFF_INVITATION, None) == first


def test_a_built_in_text_that_the_installation_changed_stays_changed() -> None:
    first = templates.current(builtin.STAFF_NOTICE, None)
    wording = templates.Wording(
        kind=MessageKind.STAFF_NOTICE,
        placeholders=(Placeholder("headline", "x"),),
        texts={"en": ("{headline}", "{headline}")},
    )
    changed = templates.write(code=builtin.STAFF_NOTICE, scope=None, wording=wording, by=make_user())

    assert changed.number == first.number + 1
    assert templates.current(builtin.STAFF_NOTICE, None) == changed


def test_an_unknown_template_says_its_name() -> None:
    with pytest.raises(UnknownTemplate, match="“nothing”"):
        templates.current("nothing", None)


def test_a_code_keeps_its_kind() -> None:
    make_template("notice", NOTICE)

    with pytest.raises(TemplateError, match="already the name of another kind"):
        make_template("notice", INVITATION)


def test_kinds_for_testers_need_the_link_to_leave_in_every_text() -> None:
    with pytest.raises(TemplateError, match=r"needs \{leave_link\}"):
        make_template(wording=with_text("ta", "சேருங்கள்", "வணக்கம் {name}"))


def test_kinds_for_testers_need_the_placeholder_to_leave() -> None:
    wording = replace(NOTICE, kind=MessageKind.SURVEY_REQUEST)
    with pytest.raises(TemplateError, match=r"need the placeholder \{leave_link\}"):
        make_template(wording=wording)


def test_a_placeholder_has_a_plain_name() -> None:
    with pytest.raises(TemplateError, match="cannot be a placeholder"):
        make_template("notice", replace(NOTICE, placeholders=(Placeholder("text.__class__", ""),)))


@pytest.mark.parametrize(
    ("asked", "given"),
    [("ta", "ta"), ("zh-hans", "zh-hans"), ("ta-my", "ta"), ("fr", "en"), ("", "en"), ("ms", "ms")],
)
def test_people_read_their_language_or_the_first_one(asked: str, given: str) -> None:
    assert make_invitation(language=asked).language == given


@pytest.mark.parametrize("language", list(INVITATION.texts))
def test_a_preview_shows_the_samples_in_each_language(language: str) -> None:
    version = make_template()

    shown = templates.preview(version, language)

    assert shown is not None
    assert "Aina" in shown.text
    assert "https://portal.example/l/…/" in shown.text
    assert f'lang="{language}"' in shown.html


def test_a_preview_takes_other_values_and_is_none_for_an_incomplete_language() -> None:
    version = make_template(wording=with_text("ms", "", ""))

    shown = templates.preview(version, "en", {"name": "Kavitha"})
    assert shown is not None
    assert shown.text.startswith("Dear Kavitha,")
    assert templates.preview(version, "ms") is None
    assert templates.preview(version, "de") is None


def test_writing_is_on_the_record_with_what_is_still_missing() -> None:
    templates.write(
        code="invitation", scope=None, wording=with_text("ms", "", ""), by=SETUP, reason="first draft"
    )

    event = AuditEvent.objects.get(verb="template.written")
    assert event.reason == "first draft"
    assert event.after == {"code": "invitation", "version": 1, "incomplete": ["ms"]}
