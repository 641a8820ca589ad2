"""Puts one of everything into a rollout, room by room, so that every address has something to open."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from cohorts import hooks
from cohorts.importing import services as importing
from cohorts.keys import lock_register, take_numbers
from cohorts.models import (
    AttributeDefinition,
    Batch,
    ConsentText,
    ParticipantImport,
    PersonalLink,
    Selection,
)
from cohorts.services import drawings, invitations, people, selections
from cohorts.states import How, Purpose
from feedback.links import mint_survey_link
from feedback.models import ItemCounter, PriorityRule, Survey, SurveyVersion
from feedback.services import items, publish_version, submit_answers
from feedback.services.surveys import write_version
from monitoring import services as readings
from monitoring.intake import NewReading
from phases import tokens
from phases.attachments import Attachment
from phases.models import Criterion, Gate, Objective, Phase
from phases.permissions import RoleName
from phases.services import (
    accept_finding,
    judge_criterion,
    record_baseline,
    sign_gate,
    tick_item,
    waive_criterion,
)
from phases.states import Intake, PhaseState
from rollout_portal.audit.services import System
from rollout_portal.console.plan_review import review
from rollout_portal.jobs import files
from rollout_portal.lib import clock
from rollout_portal.lib.links import token_digest
from rollout_portal.outbox import caps, quiet, suppressions, templates
from rollout_portal.outbox import services as outbox
from rollout_portal.outbox.backends import write_eml
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.rendering import Placeholder
from rollout_portal.outbox.states import CapPeriod, MessageKind, MessageState, Reason, SuppressionReason
from tests import factories
from tests.cohorts.factories import make_participant, make_rule
from tests.factories import confirmation, go, make_user, shown
from tests.feedback.factories import FOUR, make_item, make_request, make_wave, questions
from tests.monitoring.factories import make_metric, make_target
from tests.permissions import furnish_plan
from tests.permissions.sides import ANSWERED, NOON, PERSONAL, REPORTED, Side, give

SIGNERS: Final = (RoleName.PRODUCT_OWNER, RoleName.PROJECT_SPONSOR, RoleName.RELEASE_ENGINEER)
_RUNNING: Final = {"state": PhaseState.ACTIVE, "started_at": NOON - timedelta(days=10)}


def everything(side: Side) -> None:
    """Put one of everything into the rollout of `side`."""
    _plan(side)
    furnish_plan.everything(side)
    _metrics(side)
    _gates(side)
    _lists(side)
    _people(side)
    _messages(side)
    _voices(side)
    first = review(side.rollout).open[0].found
    accept_finding(rollout=side.rollout, found=first, by=side.owner, reason=side.words("Meant like this."))


def _plan(side: Side) -> None:
    """Phases in every state from which a verb starts. The newest that runs is what "Stop…" chooses."""
    rollout = side.rollout
    base = factories.make_base(
        rollout, code=side.code("base"), name=side.words("Base"), counted_on=NOON.date()
    )
    _phase(side, "done", state=PhaseState.COMPLETED, ended_at=NOON - timedelta(days=11))
    _phase(side, "phase", **_RUNNING, size_max=50)
    _phase(side, "planned", percent=Decimal(10), base=base)
    _phase(side, "before", **_RUNNING)
    _phase(side, "ready")
    held = {"held_at": NOON - timedelta(days=1), "held_by": side.owner, "held_because": side.words("Why")}
    _phase(side, "held", **_RUNNING, **held)
    _phase(side, "shut", **_RUNNING, intake=Intake.STOPPED)
    _phase(side, "running", **_RUNNING)
    Objective.objects.create(
        rollout=rollout, code=side.code("goal"), phase=side.find("phase"), text=side.words("Goal")
    )


def _phase(side: Side, name: str, **fields: Any) -> Phase:
    phase = factories.make_phase(side.rollout, side.code(name), name=side.words(f"Phase {name}"), **fields)
    side.things[name] = phase
    return phase


def _metrics(side: Side) -> None:
    """A metric with a target and a reading; tokens, one of which can be revoked."""
    metric = make_metric(
        side.rollout, side.code("metric"), name=side.words("Metric"), group=side.words("Group"),
        description=side.words("About"), source=side.words("Source"), noun="requests",
    )  # fmt: skip
    target = make_target(metric, "< 5 %", "> 9 %")
    new = NewReading(
        metric=metric.code, at=NOON - timedelta(hours=1), value=Decimal(4), source=side.words("By")
    )
    readings.record_readings(rollout=side.rollout, readings=[new], by=side.engineer)
    _token(side, "Program", sorted(tokens.scopes()))
    side.things |= {
        "metric": metric, "target": target, "reading": metric.readings.get(),
        "token": side.rollout.api_tokens.get(),
    }  # fmt: skip


def _gates(side: Side) -> None:
    """A gate that is open, with a criterion of every kind, and one that everybody has signed."""
    seats = dict.fromkeys(SIGNERS, 1)
    gate = factories.make_gate(
        side.rollout, side.find("phase"), side.find("planned"), seats, code=side.code("gate"),
        name=side.words("Gate"), due_on=date(2026, 12, 4),
    )  # fmt: skip
    signed = factories.make_gate(
        side.rollout, side.find("before"), side.find("ready"), seats, code=side.code("signed"),
        name=side.words("Signed gate"),
    )  # fmt: skip
    gate.refresh_from_db()
    side.things |= {"gate": gate, "signed": signed}
    reason = side.words("Because")
    for row in (_criterion(side, "judged", gate), _criterion(side, "signed-rule", signed)):
        judge_criterion(criterion=row, by=side.engineer, holds=True, rationale=reason, evidence=reason)
    waived = _criterion(side, "waived", gate)
    until = clock.now() + timedelta(days=30)
    side.things["waiver"] = waive_criterion(criterion=waived, by=side.owner, reason=reason, until=until)
    subject = side.find("metric.code")
    _criterion(
        side, "compared", gate, measure="monitoring.metric", subject=subject, comparator="<",
        threshold=Decimal(5), versus_baseline=True,
    )  # fmt: skip
    record_baseline(
        phase=side.find("phase"), by=side.engineer, measure="monitoring.metric", subject=subject,
        value=Decimal(3), unit="%", note=reason,
    )  # fmt: skip
    for role in SIGNERS:
        _sign(side, signed, role, reason)
    side.find("ready").refresh_from_db()


def _criterion(side: Side, name: str, gate: Gate, **fields: Any) -> Criterion:
    row = factories.make_criterion(gate, side.code(name), text=side.words(f"Rule {name}"), **fields)
    side.things[name] = row
    return row


def _sign(side: Side, gate: Gate, role: RoleName, reason: str) -> None:
    signer = side.staff[role]
    signature = sign_gate(
        gate=gate, by=signer, chosen=go(reason), shown=shown(gate), confirmation=confirmation(signer)
    )
    gate.refresh_from_db()
    side.things["evidence"] = signature.evidence


def _lists(side: Side) -> None:
    """A checklist with an item that is done and one that is open; a role that can be ended."""
    checklist = factories.make_checklist(side.rollout, side.code("list"), items=2, phase=side.find("phase"))
    checklist.name = side.words("List")
    checklist.save()
    ticked, item = checklist.items.order_by("position")
    for row in (ticked, item):
        row.text, row.group = side.words("Item"), side.words("Group")
        row.save()
    seen = Attachment("seen.txt", "text/plain", ContentFile(side.words("Seen").encode()))
    ticked = tick_item(item=ticked, by=side.engineer, evidence=side.words("Seen"), file=seen)
    leaver = make_user(side.words("Leaver"), email=f"leaver@{side.name.lower()}.example")
    role = give(side.rollout, leaver, RoleName.VIEWER)
    side.things |= {"checklist": checklist, "item": item, "ticked": ticked, "role": role}
    side.things["proof"] = ticked.evidence_file


def _people(side: Side) -> None:
    """Testers, selections in every state, batches in every state, and two lists on their way in."""
    if side.name == "B":
        # Both registers count from one; so that a number belongs to one of them only, B's begins later.
        with transaction.atomic():
            take_numbers(lock_register(side.rollout), 500)
    AttributeDefinition.objects.create(rollout=side.rollout, code="device", label=side.words("Device")[:100])
    for number in range(1, 8):
        make_participant(
            side.rollout,
            f"{PERSONAL}{number}@{side.name.lower()}.example",
            name=side.words(f"{PERSONAL} {number}"),
            language="en",
            attributes={"device": side.words("Phone")},
            source=side.words("Source")[:120],
        )
    for name, seats in (("running", {"en": 5}), ("held", {"en": 1}), ("phase", {"en": 1, "ta": 1})):
        make_rule(side.find(name), seats, text=side.words("Rule"))
    applied = _selection(side, "running")
    selections.propose_selection(selection=applied, by=side.engineer)
    selections.approve_selection(selection=applied, by=side.owner)
    side.things["proposed"] = selections.propose_selection(
        selection=_selection(side, "held"), by=side.engineer
    )
    side.things |= {"applied": applied, "draft": _selection(side, "phase")}
    _batches(side)
    _lists_on_their_way(side)
    ConsentText.objects.create(
        rollout=side.rollout, code=side.code("consent"), purpose=Purpose.BEHAVIOUR,
        texts={"en": side.words("You may see how I use it.")},
    )  # fmt: skip
    people.set_consent(
        participant=side.find("participant"), purpose=Purpose.CONTACT, given=True, how=How.STAFF,
        wording=side.words("Yes")[:200], by=side.owner,
    )  # fmt: skip


def _selection(side: Side, phase: str) -> Selection:
    return drawings.draft_selection(phase=side.find(phase), by=side.engineer, seed="fixed")


def _batches(side: Side) -> None:
    """One that has gone out to two people, one that is held, one that is a draft; one seat is left."""
    sent = _batch(side, 2)
    held = _batch(side, 1)
    invitations.hold_batch(batch=held, by=side.owner, reason=side.words("Why"))
    draft = _batch(side, 1, approve=False)
    mine, other = sent.invitations.select_related("participant__person", "message").order_by("pk")
    messages = Message.objects.filter(invitation__batch=sent)
    messages.update(state=MessageState.SENT, sent_at=clock.now(), handed_at=clock.now(), attempts=1)
    side.things |= {
        "sent_batch": sent, "held_batch": held, "draft_batch": draft,
        "invitation": mine, "other_invitation": other, "participant": mine.participant,
    }  # fmt: skip


def _batch(side: Side, size: int, *, approve: bool = True) -> Batch:
    now = clock.now()
    batch = invitations.draft_batch(
        phase=side.find("running"),
        by=side.engineer,
        send_at=now,
        answer_until=now + timedelta(days=7),
        size=size,
    )
    return invitations.approve_batch(batch=batch, by=side.owner) if approve else batch


def _lists_on_their_way(side: Side) -> None:
    """Two lists that the product owner brought: one was read, one was looked at and has a bad line."""
    new = f"new@{side.name.lower()}.example"
    lines = f"email,name,language\n{new},{PERSONAL} new,en\n{PERSONAL}-no-address,X,en\n"

    def read(name: str) -> ParticipantImport:
        return importing.read_file(
            rollout=side.rollout, content=ContentFile(lines.encode()), name=name, by=side.owner
        )

    looked = read("looked.csv")
    importing.set_columns(
        imported=looked, columns=looked.columns, source=side.words("Source")[:120],
        consent_wording=side.words("Yes"), consent_on=date(2026, 11, 1), by=side.owner,
    )  # fmt: skip
    side.things |= {"list": read("list.csv"), "looked": importing.check(imported=looked, by=side.owner)}


def _messages(side: Side) -> None:
    """A message of which nobody knows whether it left, its mail on file, a text of its own, and a limit."""
    message = side.find("other_invitation.message")
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.UNCERTAIN, sent_at=None, lease_token=uuid4(), reason=Reason.ANSWER_LOST,
        error=side.words("Lost")[:500],
    )  # fmt: skip
    message.refresh_from_db()
    mail = EmailMultiAlternatives(side.words("Subject"), side.words(PERSONAL), to=[message.recipient])
    mail.attach_alternative(side.words(PERSONAL), "text/html")
    mailed = write_eml(mail.message().as_bytes(), message.uuid.hex)

    def said(what: str) -> str:
        return side.words(what).replace("{{7*7}}", "")

    wording = templates.Wording(
        kind=MessageKind.ANNOUNCEMENT,
        placeholders=(
            Placeholder("name", "Aina"),
            Placeholder("leave_link", "https://portal.example", link=True),
        ),
        texts={"en": (said("Hello"), said("Dear {name}, {leave_link}"))},
    )
    written = templates.write(
        code=side.code("hello"), scope=side.rollout.uuid, wording=wording, by=side.owner
    )
    caps.set_cap(
        channel=message.channel, scope=side.rollout.uuid, period=CapPeriod.DAY, cap=100, by=side.owner,
        reason=side.words("Why"),
    )  # fmt: skip
    quiet.set_quiet_hours(
        scope=side.rollout.uuid, hours=(time(22), time(7)), time_zone="UTC", by=side.owner, reason="Sleep."
    )
    side.things |= {"message": message, "mail": mailed, "text": written.template}


def _voices(side: Side) -> None:
    """A survey with a wave and an answer, one that is a draft; reports with everything on them."""
    settled, drafted = _survey(side, "survey"), _survey(side, "drafted")
    publish_version(version=_version(side, settled), by=side.owner)
    _version(side, drafted, mark=side.name.lower())
    wave = make_wave(settled, 1, opens_at=NOON - timedelta(days=1), closes_at=NOON + timedelta(days=3))
    mine, other = side.find("participant"), side.find("other_invitation.participant")
    request, other_request = make_request(wave, mine), make_request(wave, other)
    submit_answers(request=other_request, values={"nps": 9, "better": side.words(ANSWERED)}, language="en")
    PriorityRule.objects.create(
        rollout=side.rollout, code=side.code("rule"), name=side.words("Tell"), notify=RoleName.PRODUCT_OWNER
    )
    if side.name == "B":
        ItemCounter.objects.create(rollout=side.rollout, last=500)
    picture = files.store(
        content=b"\x89PNG", name="picture.png", content_type="image/png", scope=side.rollout.uuid, by=None
    )
    told: dict[str, Any] = {"text": side.words(REPORTED), "place": side.words("Place"), "may_ask_back": True}
    item = make_item(
        side.rollout, reporter=mine, request=request, phase=side.find("running"), picture=picture, **told
    )
    merged = make_item(side.rollout, reporter=other, **told)
    items.comment_on_item(item=item, by=side.owner, text=side.words(REPORTED))
    items.answer_tester(item=item, by=side.owner, text=side.words("We look at it."))
    items.merge_item(item=merged, into=make_item(side.rollout, **told), by=side.owner)
    side.things |= {
        "survey": settled, "drafted": drafted, "question": drafted.versions.get().questions.first(),
        "request": request, "other_request": other_request, "item_reported": item, "item_merged": merged,
    }  # fmt: skip


def _survey(side: Side, name: str) -> Survey:
    return Survey.objects.create(
        rollout=side.rollout, phase=side.find("running"), code=side.code(name), name=side.words(name),
        opens_on_day=3, opens_at=time(9), open_days=5,
    )  # fmt: skip


def _version(side: Side, survey: Survey, mark: str = "") -> SurveyVersion:
    words = dict.fromkeys(FOUR, side.words("Question"))
    asked = [one | {"code": mark + one["code"], "texts": words, "hints": words} for one in questions()]
    return write_version(survey=survey, languages=FOUR, titles=words, questions=asked)


def secrets(side: Side) -> dict[str, str]:
    """Make API tokens and return what opens them: each scope alone, all of them, expired, revoked."""
    every = sorted(tokens.scopes())
    alone = {f"{side.name} with {scope}": _token(side, scope, [scope]) for scope in every}
    made = alone | {
        f"{side.name} {name}": _token(side, name, every) for name in ("with all", "expired", "revoked")
    }
    rows = {row.name: row for row in side.rollout.api_tokens.all()}
    old, revoked = rows[side.words("expired")[:80]], rows[side.words("revoked")[:80]]
    old.created_at, old.expires_at = NOON - timedelta(days=3), NOON - timedelta(days=1)
    old.save()
    tokens.revoke_token(token=revoked, by=side.engineer, reason="No longer needed.")
    return made


def _token(side: Side, name: str, scopes: list[str]) -> str:
    return tokens.create_token(
        rollout=side.rollout,
        name=side.words(name)[:80],
        scopes=scopes,
        life=timedelta(days=30),
        by=side.engineer,
    ).secret


def links(side: Side) -> dict[str, str]:
    """Mint personal links by holder and purpose: a tester's, the next one's, and such as open nothing."""
    mine, other = side.find("invitation"), side.find("other_invitation")
    request, other_request = side.find("request"), side.find("other_request")
    answer = _mint(hooks.mint_invitation_link, mine.uuid, mine.message)
    made = {
        "the person: answer": answer,
        "the person: leave": _mint(hooks.mint_leave_link, mine.participant.uuid, mine.message),
        "the person: survey": _mint(mint_survey_link, request.uuid, mine.message),
        "another person: answer": _mint(hooks.mint_invitation_link, other.uuid, other.message),
        "another person: leave": _mint(hooks.mint_leave_link, other.participant.uuid, other.message),
        "another person: survey": _mint(mint_survey_link, other_request.uuid, other.message),
        "expired": _mint(hooks.mint_invitation_link, mine.uuid, mine.message),
        "withdrawn": _mint(hooks.mint_invitation_link, mine.uuid, mine.message),
        "cut": answer[:-1],
        "altered": answer[:-2] + ("AA" if answer[-2:] != "AA" else "BB"),
        "invented": "A" * len(answer),
    }
    for name, change in {"expired": {"expires_at": NOON}, "withdrawn": {"revoked_at": NOON}}.items():
        PersonalLink.objects.filter(digest=token_digest(made[name])).update(**change)
    return made


def _mint(mint: Callable[[UUID, Message], str], row: UUID, message: Message) -> str:
    """Return the token of the address that a mail would hold."""
    return mint(row, message).rstrip("/").rpartition("/")[2]


def renewed_texts() -> dict[str, templates.Wording]:
    """The portal's own texts as after an upgrade: what is written only when it is needed is not there yet.

    A world in which everything has been written once would hide a GET that writes.
    """
    return {
        code: replace(
            wording, texts={name: (head, f"{body}\n\n…") for name, (head, body) in wording.texts.items()}
        )
        for code, wording in templates._builtin.items()
    }


def installation() -> None:
    """What belongs to no rollout: the portal's own texts, its channel, and an address that is blocked."""
    for code in list(templates._builtin):
        templates.current(code, None)
    outbox.channel_called(outbox.DEFAULT_CHANNEL)
    suppressions.block(
        address="blocked@example.org",
        reason=SuppressionReason.MANUAL,
        by=System(cause="The walk."),
        why="Asked.",
    )
