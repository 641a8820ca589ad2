"""The pages of message texts: what blocks sending, previews, and a new version by those who may."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.audit.models import AuditEvent
from rollout_portal.console.permissions import may
from rollout_portal.outbox import permission, templates, wordings
from rollout_portal.outbox.models import TemplateVersion
from tests.factories import make_member, make_rollout
from tests.outbox.factories import make_invitation, make_template

pytestmark = pytest.mark.django_db

WRITERS = {RoleName.PRODUCT_OWNER, RoleName.RELEASE_ENGINEER}
FOUR = ["en", "ms", "zh-hans", "ta"]
BODY = "Dear {name},\n\nAnswer: {answer_link}\n\nLeave: {leave_link}"


@pytest.fixture(autouse=True)
def _the_real_rule(monkeypatch: pytest.MonkeyPatch, _nothing_is_asked: None) -> None:
    monkeypatch.setattr(permission, "_rules", [may])


@pytest.fixture
def rollout() -> Rollout:
    make_template()
    return make_rollout(languages=FOUR, product="MediMate")


def member(rollout: Rollout, role: RoleName = RoleName.PRODUCT_OWNER) -> Client:
    client = Client()
    client.force_login(make_member(rollout, role))
    return client


def address(rollout: Rollout, page: str = "text", *args: object) -> str:
    return reverse(
        f"console:{page}", args=[rollout.slug, *(args or (() if page == "texts" else ("invitation",)))]
    )


def fields(rollout: Rollout, do: str = "save", **changed: str) -> dict[str, str]:
    found = wordings.find("invitation", rollout.uuid)
    assert found is not None
    texts = {f"subject-{one}": "Join us" for one in FOUR} | {f"body-{one}": BODY for one in FOUR}
    return {"do": do, "reason": "clearer", "seen": found.seen, **texts, **changed}


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("role", list(RoleName))
def test_everybody_may_look_and_the_writers_may_write(rollout: Rollout, role: RoleName) -> None:
    client = member(rollout, role)

    for page in (
        address(rollout, "texts"),
        address(rollout),
        address(rollout, "text_seen", "invitation", "ta"),
    ):
        assert client.get(page).status_code == 200
    wanted = 200 if role in WRITERS else 403
    assert client.get(address(rollout, "write_text")).status_code == wanted
    posted = client.post(address(rollout, "write_text"), fields(rollout))
    assert posted.status_code == (302 if role in WRITERS else 403)
    assert TemplateVersion.objects.filter(template__scope=rollout.uuid).exists() == (role in WRITERS)
    listed = text(client.get(address(rollout, "texts")))
    assert ("Writing what messages say needs the role" in listed) == (role not in WRITERS)


def test_a_saved_text_is_used_shown_and_recorded(rollout: Rollout) -> None:
    client = member(rollout)

    said = client.post(address(rollout, "write_text"), fields(rollout), follow=True)

    assertContains(said, "Version 1 is written and used from now on.")
    assert templates.current("invitation", rollout.uuid).number == 1
    assert AuditEvent.objects.filter(verb="template.written", reason="clearer").count() == 1
    trail = text(client.get(reverse("console:audit", args=[rollout.slug])))
    assert "wrote the text" in trail


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("body-ta", BODY + " {nick}", "Unknown placeholder {nick}"),
        ("body-ta", "Dear {name}, {leave_link} <b>", "is HTML"),
        ("body-zh-hans", "Dear {name}", "{leave_link} is missing"),
        ("subject-ms", "<script>alert(1)</script>", "is HTML"),
    ],
)
@pytest.mark.parametrize("do", ["save", "look"])
def test_a_fault_stands_at_its_field_and_the_text_is_kept(
    rollout: Rollout, field: str, value: str, words: str, do: str
) -> None:
    answer = member(rollout).post(address(rollout, "write_text"), fields(rollout, do, **{field: value}))

    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]
    assert form[field].value() == value
    assert form["reason"].value() == "clearer"
    assert "<script>alert" not in text(answer)
    assert not TemplateVersion.objects.filter(template__scope=rollout.uuid).exists()


def test_a_reason_is_asked_for_at_its_field(rollout: Rollout) -> None:
    answer = member(rollout).post(address(rollout, "write_text"), fields(rollout, reason=""))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["reason"])


def test_looking_shows_every_language_in_a_frame_and_saves_nothing(rollout: Rollout) -> None:
    answer = member(rollout).post(
        address(rollout, "write_text"), fields(rollout, "look", reason="", **{"subject-ta": "வணக்கம் {name}"})
    )

    shown = text(answer)
    assert answer.status_code == 200
    assert shown.count('sandbox=""') == 4
    assert "வணக்கம் Aina" in shown
    assert 'srcdoc="&lt;!doctype html&gt;' in shown
    assert not TemplateVersion.objects.filter(template__scope=rollout.uuid).exists()


def test_who_was_overtaken_sees_it_and_may_save_after_looking(rollout: Rollout) -> None:
    mine, theirs = member(rollout), member(rollout, RoleName.RELEASE_ENGINEER)
    late = fields(rollout, **{"subject-en": "My words"})
    theirs.post(address(rollout, "write_text"), fields(rollout))

    refused = mine.post(address(rollout, "write_text"), late)

    assert refused.status_code == 422
    assert "wrote version 1 while you did. Your text is kept below" in text(refused)
    assert refused.context["form"]["subject-en"].value() == "My words"
    again = mine.post(address(rollout, "write_text"), late | {"seen": refused.context["seen"]})
    assert again.status_code == 302
    assert templates.current("invitation", rollout.uuid).number == 2


def test_a_fault_does_not_make_an_overtaken_text_look_new(rollout: Rollout) -> None:
    client = member(rollout)
    late = fields(rollout, **{"body-en": "{nick}"})
    client.post(address(rollout, "write_text"), fields(rollout))
    refused = client.post(address(rollout, "write_text"), late)
    assert refused.context["seen"] == late["seen"] == ""


def test_an_incomplete_language_is_said_with_who_waits_and_leads_to_where_it_is_mended(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wordings, "_counters", {"invitation": [lambda scope: 45]})
    client = member(rollout)
    client.post(address(rollout, "write_text"), fields(rollout, **{"subject-ta": "", "body-ta": ""}))

    listed = text(client.get(address(rollout, "texts")))
    page = text(client.get(address(rollout)))
    messages = text(client.get(reverse("console:messages", args=[rollout.slug])))

    assert "Sending is blocked by 1 incomplete text." in listed
    assert "invitation: Tamil to be completed; 45 people wait for it." in listed
    assert f'href="{address(rollout)}"' in listed
    assert "Nothing is sent by this text before it is complete." in page
    assert f'href="{address(rollout, "write_text")}"' in page
    assert "Sending is blocked by 1 incomplete text." in messages
    assert f'href="{address(rollout, "texts")}"' in messages
    assert client.get(address(rollout, "text_seen", "invitation", "ta")).status_code == 404


def test_the_frame_can_do_nothing(rollout: Rollout) -> None:
    rollout.product = "<script>alert(1)</script>"
    rollout.save()

    frame = member(rollout).get(address(rollout, "text_seen", "tester_invitation", "en"))

    assert "<script>" not in text(frame)
    assert "&lt;script&gt;alert(1)" in text(frame)
    policy = {part.strip() for part in frame["Content-Security-Policy"].split(";")}
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_older_versions_can_be_looked_at_and_started_from(rollout: Rollout) -> None:
    client = member(rollout)
    client.post(address(rollout, "write_text"), fields(rollout))
    client.post(address(rollout, "write_text"), fields(rollout, **{"subject-en": "Second"}))

    old = text(client.get(address(rollout) + "?version=1"))
    form = client.get(address(rollout, "write_text") + "?version=1").context["form"]

    assert "An older version, not in use." in old
    assert form["subject-en"].value() == "Join us"
    assert "Version 2" in text(client.get(address(rollout)))
    for asked in ("3", "-1", "9" * 30, "x", "٣"):
        assert client.get(address(rollout) + f"?version={asked}").status_code == 404


def test_the_portals_own_text_can_be_taken_up_again(rollout: Rollout) -> None:
    page = reverse("console:write_text", args=[rollout.slug, "tester_invitation"])
    form = member(rollout).get(page + "?version=0").context["form"]
    assert form["subject-en"].value() == "Will you test {product} with us?"


def test_what_waits_already_keeps_its_text_and_is_counted(rollout: Rollout) -> None:
    make_invitation(scope=rollout.uuid)
    shown = text(member(rollout).get(address(rollout, "write_text")))
    assert "1 message that waits already keeps the text that it has." in shown


def test_texts_of_another_rollout_are_not_there(rollout: Rollout) -> None:
    other = make_rollout(languages=FOUR)
    make_template("theirs", scope=other.uuid)
    client = member(rollout)

    assert "theirs" not in text(client.get(address(rollout, "texts")))
    for page in ("text", "write_text"):
        assert client.get(address(rollout, page, "theirs")).status_code == 404
    assert client.get(address(other, "texts")).status_code == 404
