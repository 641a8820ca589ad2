"""The record of a signature: what was signed, whether it still holds, and how to check it elsewhere."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from phases.models import Evidence, Gate
from phases.pages.decisions import read_record
from phases.permissions import RoleName
from phases.services import Chosen, reopen_item, roll_back_phase, sign_gate, start_phase
from phases.states import Decision
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.lib.digests import canonical_json
from tests.factories import confirmation, go, make_member, make_rollout, shown
from tests.phases.factories import Beta, text_of

pytestmark = pytest.mark.django_db

CONDITIONS = ({"what": "CDN in front of the pages", "who": "Daniel Tan", "until": "2026-12-10"},)


@pytest.fixture
def signed(beta: Beta) -> Beta:
    beta.ready()
    sign(beta, beta.owner)
    return beta


def sign(beta: Beta, by: User, chosen: Chosen | None = None) -> Evidence:
    gate = Gate.objects.get(pk=beta.gate.pk)
    done = sign_gate(
        gate=gate, by=by, chosen=chosen or go(), shown=shown(gate), confirmation=confirmation(by)
    )
    return done.evidence


def url(beta: Beta, rest: str = "") -> str:
    return beta.url(f"gates/gate-2-3/record/{Evidence.objects.get().uuid}/{rest}")


def page(client: Client, beta: Beta, user: User | None = None) -> str:
    client.force_login(user or beta.owner)
    return text_of(client.get(url(beta)))


def test_it_says_who_signed_what_in_which_role_and_how(client: Client, signed: Beta) -> None:
    sign(signed, signed.sponsor, Chosen(Decision.CONDITIONAL, "Watch the CDN", CONDITIONS))
    text = page(client, signed)
    assert "Aisyah Rahman , product owner: Go" in text
    assert "I have read this evidence and approve: “3 Limited rollout” may start." in text
    assert "account of Lim Wei Jian, identity confirmed by password" in text
    assert "CDN in front of the pages: Daniel Tan, until 2026-12-10" in text
    assert "“Watch the CDN”" in text
    digest = Evidence.objects.get().digest
    assert " ".join(digest[place : place + 8] for place in range(0, 64, 8)) in text
    assert f"http://testserver{url(signed)}" in text


def test_it_says_the_words_that_were_signed(client: Client, signed: Beta) -> None:
    text = page(client, signed)
    assert "Daniel Tan · Two weeks without an alarm. · https://status.example.org/november" in text
    assert "Thing 1 · Aisyah Rahman" in text


def test_the_downloaded_bytes_hash_to_the_fingerprint(client: Client, signed: Beta, tmp_path: Path) -> None:
    client.force_login(signed.member(RoleName.ANALYST))
    answer = client.get(url(signed, "evidence.json"))
    evidence = Evidence.objects.get()
    assert hashlib.sha256(answer.content).hexdigest() == evidence.digest
    assert canonical_json(json.loads(answer.content)).encode() == answer.content
    name = f"medimate-education-hub-gate-gate-2-3-{evidence.digest[:8]}.json"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert f"sha256sum {name}" in page(client, signed)
    program = shutil.which("sha256sum")
    if program:
        (tmp_path / name).write_bytes(answer.content)
        done = subprocess.run([program, name], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.split()[0] == evidence.digest


def test_its_state_follows_what_happens(client: Client, signed: Beta) -> None:
    assert "Not complete yet: signatures are missing. still to sign: project sponsor" in page(client, signed)
    sign(signed, signed.sponsor)
    assert "Valid: everything still holds as it was signed." in page(client, signed)
    start_phase(phase=signed.next, by=signed.engineer)
    assert "Used: the phase started on these signatures." in page(client, signed)
    signed.next.refresh_from_db()
    roll_back_phase(
        phase=signed.next, by=signed.owner, reason="Data loss", typed_name=signed.next.rollout.name
    )
    text = page(client, signed)
    assert "Void: nothing can start on these signatures." in text
    assert "the phase was rolled back: “Data loss”" in text


def test_a_tick_taken_back_makes_it_stale_and_says_because_of_what(client: Client, signed: Beta) -> None:
    sign(signed, signed.sponsor)
    item = signed.rollout.checklists.get().items.get()
    reopen_item(item=item, by=signed.owner, reason="The pager is silent")
    text = page(client, signed)
    assert "Stale: what was signed no longer holds." in text
    assert "“All monitoring alerts are configured” rests on was corrected" in text


def test_a_rollback_before_the_start_voids_it(client: Client, signed: Beta) -> None:
    signed.phase.refresh_from_db()
    roll_back_phase(
        phase=signed.phase, by=signed.owner, reason="Data loss", typed_name=signed.phase.rollout.name
    )
    assert "Void: nothing can start on these signatures. “2 Beta user program” was rolled back" in page(
        client, signed
    )


def test_evidence_that_was_changed_outside_of_the_portal_is_told(signed: Beta) -> None:
    evidence = Evidence.objects.select_related("gate__to_phase", "gate__from_phase").get()
    assert read_record(evidence, clock.now()).whole
    evidence.body = evidence.body.replace("The infrastructure is stable", "The infrastructure is great")
    assert not read_record(evidence, clock.now()).whole


def test_other_rollouts_find_nothing(client: Client, signed: Beta) -> None:
    address = url(signed)
    client.force_login(make_member(make_rollout(), RoleName.PRODUCT_OWNER))
    assert client.get(address).status_code == 404
    assert client.get(f"{address}evidence.json").status_code == 404
    client.force_login(signed.owner)
    elsewhere = address.replace("gate-2-3", "gate-9")
    assert client.get(elsewhere).status_code == 404


def test_start_is_offered_only_while_it_holds_and_to_who_may(client: Client, signed: Beta) -> None:
    assert "Start “Limited rollout”…" not in page(client, signed)
    sign(signed, signed.sponsor)
    assert "Start “Limited rollout”…" in page(client, signed)
    assert "Start “Limited rollout”…" not in page(client, signed, signed.sponsor)
