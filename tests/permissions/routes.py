"""The table: every address of the portal, what it is, and which acts it asks for. Nothing else is allowed.

A page of a rollout names the act for reading it and those for what can be posted to it; who may then open it
follows from the permission table alone. `names` says which thing of the world stands in the address.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db.models import Model

from cohorts.models import (
    AttributeDefinition,
    Batch,
    ConsentEvent,
    ConsentText,
    Invitation,
    Membership,
    Participant,
    ParticipantImport,
    Quota,
    Selection,
    SelectionRule,
)
from cohorts.pages.naming import Named
from comms.models import Announcement, Meeting, TrainingSession
from feedback.models import (
    Answer,
    Comment,
    FeedbackItem,
    FeedbackItemTransition,
    Occasion,
    PriorityRule,
    Question,
    Reply,
    Response,
    Submission,
    Survey,
    SurveyRequest,
    SurveyVersion,
)
from flags.models import Experiment, Flag, FlagRule, Variant
from monitoring.models import (
    EscalationContact,
    Metric,
    OnCallShift,
    Reading,
    Runbook,
    RunbookStep,
    Target,
    Trigger,
)
from phases import gates
from phases.evidence import as_evidence, evidence_digest
from phases.forms import criterion_values, criterion_version, pack_shown
from phases.models import (
    Activity,
    ActivityItem,
    ApiToken,
    Baseline,
    Blackout,
    BudgetLine,
    Checklist,
    ChecklistItem,
    Criterion,
    Deliverable,
    Evidence,
    Gate,
    Judgement,
    Milestone,
    Objective,
    Phase,
    PhaseTransition,
    PlanDecision,
    PlannedRole,
    PlanWeek,
    PopulationBase,
    Resource,
    Review,
    Risk,
    Role,
    Rollout,
    SettledFinding,
    SignOff,
    SignOffRequirement,
    Waiver,
    WorkCalendar,
)
from phases.services import Shown
from rollout_portal.accounts.models import User
from rollout_portal.console.plan_review import review
from rollout_portal.lib import clock
from rollout_portal.outbox import wordings
from rollout_portal.outbox.models import (
    Channel,
    Message,
    MessageTemplate,
    QuietHours,
    SendCap,
    Suppression,
    TemplateVersion,
)
from tests.permissions.sides import ANSWERED, NOON, PERSONAL, REPORTED, Side

Names = Mapping[str, str]
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Post:
    """Something that can be posted to a page: the act that it asks for, and fields that make it happen.

    :ivar records: whether it writes an entry into the audit trail; else it only reads.
    """

    act: str
    fields: Callable[[Side, User], Fields]
    records: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """A page below /console/<slug>/.

    :ivar get: the act that the view asks for before anything else.
    :ivar also: another one that reading needs, because of what the page shows.
    :ivar opened: what answers who may read it.
    :ivar reads: whether it can be read; else it only takes what is posted to it.
    """

    name: str
    get: str = "rollout.view"
    names: Names = field(default_factory=dict)
    posts: tuple[Post, ...] = ()
    also: str = ""
    opened: int = 200
    reads: bool = True

    @property
    def acts(self) -> tuple[str, ...]:
        """What reading needs, in the order in which it is asked."""
        return (self.get, self.also) if self.also else (self.get,)


@dataclass(frozen=True, slots=True)
class Hall:
    """A page below /console/ that stands in no rollout; it shows only what the reader's roles let them see.

    :ivar act: what a reader must be allowed to do in the rollout that its object belongs to; else 404.
    :ivar sealed: it shows what others wrote as they wrote it, under a policy that lets nothing run.
    """

    name: str
    act: str = ""
    names: Names = field(default_factory=dict)
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """A page that needs no session: health, and what leads in or out of an account.

    :ivar inside: it is only for somebody who is signed in; others are sent to the login page.
    :ivar strict: the only methods that it knows, where it is a page of ours.
    :ivar closed: it is refused to everybody.
    """

    name: str
    names: Names = field(default_factory=dict)
    inside: bool = False
    strict: tuple[str, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class VisitPage:
    """A page of a tester's visit, below /t/. A link of `purpose` opens it; `thing` is what it is about.

    :ivar posts: fields whose POST changes something.
    """

    name: str
    purpose: str
    thing: str
    posts: tuple[Fields, ...] = ()
    opened: int = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """The address in a mail that opens a visit: its token is the only thing that it needs."""

    name: str
    purpose: str
    one_click: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """A route of the API. `scope` is what a token must have been made for; empty: it needs none."""

    name: str
    method: str = "GET"
    scope: str = ""
    answers: int = 200


def _reason(side: Side, user: User) -> Fields:
    return {"reason": "Because it is tried."}


def _no_reason(side: Side, user: User) -> Fields:
    return {"reason": ""}


def _accept_finding(side: Side, user: User) -> Fields:
    return {"do": "accept", "key": review(side.rollout).open[0].found.key, "reason": "Meant like this."}


def _decide(side: Side, user: User) -> Fields:
    gate = side.find("gate")
    report = gates.evaluate(gate, clock.now())
    shown = Shown(as_of=report.as_of, digest=evidence_digest(report))
    return {
        "shown": pack_shown(gate, shown, as_evidence(report)),
        "decision": "no_go",
        "reason": "Not like this.",
        "typed_name": user.name,
    }


def _stop(verb: str) -> Callable[[Side, User], Fields]:
    def fields(side: Side, user: User) -> Fields:
        return {
            "verb": verb,
            "phase": side.find("running.code"),
            "why": "other",
            "more": "Because it is tried.",
            "keep": "0",
            "typed_name": side.rollout.name,
        }

    return fields


def _item(act: str, item: str) -> Callable[[Side, User], Fields]:
    def fields(side: Side, user: User) -> Fields:
        return {"item": side.find(item), "act": act, "text": "Because it is tried."}

    return fields


def _name(do: str) -> Callable[[Side, User], Fields]:
    def fields(side: Side, user: User) -> Fields:
        free = Participant.objects.filter(rollout=side.rollout).drawable()[:1]
        named = Named(tuple(free), ())
        return {"do": do, "lines": free[0].label, "reason": "Because it is tried.", "seen": named.digest}

    return fields


def _criterion(side: Side, user: User) -> Fields:
    row = Criterion.objects.get(pk=side.find("judged.pk"))
    kept = {name: value for name, value in criterion_values(row).items() if value not in (None, False)}
    return kept | {"text": "Another rule", "reason": "Why not.", "seen": criterion_version(row)}


def _baseline(side: Side, user: User) -> Fields:
    return {"measure": "monitoring.metric", "subject": "anything", "value": "3", "unit": ""}


def _somebodys_words(side: Side, user: User) -> Fields:
    written = Answer.objects.exclude(text="")
    rows = written.filter(submission__response__occasion__survey__rollout=side.rollout)
    answer = rows.select_related("submission", "question")[0]
    return {"submission": str(answer.submission.uuid), "question": answer.question.code}


def _feedback(act: str, **more: str) -> Callable[[Side, User], Fields]:
    def fields(side: Side, user: User) -> Fields:
        return {"act": act, "kind": "bug", "area": "", "severity": "high", "translation": "", **more}

    return fields


def _told_by_telephone(side: Side, user: User) -> Fields:
    return {
        "tester": side.find("participant.label"),
        "origin": "phone",
        "language": side.rollout.languages[0],
        "kind": "bug",
        "text": "It is broken.",
    }


def _text(do: str) -> Callable[[Side, User], Fields]:
    def fields(side: Side, user: User) -> Fields:
        found = wordings.find(side.find("text.code"), side.rollout.uuid)
        assert found is not None
        words = {"subject-en": "Hello", "body-en": "Dear {name}, {leave_link}"}
        return {"do": do, "reason": "Better words.", "seen": found.seen, **words}

    return fields


PAGES: Final = (
    Page("console:cockpit"),
    Page(
        "console:members",
        posts=(
            Post(
                "role.manage",
                lambda side, user: {"email": "new@new.example", "name": "New", "role": "viewer"},
            ),
        ),
    ),
    # Rollout A runs: both lead back to its cockpit.
    Page("console:begin", "rollout.edit", posts=(Post("rollout.edit", _reason, records=False),), opened=302),
    Page(
        "console:discard", "rollout.edit", posts=(Post("rollout.edit", _reason, records=False),), opened=302
    ),
    # Rollout A runs, so it is not closed by this.
    Page("console:close", "rollout.close", posts=(Post("rollout.close", _reason, records=False),)),
    Page("console:end_role", "role.manage", {"uuid": "role.uuid"}, (Post("role.manage", _reason),)),
    Page("console:messages", "message.view"),
    Page(
        "console:message",
        "message.view",
        {"uuid": "message.uuid"},
        (
            Post("message.decide", lambda side, user: {"verb": "mark_as_sent", "reason": "It is there."}),
            Post("message.decide", lambda side, user: {"verb": "send_again", "reason": "It is not."}),
        ),
    ),
    Page(
        "console:limits",
        posts=(
            Post(
                "limit.set",
                lambda side, user: {
                    "per_day": "200",
                    "per_minute": "",
                    "quiet_from": "21:00",
                    "quiet_until": "08:00",
                    "reason": "The provider allows no more.",
                },
            ),
        ),
    ),
    Page("console:texts"),
    Page("console:text", names={"code": "text.code"}),
    Page(
        "console:write_text",
        "text.write",
        {"code": "text.code"},
        (
            Post("text.write", _text("look"), records=False),
            Post("text.write", _text("save")),
        ),
    ),
    Page("console:text_seen", names={"code": "text.code", "language": "=en"}),
    Page("console:plan", posts=(Post("rollout.edit", _accept_finding),)),
    Page("console:plan_file"),
    Page("console:audit", "audit.read", posts=(Post("audit.read", _no_reason, records=False),)),
    Page("phases:timeline"),
    Page("phases:gates"),
    Page("phases:gate", names={"code": "gate.code"}),
    Page("phases:evaluation", names={"code": "gate.code"}),
    Page("phases:ask", "gate.request", {"code": "gate.code"}, (Post("gate.request", _no_reason),)),
    Page("phases:decide", names={"code": "gate.code"}, posts=(Post("gate.sign", _decide),)),
    Page("phases:record", names={"code": "signed.code", "evidence": "evidence.uuid"}),
    Page("phases:evidence_file", names={"code": "signed.code", "evidence": "evidence.uuid"}),
    Page(
        "phases:criterion", "criterion.edit", {"code": "judged.code"}, (Post("criterion.edit", _criterion),)
    ),
    Page(
        "phases:judge",
        "criterion.judge",
        {"code": "judged.code"},
        (Post("criterion.judge", lambda side, user: {"holds": "no", "rationale": "It does not."}),),
    ),
    Page(
        "phases:waive",
        "criterion.waive",
        {"code": "judged.code"},
        (
            Post(
                "criterion.waive",
                lambda side, user: {"reason": "Why not.", "until": (NOON + timedelta(days=9)).date()},
            ),
        ),
    ),
    Page(
        "phases:end_waiver", "criterion.waive", {"code": "waived.code"}, (Post("criterion.waive", _reason),)
    ),
    Page(
        "phases:criterion_baseline",
        "baseline.record",
        {"code": "compared.code"},
        (Post("baseline.record", _baseline),),
    ),
    Page(
        "phases:phase_baseline",
        "baseline.record",
        {"code": "phase.code"},
        (Post("baseline.record", _baseline),),
    ),
    Page("phases:checklists"),
    Page(
        "phases:checklist",
        names={"code": "checklist.code"},
        posts=(
            Post("checklist.tick", _item("tick", "item.code")),
            Post("checklist.tick", _item("not_applicable", "item.code")),
            Post("checklist.tick", _item("reopen", "ticked.code")),
        ),
    ),
    Page("phases:proof", "proof.open", {"uuid": "proof.uuid"}),
    Page("phases:phase", names={"code": "phase.code"}),
    Page(
        "phases:phase_prepare", "phase.prepare", {"code": "planned.code"}, (Post("phase.prepare", _reason),)
    ),
    Page("phases:phase_start", "phase.start", {"code": "ready.code"}, (Post("phase.start", _reason),)),
    Page(
        "phases:phase_complete", "phase.complete", {"code": "phase.code"}, (Post("phase.complete", _reason),)
    ),
    Page("phases:phase_skip", "phase.complete", {"code": "planned.code"}, (Post("phase.complete", _reason),)),
    Page("phases:phase_resume", "phase.resume", {"code": "held.code"}, (Post("phase.resume", _reason),)),
    Page("phases:phase_open_intake", "phase.resume", {"code": "shut.code"}, (Post("phase.resume", _reason),)),
    Page(
        "phases:stop",
        posts=(
            Post("phase.hold", _stop("hold")),
            Post("phase.stop_intake", _stop("stop_intake")),
            Post("phase.shrink", _stop("shrink")),
            Post("phase.roll_back", _stop("roll_back")),
        ),
    ),
    Page("phases:resume", opened=302),
    Page("cohorts:participants", "participant.view"),
    Page("cohorts:export", "participant.view", posts=(Post("person.reveal", _no_reason),)),
    Page(
        "cohorts:import_start",
        "participant.import",
        posts=(
            Post("participant.import", lambda side, user: {"lines": "email,name\nnew@new.example,New\n"}),
        ),
    ),
    Page(
        "cohorts:import",
        "participant.import",
        {"uuid": "list.uuid"},
        (
            Post(
                "participant.import",
                lambda side, user: {
                    "do": "check",
                    "source": "",
                    "consent_wording": "Yes.",
                    "consent_on": "2026-11-01",
                    "column0": "email",
                    "column1": "name",
                    "column2": "language",
                },
                records=False,
            ),
        ),
        also="person.reveal",
    ),
    Page(
        "cohorts:import",
        "participant.import",
        {"uuid": "looked.uuid"},
        (
            Post("participant.import", lambda side, user: {"do": "import"}),
            Post("participant.import", lambda side, user: {"do": "cancel"}),
        ),
        also="person.reveal",
    ),
    Page("cohorts:bad_lines", "participant.import", {"uuid": "looked.uuid"}, also="person.reveal"),
    Page("cohorts:participant", "participant.view", {"number": "participant.number"}),
    Page(
        "cohorts:reveal",
        "person.reveal",
        {"number": "participant.number"},
        (Post("person.reveal", _no_reason),),
        reads=False,
    ),
    Page(
        "cohorts:wish",
        "participant.edit",
        {"number": "participant.number"},
        (
            Post("participant.edit", lambda side, user: {"wish": "quiet", "reason": "She said so."}),
            Post("participant.edit", lambda side, user: {"wish": "leave", "reason": "She said so."}),
        ),
    ),
    Page("cohorts:erase", "person.erase", {"number": "participant.number"}, (Post("person.erase", _reason),)),
    Page("cohorts:selections", "selection.view"),
    Page(
        "cohorts:draw",
        "selection.draft",
        {"phase": "phase.code"},
        (Post("selection.draft", lambda side, user: {"seed": "another"}),),
    ),
    Page(
        "cohorts:name",
        "selection.draft",
        {"phase": "running.code"},
        (
            Post("selection.draft", _name("name")),
            Post("selection.draft", _name("look"), records=False),
            Post("selection.draft", _name("add"), records=False),
        ),
    ),
    Page("cohorts:selection", "selection.view", {"uuid": "applied.uuid"}),
    Page("cohorts:admit", "batch.approve", {"uuid": "applied.uuid"}, (Post("batch.approve", _reason),)),
    Page(
        "cohorts:propose",
        "selection.draft",
        {"uuid": "draft.uuid"},
        (Post("selection.draft", lambda side, user: {"shortfall": "go_on"}),),
    ),
    Page(
        "cohorts:decide_selection",
        "selection.approve",
        {"uuid": "proposed.uuid"},
        (
            Post("selection.approve", lambda side, user: {"decision": "approve"}),
            Post("selection.approve", lambda side, user: {"decision": "return", "reason": "Draw again."}),
        ),
    ),
    Page(
        "cohorts:reallocate",
        "selection.reallocate",
        {"uuid": "draft.uuid"},
        (Post("selection.reallocate", _reason),),
    ),
    Page("cohorts:proof", "selection.view", {"uuid": "applied.uuid"}),
    Page("cohorts:invitations", "invitation.view"),
    Page(
        "cohorts:new_batch",
        "batch.draft",
        {"phase": "running.code"},
        (
            Post(
                "batch.draft",
                lambda side, user: {
                    "send_at": "2026-11-21T09:00",
                    "answer_until": "2026-11-28T18:00",
                    "size": "1",
                },
            ),
        ),
    ),
    Page("cohorts:batch", "invitation.view", {"uuid": "sent_batch.uuid"}),
    Page(
        "cohorts:approve_batch",
        "batch.approve",
        {"uuid": "draft_batch.uuid"},
        (Post("batch.approve", _no_reason),),
    ),
    Page(
        "cohorts:batch_verb",
        "invitation.view",
        {"uuid": "sent_batch.uuid", "verb": "=hold"},
        (Post("batch.hold", _reason),),
        also="batch.hold",
    ),
    Page(
        "cohorts:batch_verb",
        "invitation.view",
        {"uuid": "held_batch.uuid", "verb": "=resume"},
        (Post("batch.resume", _reason),),
        also="batch.resume",
    ),
    Page(
        "cohorts:batch_verb",
        "invitation.view",
        {"uuid": "sent_batch.uuid", "verb": "=cancel"},
        (Post("batch.hold", _reason),),
        also="batch.hold",
    ),
    Page("comms:announcements", "announcement.view"),
    Page("flags:flags", "flag.view"),
    Page("monitoring:triggers", "trigger.view"),
    Page("monitoring:runbooks", "trigger.view"),
    Page("monitoring:on_call", "contact.view"),
    Page("monitoring:metrics"),
    Page("monitoring:metric", names={"code": "metric.code"}),
    Page("monitoring:readings_csv", names={"code": "metric.code"}),
    Page(
        "monitoring:add_reading",
        "reading.record",
        {"code": "metric.code"},
        (Post("reading.record", lambda side, user: {"value": "7", "at": "2026-11-20T10:00"}),),
    ),
    Page(
        "monitoring:correct_reading",
        "reading.correct",
        {"uuid": "reading.uuid"},
        (Post("reading.correct", lambda side, user: {"value": "8", "reason": "A typing mistake."}),),
    ),
    Page(
        "monitoring:change_metric",
        "metric.edit",
        {"code": "metric.code"},
        (
            Post(
                "metric.edit",
                lambda side, user: {"name": "New", "direction": "down", "reason": "A better name."},
            ),
        ),
    ),
    Page(
        "monitoring:set_target",
        "metric.edit",
        {"code": "metric.code"},
        (Post("metric.edit", lambda side, user: {"holds": "under 3 %", "reason": "Better."}),),
    ),
    Page(
        "monitoring:set_phase_target",
        "metric.edit",
        {"code": "metric.code", "phase": "phase.code"},
        (Post("metric.edit", lambda side, user: {"holds": "under 3 %", "reason": "Better."}),),
    ),
    Page(
        "monitoring:tokens",
        "token.manage",
        posts=(
            Post(
                "token.manage",
                lambda side, user: {"name": "New", "scopes": "metrics.read", "life": "30"},
            ),
        ),
    ),
    Page("monitoring:revoke_token", "token.manage", {"uuid": "token.uuid"}, (Post("token.manage", _reason),)),
    Page("feedback:surveys", "survey.results"),
    Page(
        "feedback:survey",
        "survey.results",
        {"code": "survey.code"},
        (Post("survey.edit", _no_reason),),
    ),
    Page(
        "feedback:question",
        "survey.edit",
        {"code": "drafted.code", "question": "question.code"},
        (Post("survey.edit", lambda side, user: {"texts.en": "Would you say so?"}),),
    ),
    Page(
        "feedback:publish", "survey.publish", {"code": "drafted.code"}, (Post("survey.publish", _no_reason),)
    ),
    Page("feedback:preview", "survey.results", {"code": "survey.code"}),
    Page(
        "feedback:results",
        "survey.results",
        {"code": "survey.code"},
        (Post("feedback.enter", _somebodys_words),),
    ),
    Page("feedback:results_csv", "survey.results", {"code": "survey.code"}),
    Page("feedback:feedback", "feedback.view"),
    Page(
        "feedback:keys",
        "feedback.view",
        posts=(Post("feedback.view", lambda side, user: {"keys": "off"}, records=False),),
        reads=False,
    ),
    Page("feedback:enter", "feedback.enter", posts=(Post("feedback.enter", _told_by_telephone),)),
    Page(
        "feedback:item",
        "feedback.view",
        {"number": "item_reported.number"},
        (
            Post("feedback.triage", _feedback("save", reason="It is bad.")),
            Post("feedback.triage", _feedback("note", note="Seen.")),
            Post("feedback.triage", _feedback("take")),
            Post("feedback.triage", _feedback("resolve", why="Done.")),
            Post("feedback.reply", _feedback("answer", reply="We did.")),
        ),
    ),
    Page(
        "feedback:item",
        "feedback.view",
        {"number": "item_merged.number"},
        (Post("feedback.triage", _feedback("split", why="Not the same.")),),
    ),
    Page("feedback:picture", "feedback.view", {"number": "item_reported.number"}),
    Page(
        "feedback:merge",
        "feedback.triage",
        {"number": "item_reported.number"},
        (
            Post(
                "feedback.triage",
                lambda side, user: {"into": str(side.find("item_merged.number") + 1), "reason": "The same."},
            ),
        ),
    ),
)

HALLS: Final = (
    Hall("console:start"),
    Hall("console:rollouts"),
    Hall("console:mails"),
    Hall("console:mail", "message.read", {"name": "mail.name"}),
    Hall("console:mail_html", "message.read", {"name": "mail.name"}, sealed=True),
)

DOORS: Final = (
    Door("healthz", strict=("GET", "HEAD")),
    Door("readyz", strict=("GET", "HEAD")),
    Door("favicon.ico", strict=("GET", "HEAD")),
    Door("front", strict=("GET", "HEAD")),
    Door("accounts:join", strict=("GET", "HEAD", "POST")),
    Door("accounts:invitation", {"token": "words"}, strict=("GET", "HEAD")),
    Door("account_login"),
    Door("account_logout"),
    Door("account_inactive"),
    Door("account_signup"),
    Door("account_reauthenticate", inside=True),
    Door("account_email", closed=True),
    Door("accounts:email", closed=True),
    Door("account_email_verification_sent"),
    Door("account_change_password", inside=True),
    Door("account_set_password", inside=True),
    Door("account_reset_password"),
    Door("account_confirm_login_code"),
    Door("account_confirm_email", {"key": "words"}),
    Door("account_reset_password_from_key_done"),
    Door("account_reset_password_from_key", {"uidb36": "number", "key": "words"}),
    Door("account_reset_password_done"),
    Door("mfa_index", inside=True),
    Door("mfa_authenticate"),
    Door("mfa_reauthenticate", inside=True),
    Door("mfa_activate_totp", inside=True),
    Door("mfa_deactivate_totp", inside=True),
    Door("mfa_view_recovery_codes", inside=True),
    Door("mfa_generate_recovery_codes", inside=True),
    Door("mfa_download_recovery_codes", inside=True),
)

TESTERS: Final = (
    VisitPage("testers:visit", "answer", "invitation", ({"answer": "accept"}, {"answer": "decline"})),
    VisitPage("testers:leave", "answer", "invitation", ({"do": "leave"}, {"do": "quiet"})),
    VisitPage("testers:data", "answer", "invitation", ({"name": "Another Name", "language": "ms"},)),
    VisitPage("testers:download", "answer", "invitation"),
    VisitPage("testers:erase", "answer", "invitation", ({"do": "erase"},)),
    VisitPage("testers:leave", "leave", "participant", ({"do": "leave"},)),
    VisitPage("feedback_tester:survey", "survey", "request", ({"q-nps": "9"}, {"q-nps": "9", "later": "1"})),
    VisitPage("feedback_tester:thanks", "survey", "request", opened=302),
    VisitPage("feedback_tester:problem", "survey", "request", ({"kind": "bug", "text": "It is broken."},)),
    VisitPage("feedback_tester:told", "survey", "request"),
)

LETTERS: Final = (
    Letter("testers:open_invitation", "answer"),
    Letter("testers:open_leave", "leave", one_click=True),
    Letter("feedback_tester:open", "survey"),
)

APIS: Final = (
    Api("api-1:openapi-json"),
    Api("api-1:openapi-view"),
    Api("api-1:api-root", answers=404),
    Api("api/v1/", answers=404),
    Api("api-1:post_readings", "POST", "readings.write", answers=201),
    Api("api-1:get_metrics", scope="metrics.read"),
    Api("api-1:get_latest_readings", scope="metrics.read"),
)


def api_body(route: Api, side: Side) -> bytes | None:
    """Return what is sent to a route that takes something."""
    if route.name != "api-1:post_readings":
        return None
    at = (NOON - timedelta(minutes=1)).isoformat()
    return json.dumps({"readings": [{"metric": side.find("metric.code"), "at": at, "value": "3.5"}]}).encode()


@dataclass(frozen=True, slots=True)
class Table:
    """A model under "All data".

    :ivar act: what opens its rows; none where only superusers see them.
    :ivar installation: whether superusers also see the rows that belong to no rollout.
    """

    act: str = "rollout.view"
    installation: bool = False


TABLES: Final[dict[type[Model], Table]] = {
    Rollout: Table(),
    Role: Table(),
    Phase: Table(),
    PhaseTransition: Table(),
    PopulationBase: Table(),
    Objective: Table(),
    Checklist: Table(),
    ChecklistItem: Table(),
    Gate: Table(),
    Criterion: Table(),
    Baseline: Table(),
    Judgement: Table(),
    Waiver: Table(),
    SignOffRequirement: Table(),
    Evidence: Table(),
    SignOff: Table(),
    **dict.fromkeys(
        (
            *(PlannedRole, WorkCalendar, Blackout, PlanWeek, Activity, ActivityItem, Deliverable, Milestone),
            *(Risk, BudgetLine, PlanDecision, Review, Resource),
        ),
        Table(),
    ),
    SettledFinding: Table(),
    **dict.fromkeys((Announcement, Meeting, TrainingSession), Table("announcement.view")),
    **dict.fromkeys((Flag, FlagRule, Experiment, Variant), Table("flag.view")),
    **dict.fromkeys((Runbook, RunbookStep, Trigger), Table("trigger.view")),
    **dict.fromkeys((EscalationContact, OnCallShift), Table("contact.view")),
    ApiToken: Table("token.manage"),
    Metric: Table(),
    Target: Table(),
    Reading: Table(),
    Message: Table("message.view", installation=True),
    MessageTemplate: Table("message.view", installation=True),
    TemplateVersion: Table("message.view", installation=True),
    SendCap: Table("message.view", installation=True),
    QuietHours: Table("message.view", installation=True),
    Channel: Table("", installation=True),
    Suppression: Table("", installation=True),
    User: Table("role.manage", installation=True),
    Participant: Table("participant.view"),
    AttributeDefinition: Table(),
    ConsentText: Table(),
    ConsentEvent: Table("participant.view"),
    SelectionRule: Table(),
    Quota: Table(),
    Selection: Table("selection.view"),
    Membership: Table("participant.view"),
    Batch: Table("invitation.view"),
    Invitation: Table("invitation.view"),
    ParticipantImport: Table("participant.import"),
    Survey: Table("survey.results"),
    SurveyVersion: Table("survey.results"),
    Question: Table("survey.results"),
    Occasion: Table("survey.results"),
    SurveyRequest: Table("participant.view"),
    Response: Table("survey.results"),
    Submission: Table("survey.results"),
    FeedbackItem: Table("feedback.view"),
    FeedbackItemTransition: Table("feedback.view"),
    Comment: Table("feedback.view"),
    Reply: Table("feedback.view"),
    PriorityRule: Table("feedback.view"),
}

# What stands beside the models under "All data": its name, and the answer to whoever may come in.
DATA: Final = {
    "admin:index": 200,
    "admin:login": 403,
    "admin:logout": 405,
    "admin:password_change": 200,
    "admin:password_change_done": 200,
    "admin:jsi18n": 200,
    "admin:search": 200,
    "admin:autocomplete": 403,
    "admin:view_on_site": 404,
    "admin:app_list": 0,
    "console/data/(?P<url>.*)$": 404,
}

# Whose words a page may show only to readers who may do an act.
WORDS: Final = {PERSONAL: "person.reveal", ANSWERED: "survey.results", REPORTED: "feedback.view"}

# Everything that a page reads from the question part of its address.
QUESTIONS: Final = (
    "after", "before", "into", "kept", "kind", "lang", "language", "names", "next", "nps", "phase",
    "q", "queue", "range", "rollout", "s", "saved", "show", "since", "state", "step", "text",
    "until", "verb", "version", "wave", "who", "wish",
)  # fmt: skip
