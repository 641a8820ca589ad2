"""Judging, waiving, changing and measuring from: consequences first, words kept, back to the same place."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from phases.exceptions import Refused
from phases.models import Baseline, Criterion, Gate, Judgement, Waiver
from phases.permissions import RoleName
from phases.services import edit_criterion, record_baseline, sign_gate, waive_criterion
from phases.states import GateState, RolloutState
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.factories import confirmation, go, shown
from tests.phases.factories import Beta, Dial, text_of

pytestmark = pytest.mark.django_db


def sign(beta: Beta) -> None:
    gate = Gate.objects.get(pk=beta.gate.pk)
    sign_gate(gate=gate, by=beta.owner, chosen=go(), shown=shown(gate), confirmation=confirmation(beta.owner))


# --- Judge --------------------------------------------------------------------------------------------


def test_judging_says_before_what_either_answer_would_do(client: Client, beta: Beta) -> None:
    beta.judged(holds=None)
    client.force_login(beta.engineer)
    page = text_of(client.get(beta.url("criteria/stable/judge/")))
    assert "If it holds: 1 of 1 criteria counts." in page
    assert "If it does not hold: 0 of 1 criteria count." in page
    assert Judgement.objects.count() == 0


def test_a_judgement_goes_back_to_its_place_on_the_gate(client: Client, beta: Beta) -> None:
    beta.judged(holds=None)
    client.force_login(beta.engineer)
    answer = client.post(
        beta.url("criteria/stable/judge/"),
        {"holds": "no", "rationale": "It fell over twice", "evidence": "INC-3", "expires_on": "2031-01-01"},
    )
    assert answer["Location"] == beta.url("gates/gate-2-3/#criterion-stable")
    given = Judgement.objects.get()
    assert (given.holds, given.rationale, given.evidence, given.by) == (
        False,
        "It fell over twice",
        "INC-3",
        beta.engineer,
    )


def test_the_wrong_role_keeps_its_words_and_reads_whose_it_is(client: Client, beta: Beta) -> None:
    beta.judged(holds=None)
    client.force_login(beta.owner)
    answer = client.post(beta.url("criteria/stable/judge/"), {"holds": "yes", "rationale": "I think so"})
    assert "is judged by the release engineer." in text_of(answer)
    assert "I think so" in answer.content.decode()
    assert Judgement.objects.count() == 0


def test_a_judgement_without_a_reason_is_refused_at_the_field(client: Client, beta: Beta) -> None:
    beta.judged(holds=None)
    client.force_login(beta.engineer)
    answer = client.post(beta.url("criteria/stable/judge/"), {"holds": "yes"})
    assert "Say why. Without a reason the judgement does not count." in text_of(answer)
    assert 'href="#id_rationale"' in answer.content.decode()


def test_signatures_that_will_be_stale_are_counted_before(client: Client, beta: Beta) -> None:
    beta.ready()
    sign(beta)
    client.force_login(beta.engineer)
    page = text_of(client.get(beta.url("criteria/stable/judge/")))
    assert "1 signature on “Phase 2 to phase 3” becomes stale and is asked for again." in page


# --- Waive --------------------------------------------------------------------------------------------


def test_a_waiver_has_a_name_a_reason_and_an_end_in_the_rollouts_zone(client: Client, beta: Beta) -> None:
    beta.judged(holds=False)
    client.force_login(beta.sponsor)
    assert "You cannot be the only one to sign this gate." in text_of(
        client.get(beta.url("criteria/stable/waive/"))
    )
    client.post(beta.url("criteria/stable/waive/"), {"reason": "Phase 4 mends it", "until": "2031-12-24"})
    given = Waiver.objects.get()
    assert (given.given_by, given.reason) == (beta.sponsor, "Phase 4 mends it")
    assert given.until.astimezone(beta.rollout.zone).isoformat() == "2031-12-25T00:00:00+08:00"


def test_a_waiver_that_ends_in_the_past_is_refused_with_its_words(client: Client, beta: Beta) -> None:
    beta.judged(holds=False)
    client.force_login(beta.sponsor)
    answer = client.post(beta.url("criteria/stable/waive/"), {"reason": "Phase 4", "until": "2020-01-01"})
    assert "A waiver ends in the future; name a later day." in text_of(answer)
    assert "Phase 4" in answer.content.decode()


def test_a_no_go_cannot_be_waived(client: Client, beta: Beta, dial: Dial) -> None:
    beta.dialled("security", "Critical issue", ">", "0", side=Criterion.Side.NO_GO)
    client.force_login(beta.owner)
    answer = client.post(beta.url("criteria/security/waive/"), {"reason": "No", "until": "2031-01-01"})
    assert "What stops the gate at once cannot be waived." in text_of(answer)


def test_ending_a_waiver_makes_the_figure_count_again(client: Client, beta: Beta) -> None:
    row = beta.judged(holds=False)
    until = clock.now() + timedelta(days=9)
    waive_criterion(criterion=row, by=beta.owner, reason="Phase 4", until=until)
    client.force_login(beta.sponsor)
    page = text_of(client.get(beta.url("criteria/stable/end-waiver/")))
    assert "Given by Aisyah Rahman" in page
    client.post(beta.url("criteria/stable/end-waiver/"), {"reason": "Phase 4 is far"})
    assert Waiver.objects.get().ended_by == beta.sponsor
    assert client.get(beta.url("criteria/stable/end-waiver/")).status_code == 404


# --- Change -------------------------------------------------------------------------------------------


def edit_form(client: Client, beta: Beta, code: str) -> dict[str, str]:
    """The values of the form as the page shows them."""
    form = client.get(beta.url(f"criteria/{code}/")).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: str(value) for name, value in values.items() if value not in (None, False)}


def test_a_rule_is_changed_with_its_reason_and_marked(client: Client, beta: Beta, dial: Dial) -> None:
    beta.dialled("nps", "NPS is above 50", ">", "50", unit="points", max_age=timedelta(minutes=90))
    client.force_login(beta.owner)
    values = edit_form(client, beta, "nps")
    assert (values["threshold"], values["max_age_hours"]) == ("50", "1.5")
    answer = client.post(
        beta.url("criteria/nps/"),
        values | {"threshold": "45.5", "min_n": "30", "reason": "The pilot says 45"},
    )
    assert answer.status_code == 302
    row = Criterion.objects.get(code="nps")
    assert (row.threshold, row.min_n, row.max_age, row.edited_by) == (
        Decimal("45.5"),
        30,
        timedelta(minutes=90),
        beta.owner,
    )
    client.force_login(beta.member(RoleName.VIEWER))
    assert "changed by Aisyah Rahman" in text_of(client.get(beta.url("gates/gate-2-3/")))


def test_a_change_needs_a_reason(client: Client, beta: Beta, dial: Dial) -> None:
    beta.dialled("nps", "NPS is above 50", ">", "50")
    client.force_login(beta.owner)
    answer = client.post(beta.url("criteria/nps/"), edit_form(client, beta, "nps") | {"threshold": "1"})
    assert "Say why the rule is changed." in text_of(answer)
    assert Criterion.objects.get(code="nps").threshold == 50


def test_a_rule_that_cannot_stand_is_refused_in_words(client: Client, beta: Beta, dial: Dial) -> None:
    beta.dialled("nps", "NPS is above 50", ">", "50")
    client.force_login(beta.owner)
    values = edit_form(client, beta, "nps") | {"threshold": "", "reason": "Try"}
    assert client.post(beta.url("criteria/nps/"), values).status_code == 200
    assert Criterion.objects.get(code="nps").threshold == 50


def test_a_rule_is_not_decided_by_an_interval_that_its_measure_never_has(
    client: Client, beta: Beta, dial: Dial
) -> None:
    beta.dialled("nps", "NPS is above 50", ">", "50")
    client.force_login(beta.owner)
    values = edit_form(client, beta, "nps") | {"decide_by": "interval", "reason": "Surer"}
    assert "“A dial” never has an interval" in text_of(client.post(beta.url("criteria/nps/"), values))
    assert Criterion.objects.get(code="nps").decide_by == "point"


def test_what_is_judged_has_no_threshold_to_change(client: Client, beta: Beta) -> None:
    row = beta.judged(holds=False)
    client.force_login(beta.owner)
    form = edit_form(client, beta, "stable")
    assert not {"measure", "subject", "comparator", "threshold", "min_n", "decide_by"} & set(form)
    client.post(
        beta.url("criteria/stable/"),
        form | {"comparator": ">=", "threshold": "0", "text": "It is stable", "reason": "Shorter"},
    )
    row.refresh_from_db()
    assert (row.text, row.comparator, row.threshold) == ("It is stable", "=", Decimal(1))
    with pytest.raises(Refused, match="judged, not measured"):
        edit_criterion(criterion=row, by=beta.owner, reason="Softer", threshold=Decimal(0))


def test_a_figure_does_not_become_a_judgement(client: Client, beta: Beta, dial: Dial) -> None:
    beta.dialled("nps", "NPS is above 50", ">", "50")
    client.force_login(beta.owner)
    values = edit_form(client, beta, "nps") | {"measure": "phases.judgement", "reason": "Try"}
    client.post(beta.url("criteria/nps/"), values)
    assert Criterion.objects.get(code="nps").measure == "tests.dial"


def test_a_threshold_is_kept_to_its_last_digit_or_refused(client: Client, beta: Beta, dial: Dial) -> None:
    row = beta.dialled("nps", "NPS is above 50", ">", "50")
    client.force_login(beta.owner)
    exact, too_long = "123456.123456789", "1234567.123456789"
    values = edit_form(client, beta, "nps") | {"threshold": too_long, "reason": "Finer"}
    assert "at most 15 digits" in text_of(client.post(beta.url("criteria/nps/"), values))
    with pytest.raises(Refused, match="at most 15 digits"):
        edit_criterion(criterion=row, by=beta.owner, reason="Finer", threshold=Decimal(too_long))
    client.post(beta.url("criteria/nps/"), values | {"threshold": exact})
    row.refresh_from_db()
    assert row.threshold == Decimal(exact)


def test_somebody_elses_change_is_shown_and_the_text_is_kept(client: Client, beta: Beta, dial: Dial) -> None:
    row = beta.dialled("nps", "NPS is above 50", ">", "50")
    client.force_login(beta.owner)
    values = edit_form(client, beta, "nps") | {"text": "NPS is over 50", "reason": "Shorter"}
    other = beta.member(RoleName.PRODUCT_OWNER, "Siti Nor")
    edit_criterion(criterion=row, by=other, reason="Stricter", threshold=Decimal(60))
    answer = client.post(beta.url("criteria/nps/"), values)
    page = text_of(answer)
    assert "Siti Nor changed this while you wrote." in page
    assert "Threshold: now 60" in page
    assert "NPS is over 50" in answer.content.decode()
    assert Criterion.objects.get(code="nps").text == "NPS is above 50"
    again = {name: answer.context["form"][name].value() or "" for name in answer.context["form"].fields}
    client.post(beta.url("criteria/nps/"), again | {"seen": answer.context["version"]})
    row.refresh_from_db()
    assert (row.text, row.threshold) == ("NPS is over 50", Decimal(50))


def test_only_the_product_owner_changes_a_rule(client: Client, beta: Beta, dial: Dial) -> None:
    beta.dialled("nps", "NPS is above 50", ">", "50")
    client.force_login(beta.engineer)
    answer = client.get(beta.url("criteria/nps/"))
    assert answer.status_code == 403
    assert "Changing a criterion needs the role product owner. Ask Aisyah Rahman" in text_of(answer)


def test_a_changed_rule_reopens_a_signed_gate(client: Client, beta: Beta) -> None:
    beta.gate.requirements.filter(role=RoleName.PROJECT_SPONSOR).delete()
    beta.ready()
    sign(beta)
    assert Gate.objects.get(pk=beta.gate.pk).state == GateState.GO
    client.force_login(beta.owner)
    values = edit_form(client, beta, "alerts") | {"threshold": "90", "reason": "Enough"}
    assert "1 signature on" in text_of(client.get(beta.url("criteria/alerts/")))
    client.post(beta.url("criteria/alerts/"), values)
    assert "The signatures are stale" in text_of(client.get(beta.url("gates/gate-2-3/")))


# --- A rollout that is over ---------------------------------------------------------------------------


def test_a_closed_rollout_is_read_and_changed_no_more(client: Client, beta: Beta, dial: Dial) -> None:
    beta.furnish()
    beta.judged(holds=None)
    beta.dialled("speed", "Not slower", "<=", "0", versus_baseline=True, unit="ms")
    client.force_login(beta.owner)
    rule = edit_form(client, beta, "stable") | {"reason": "Late", "text": "Other"}
    beta.rollout.state, beta.rollout.ended_at = RolloutState.CLOSED, clock.now()
    beta.rollout.save()
    changing = {
        "criteria/stable/waive/": {"reason": "Late", "until": "2031-01-01"},
        "criteria/stable/": rule,
        "criteria/speed/baseline/": {"measure": "tests.dial", "subject": "speed", "value": "6", "unit": "ms"},
        "gates/gate-2-3/ask/": {},
        "checklists/go-live/": {"item": "go-live-4", "act": "tick"},
    }
    before = AuditEvent.objects.count()
    for path, fields in changing.items():
        answer = client.post(beta.url(path), fields)
        assert "“MediMate Education Hub” is closed. It can be read, not changed." in text_of(answer), path
    page = text_of(client.get(beta.url("gates/gate-2-3/")))
    assert [verb for verb in ("Judge…", "Waive…", "Decide…", "Change the rule…") if verb in page] == []
    assert AuditEvent.objects.count() == before


# --- Baselines ----------------------------------------------------------------------------------------


def test_a_baseline_is_frozen_from_the_criterion_that_misses_it(
    client: Client, beta: Beta, dial: Dial
) -> None:
    beta.dialled("speed", "Not slower", "<=", "0", versus_baseline=True, unit="ms")
    dial.set("speed", "612", unit="ms")
    client.force_login(beta.engineer)
    assert "Record a baseline…" in text_of(client.get(beta.url("gates/gate-2-3/")))
    values = {"measure": "tests.dial", "subject": "speed", "value": "600", "unit": "ms", "n": "18204"}
    client.post(beta.url("criteria/speed/baseline/"), values)
    frozen = Baseline.objects.get()
    assert (frozen.value, frozen.unit, frozen.n, frozen.phase) == (Decimal(600), "ms", 18204, beta.phase)
    page = text_of(client.get(beta.url("gates/gate-2-3/")))
    assert "2 % against the baseline of 600 ms" in page


def test_a_baseline_is_kept_to_its_last_digit_or_refused(beta: Beta) -> None:
    def freeze(value: str) -> Baseline:
        frozen = record_baseline(
            phase=beta.phase, by=beta.engineer, measure="tests.dial", subject="speed", value=Decimal(value),
            unit="ms",
        )  # fmt: skip
        frozen.refresh_from_db()
        return frozen

    assert freeze("123456.123456789").value == Decimal("123456.123456789")
    with pytest.raises(Refused, match="at most 15 digits"):
        freeze("1234567.123456789")


def test_a_baseline_of_a_phase_stands_on_its_page(client: Client, beta: Beta, dial: Dial) -> None:
    client.force_login(beta.engineer)
    values = {"measure": "tests.dial", "subject": "load", "value": "61.5", "unit": "%", "note": "Two weeks"}
    answer = client.post(beta.url("phases/2/baseline/"), values)
    assert answer["Location"] == beta.url("phases/2/")
    assert "load: 61.5" in text_of(client.get(answer["Location"]))


def test_a_criterion_without_a_baseline_has_no_page_for_one(client: Client, beta: Beta) -> None:
    beta.judged()
    client.force_login(beta.engineer)
    assert client.get(beta.url("criteria/stable/baseline/")).status_code == 404
    assert client.get(beta.url("criteria/nothing/judge/")).status_code == 404
