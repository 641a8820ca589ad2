"""Getting a list in: nobody twice, nobody silently, and every bad line by its number."""

import io
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile

from cohorts.importing import reader, services
from cohorts.importing.reader import FileUnreadable
from cohorts.importing.report import listed_problems
from cohorts.models import AttributeDefinition, ConsentEvent, Participant, ParticipantImport, Person
from cohorts.services import people
from cohorts.states import AttributeType, How, ImportState, ParticipantState, Purpose
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import Rollout
from phases.permissions import RoleName
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.jobs import files
from rollout_portal.jobs import services as jobs
from rollout_portal.jobs.states import JobState
from rollout_portal.lib import clock
from tests.cohorts.factories import AGREED_ON, csv, make_participant, make_role, make_rollout
from tests.factories import make_user

pytestmark = pytest.mark.django_db

COUNTS = ("rows", "new", "changed", "unchanged", "kept_out", "errors")


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout()


@pytest.fixture
def support(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.SUPPORT)


def _read(rollout: Rollout, by: User, content: bytes) -> ParticipantImport:
    return services.read_file(rollout=rollout, content=ContentFile(content), name="people.csv", by=by)


def _checked(rollout: Rollout, by: User, content: bytes, **columns: str) -> ParticipantImport:
    imported = _read(rollout, by, content)
    services.set_columns(
        imported=imported,
        columns=imported.columns | columns,
        source="Sign-up page",
        consent_wording="I want to test the hub",
        consent_on=AGREED_ON,
        by=by,
    )
    return services.check(imported=imported, by=by)


def _imported(rollout: Rollout, by: User, content: bytes, **columns: str) -> ParticipantImport:
    return services.run(imported=_checked(rollout, by, content, **columns), by=by)


def _counts(imported: ParticipantImport) -> dict[str, int]:
    return {name: imported.report[name] for name in COUNTS if imported.report[name]}


def _problems(imported: ParticipantImport) -> list[tuple[int, str, str, str]]:
    return [(one.line, one.column, one.cell, one.message) for one in listed_problems(imported)]


def test_a_list_is_read_looked_at_and_imported(rollout: Rollout, support: User) -> None:
    content = csv("Ana@Example.org,Añä,ms", "li@example.org,李明,Chinese", "no-name@example.org,,")
    imported = _checked(rollout, support, content)
    assert imported.columns == {"email": "email", "name": "name", "language": "language"}
    assert (imported.state, _counts(imported)) == (ImportState.CHECKED, {"rows": 3, "new": 3})
    assert Participant.objects.count() == 0, "a look writes nobody"

    imported = services.run(imported=imported, by=support)
    assert (imported.state, _counts(imported)) == (ImportState.IMPORTED, {"rows": 3, "new": 3})
    people = rollout.participants.select_related("person").order_by("number")
    assert [
        (str(row), row.person.email, row.person.name, row.person.language, row.selection_key)
        for row in people
    ] == [
        ("T-001", "Ana@Example.org", "Añä", "ms", "ana@example.org"),
        ("T-002", "li@example.org", "李明", "zh-hans", "li@example.org"),
        ("T-003", "no-name@example.org", "", "", "no-name@example.org"),
    ]
    assert {(row.state, row.source) for row in people} == {(ParticipantState.REGISTERED, "Sign-up page")}
    consents = ConsentEvent.objects.in_force().filter(
        purpose=Purpose.CONTACT, wording="I want to test the hub"
    )
    assert consents.count() == 3


def test_the_same_file_again_changes_nothing(rollout: Rollout, support: User) -> None:
    content = csv(*(f"p{number}@example.org,Name {number},ta" for number in range(1_200)))
    assert _counts(_imported(rollout, support, content)) == {"rows": 1_200, "new": 1_200}
    again = _checked(rollout, support, content)
    assert _counts(again) == {"rows": 1_200, "unchanged": 1_200}
    assert _counts(services.run(imported=again, by=support)) == {"rows": 1_200, "unchanged": 1_200}
    assert (Person.objects.count(), ConsentEvent.objects.count()) == (1_200, 1_200)


def test_a_changed_line_changes_only_what_it_says(rollout: Rollout, support: User) -> None:
    _imported(rollout, support, csv("ana@example.org,Ana,ms", "bo@example.org,Bo,en"))
    again = _imported(rollout, support, csv("ANA@example.org,Ana Maria,", "bo@example.org,Bo,en"))
    assert _counts(again) == {"rows": 2, "changed": 1, "unchanged": 1}
    ana = Person.objects.get(email="ana@example.org")
    assert (ana.name, ana.language) == ("Ana Maria", "ms"), "an empty cell says nothing"


def test_bad_lines_are_listed_by_line_column_and_cell(rollout: Rollout, support: User) -> None:
    content = csv(
        "ana@example.org,Ana,ms",
        "ana at example,Ana,ms",
        "bo@example.org,Bo,Klingon",
        "ANA@EXAMPLE.ORG,Another,ms",
        ",Nobody,ms",
        "li@example.org,Li,ms,extra",
    )
    imported = _imported(rollout, support, content)
    assert _problems(imported) == [
        (3, "email", "ana at example", "The mail address is not valid. Write it like ana@example.org."),
        (4, "language", "Klingon", "This is not a language of the rollout. Use one of: en, ms, zh-hans, ta."),
        (5, "", "ANA@EXAMPLE.ORG,Another,ms", "The same person stands in line 2, which is used."),
        (6, "", ",Nobody,ms", "Give an e-mail address or an id in the product."),
        (
            7,
            "",
            "li@example.org,Li,ms,extra",
            "4 cells; the first line has 3. Look for a missing or extra “,”.",
        ),
    ]
    assert _counts(imported) == {"rows": 6, "new": 1, "errors": 5}


def test_a_row_of_the_database_never_holds_a_cell(rollout: Rollout, support: User) -> None:
    imported = _checked(
        rollout,
        support,
        csv(
            "ana@example.org,Ana,ms",
            "ANA@example.org,Ana,ms",
            "bo@example.org,Bo,Klingon",
            "li@x.example,Li,ms,7",
        ),
    )
    assert [set(found) for found in imported.report["problems"]] == [{"line", "column", "message"}] * 3
    assert imported.job is not None
    rows = str((imported.report, imported.job.result))
    assert not [word for word in ("example", "Klingon", "Bo", "Li") if word in rows]


def test_the_cell_of_an_erased_person_is_not_even_in_the_file_of_bad_lines(
    rollout: Rollout, support: User
) -> None:
    mia = make_participant(rollout, "mia@example.org", external_id="M-17")
    people.erase(participant=mia, reason="She asked")
    imported = _imported(
        rollout,
        support,
        csv(
            "M-1,Mia@Example.org,Mia,ms",
            "M-2,Mia <mia@example.org>,Mia,Klingon",
            "M-17,,Mia,ms",
            "M-3,mia@example.org,Mia,ms,extra",
            "M-4,bo@example.org,Bo,Klingon",
            header="id,email,name,language",
        ),
    )
    assert [(line, cell) for line, _column, cell, _words in _problems(imported)] == [
        (2, ""),
        (3, ""),
        (3, ""),
        (4, ""),
        (5, ""),
        (6, "Klingon"),
    ]
    assert imported.bad_lines is not None
    with imported.bad_lines.content.open() as content:
        kept = content.read().decode()
    assert "bo@example.org" in kept
    assert not [word for word in ("mia", "m-17") if word in kept.lower()]


def test_erasing_throws_away_the_lists_that_may_hold_the_person(rollout: Rollout, support: User) -> None:
    imported = _imported(rollout, support, csv("ana@example.org,Ana,ms", "ana@example.org,Ana,ms"))
    assert _problems(imported)[0][2] == "ana@example.org,Ana,ms"
    people.erase(participant=Participant.objects.get(), reason="She asked")
    files.forget_expired()
    imported = ParticipantImport.objects.select_related("file", "bad_lines").get()
    assert imported.bad_lines is not None
    assert (imported.file.content.name, imported.bad_lines.content.name) == ("", "")
    assert _problems(imported)[0][2] == ""
    with pytest.raises(WrongState):
        services.check(imported=imported, by=support)


def test_cells_in_earlier_reports_are_taken_out(rollout: Rollout, support: User) -> None:
    imported = _checked(rollout, support, csv("bad,Ana,ms"))
    assert imported.job is not None
    clean = imported.report
    for row, name in ((imported, "report"), (imported.job, "result")):
        setattr(row, name, clean | {"problems": [one | {"cell": "bad"} for one in clean["problems"]]})
        row.save()
    import_module("cohorts.migrations.0004_reports_without_cells").take_cells_out(apps, None)
    imported = ParticipantImport.objects.select_related("job").get()
    assert imported.job is not None
    assert (imported.report, imported.job.result) == (clean, clean)


def test_a_list_without_names_of_columns_is_refused_and_not_kept(rollout: Rollout, support: User) -> None:
    with pytest.raises(FileUnreadable, match="names of the columns"):
        _read(rollout, support, b"ana@example.org,Ana,ms\nbo@example.org,Bo,ms\n")
    assert not ParticipantImport.objects.exists()


def test_an_import_that_was_stopped_still_shows_its_bad_lines(
    rollout: Rollout, support: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = _checked(
        rollout, support, csv("bad,Ana,ms", *(f"p{n}@example.org,N,ta" for n in range(1_500)))
    )
    monkeypatch.setattr(services, "SHORT_ENOUGH", 0)
    imported = services.run(imported=imported, by=support)
    assert imported.job is not None
    run = jobs.claim(imported.job)
    assert run is not None
    services.cancel(imported=imported, by=support)
    jobs.perform(run)
    imported.refresh_from_db()
    assert imported.state == ImportState.STOPPED
    assert [cell for _line, _column, cell, _words in _problems(imported)] == ["bad"]


def test_the_bad_lines_can_be_downloaded_and_hold_no_formula(rollout: Rollout, support: User) -> None:
    imported = _checked(
        rollout, support, csv('bad,"=HYPERLINK(""http://evil.example"")",ms', "b@example.org,B,ta")
    )
    assert imported.bad_lines is not None
    with imported.bad_lines.content.open() as content:
        lines = content.read().decode("utf-8-sig").splitlines()
    assert lines[0] == '"Line","What is wrong","email","name","language"'
    assert lines[1].startswith('"2","email The mail address is not valid.')
    assert lines[1].endswith('"bad","\'=HYPERLINK(""http://evil.example"")","ms"')
    assert len(lines) == 2


def test_formula_cells_are_kept_as_text(rollout: Rollout, support: User) -> None:
    _imported(rollout, support, csv('a@example.org,"=1+1",ms'))
    assert Person.objects.get().name == "=1+1"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ana@example.org", "ANA@EXAMPLE.ORG"),
        ("ana@münchen.example", "ana@xn--mnchen-3ya.example"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
    ],
)
def test_two_spellings_of_one_address_are_one_person(
    rollout: Rollout, support: User, first: str, second: str
) -> None:
    assert _counts(_imported(rollout, support, csv(f"{first},A,ms"))) == {"rows": 1, "new": 1}
    assert _counts(_imported(rollout, support, csv(f"{second},A,ms"))) == {"rows": 1, "unchanged": 1}


def test_dots_tell_people_apart(rollout: Rollout, support: User) -> None:
    imported = _imported(rollout, support, csv("a.na@example.org,A,ms", "ana@example.org,A,ms"))
    assert _counts(imported) == {"rows": 2, "new": 2}


def test_the_id_in_the_product_finds_a_person_whose_address_changed(rollout: Rollout, support: User) -> None:
    header = "id,email,name"
    _imported(rollout, support, csv("M-1,old@example.org,Ana", header=header))
    again = _imported(rollout, support, csv("M-1,new@example.org,Ana", header=header))
    assert _counts(again) == {"rows": 1, "changed": 1}
    ana = Participant.objects.select_related("person").get()
    assert (ana.person.email, ana.external_id, ana.selection_key) == ("new@example.org", "M-1", "M-1")


def test_an_id_given_later_does_not_change_the_place_in_draws(rollout: Rollout, support: User) -> None:
    _imported(rollout, support, csv("ana@example.org,Ana,ms"))
    _imported(rollout, support, csv("M-1,ana@example.org", header="id,email"))
    ana = Participant.objects.get()
    assert (ana.external_id, ana.selection_key) == ("M-1", "ana@example.org")


def test_people_without_an_address_come_in_by_their_id(rollout: Rollout, support: User) -> None:
    content = csv("M-1,ta", "M-2,ms", header="id,language")
    assert _counts(_imported(rollout, support, content)) == {"rows": 2, "new": 2}
    assert _counts(_imported(rollout, support, content)) == {"rows": 2, "unchanged": 2}


def test_lines_that_mix_two_people_are_refused(rollout: Rollout, support: User) -> None:
    header = "id,email"
    _imported(rollout, support, csv("M-1,ana@example.org", "M-2,bo@example.org", header=header))
    imported = _checked(rollout, support, csv("M-1,bo@example.org", "M-3,bo@example.org", header=header))
    assert [problem[3] for problem in _problems(imported)] == [
        "The id belongs to T-001, the address to T-002.",
        "The same person stands in line 2, which is used.",
    ]
    imported = _checked(rollout, support, csv("M-3,bo@example.org", header=header))
    assert [problem[3] for problem in _problems(imported)] == ["T-002 has another id in the product."]


def test_an_address_of_somebody_in_another_rollout_is_not_taken_over(rollout: Rollout, support: User) -> None:
    make_participant(make_rollout(), "bo@example.org")
    _imported(rollout, support, csv("M-1,ana@example.org", header="id,email"))
    imported = _checked(rollout, support, csv("M-1,bo@example.org", header="id,email"))
    assert [problem[3] for problem in _problems(imported)] == [
        "The id belongs to T-001, who has another address."
    ]


def test_a_person_known_from_another_rollout_is_one_person(rollout: Rollout, support: User) -> None:
    known = make_participant(make_rollout(), "ana@example.org", name="Ana", language="ms")
    imported = _imported(rollout, support, csv("Ana@example.org,Ana Maria,ms"))
    assert _counts(imported) == {"rows": 1, "new": 1}
    person = Person.objects.get()
    assert person == known.person
    assert (person.name, person.language) == ("Ana", "ms"), "what the other rollout knows is not rewritten"


def test_only_what_nobody_knows_is_filled_in_for_a_person_of_another_rollout(
    rollout: Rollout, support: User
) -> None:
    make_participant(make_rollout(), "ana@example.org", name="", language="")
    header = "email,name,language,time zone"
    content = csv("ana@example.org,Ana,ta,Asia/Kuala_Lumpur", header=header)
    assert _counts(_imported(rollout, support, content)) == {"rows": 1, "new": 1}
    person = Person.objects.get()
    assert (person.name, person.language, person.time_zone) == ("Ana", "ta", "Asia/Kuala_Lumpur")
    assert _counts(_imported(rollout, support, content)) == {"rows": 1, "unchanged": 1}


def test_a_list_cannot_change_address_or_language_of_a_person_of_another_rollout(
    rollout: Rollout, support: User
) -> None:
    header = "id,email,name,language"
    _imported(rollout, support, csv("M-1,ana@example.org,Ana,ms", "M-2,bo@example.org,Bo,en", header=header))
    elsewhere = make_rollout()
    _imported(elsewhere, make_role(elsewhere, RoleName.SUPPORT), csv("ana@example.org,Ana,ms"))
    imported = _imported(
        rollout,
        support,
        csv("M-1,new@example.org,Ana,ms", "M-2,bo@example.org,Bo,ta", header=header),
    )
    assert _counts(imported) == {"rows": 2, "changed": 1, "errors": 1}
    imported = _imported(rollout, support, csv("M-1,ana@example.org,Ana,ta", header=header))
    assert _counts(imported) == {"rows": 1, "errors": 1}
    assert "in another language" in _problems(imported)[0][3]
    ana = Person.objects.get(name="Ana")
    assert (ana.email, ana.language) == ("ana@example.org", "ms")
    assert Person.objects.get(name="Bo").language == "ta", "who takes part here only is this list's to change"


def test_who_left_stays_out_and_is_left_alone(rollout: Rollout, support: User) -> None:
    left = make_participant(rollout, "ana@example.org", state=ParticipantState.LEFT, name="Ana")
    imported = _imported(rollout, support, csv("ana@example.org,Other,ms"))
    assert _counts(imported) == {"rows": 1, "kept_out": 1}
    left.refresh_from_db()
    assert (left.state, left.person.name) == (ParticipantState.LEFT, "Ana")


def test_who_opted_out_stays_opted_out(rollout: Rollout, support: User) -> None:
    quiet = make_participant(rollout, "ana@example.org", opted_out_at=clock.now())
    assert _counts(_imported(rollout, support, csv("ana@example.org,Ana,ms"))) == {"rows": 1, "kept_out": 1}
    quiet.refresh_from_db()
    assert quiet.opted_out_at is not None
    assert not ConsentEvent.objects.exists(), "a list cannot opt somebody in again"


def test_typed_attributes_are_checked_and_kept_as_what_they_are(rollout: Rollout, support: User) -> None:
    kinds: list[dict[str, Any]] = [
        {"code": "literacy", "type": AttributeType.CHOICE, "choices": [{"value": "low", "label": "Low"}]},
        {"code": "age", "type": AttributeType.INTEGER},
        {"code": "score", "type": AttributeType.DECIMAL},
        {"code": "since", "type": AttributeType.DATE},
        {"code": "vip", "type": AttributeType.BOOLEAN},
    ]
    for place, fields in enumerate(kinds):
        AttributeDefinition.objects.create(
            rollout=rollout, label=fields["code"].title(), position=place, **fields
        )
    header = "email,literacy,age,score,since,VIP"
    imported = _imported(
        rollout,
        support,
        csv(
            "a@example.org,LOW,41,4.50,2026-11-02,yes",
            "b@example.org,mid,4.1,x,02.30.2026,maybe",
            header=header,
        ),
    )
    assert Participant.objects.get().attributes == {
        "literacy": "low",
        "age": 41,
        "score": "4.5",
        "since": "2026-11-02",
        "vip": True,
    }
    assert [(column, cell, words) for _line, column, cell, words in _problems(imported)] == [
        ("literacy", "mid", "Use one of: low."),
        ("age", "4.1", "Use a whole number, such as 42."),
        ("score", "x", "Use a number, such as 4.5."),
        ("since", "02.30.2026", "Use a day such as 2026-11-30."),
        ("VIP", "maybe", "Use yes or no."),
    ]


def test_an_unknown_column_becomes_an_attribute_or_is_left_out(rollout: Rollout, support: User) -> None:
    content = csv("a@example.org,KL,x", header="email,Home town,note")
    imported = _imported(rollout, support, content, **{"Home town": "new"})
    assert imported.columns == {"email": "email", "Home town": "attribute:home_town", "note": "ignore"}
    assert Participant.objects.get().attributes == {"home_town": "KL"}
    assert rollout.attributedefinitions.get().label == "Home town"
    assert _counts(_imported(rollout, support, content)) == {"rows": 1, "unchanged": 1}


def test_columns_must_say_who_the_people_are(rollout: Rollout, support: User) -> None:
    imported = _read(rollout, support, csv("a@example.org,A,ms"))

    def say(consent_wording: str = "Yes", **columns: str) -> str:
        with pytest.raises(Refused) as refused:
            services.set_columns(
                imported=imported,
                columns=imported.columns | columns,
                source="",
                consent_wording=consent_wording,
                consent_on=AGREED_ON,
                by=support,
            )
        return refused.value.message

    assert say(email="ignore") == "Say which column holds the e-mail address or the id in the product."
    assert say(name="email") == "“email”, “name” cannot all mean the same."
    assert say(name="attribute:x") == "Choose what “name” means."
    assert say(consent_wording=" ") == "Say what the people agreed to."


def test_a_file_that_is_no_list_is_refused_and_not_kept(rollout: Rollout, support: User) -> None:
    with pytest.raises(FileUnreadable, match="workbook"):
        _read(rollout, support, b"PK\x03\x04")
    assert not ParticipantImport.objects.exists()


def test_the_steps_keep_their_order(rollout: Rollout, support: User) -> None:
    imported = _read(rollout, support, csv("a@example.org,A,ms"))
    with pytest.raises(WrongState, match="columns mean"):
        services.check(imported=imported, by=support)
    with pytest.raises(WrongState, match="Look at what"):
        services.run(imported=imported, by=support)
    done = _imported(rollout, support, csv("a@example.org,A,ms"))
    with pytest.raises(WrongState, match="imported already"):
        services.check(imported=done, by=support)
    with pytest.raises(WrongState, match="Look at what"):
        services.run(imported=done, by=support)


@pytest.mark.parametrize("role", [RoleName.ADMINISTRATOR, RoleName.ANALYST, RoleName.VIEWER, None])
def test_only_those_who_work_with_people_import_them(rollout: Rollout, role: RoleName | None) -> None:
    person = make_role(rollout, role) if role else make_user(is_superuser=True)
    with pytest.raises(PermissionRefused):
        _read(rollout, person, csv("a@example.org,A,ms"))


def test_a_closed_rollout_takes_nobody(rollout: Rollout, support: User) -> None:
    Rollout.objects.filter(pk=rollout.pk).update(state=RolloutState.CLOSED, ended_at=clock.now())
    rollout.refresh_from_db()
    with pytest.raises(WrongState, match="It can be read, not changed"):
        _read(rollout, support, csv("a@example.org,A,ms"))


def test_an_import_can_be_stopped_and_says_whom_it_took(
    rollout: Rollout, support: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "SHORT_ENOUGH", 0)
    content = csv(*(f"p{number}@example.org,N,ta" for number in range(2_500)))
    imported = _checked(rollout, support, content)
    jobs.run_due()
    imported.refresh_from_db()
    imported = services.run(imported=imported, by=support)
    assert imported.job is not None
    services.cancel(imported=imported, by=support)
    imported.job.refresh_from_db()
    assert imported.job.state == JobState.CANCELLED
    assert Participant.objects.count() == 0

    imported = services.run(imported=imported, by=support)
    run = jobs.claim(imported.job)
    assert run is not None
    services.cancel(imported=imported, by=support)
    jobs.perform(run)
    imported.refresh_from_db()
    assert (imported.state, imported.report["new"]) == (ImportState.STOPPED, 1_000)
    assert Participant.objects.count() == 1_000


def test_the_record_holds_counts_and_the_fingerprint_and_no_names(rollout: Rollout, support: User) -> None:
    imported = _imported(rollout, support, csv("ana@example.org,Secret Name,ms"))
    events = AuditEvent.objects.filter(scope=rollout.uuid).order_by("seq")
    assert [event.verb for event in events] == ["import.file_read", "import.imported"]
    assert events[1].after == {
        "file": imported.file.digest,
        **{name: imported.report[name] for name in COUNTS},
    }
    assert "Secret" not in str([(event.before, event.after, event.object_label) for event in events])


def test_the_record_names_who_wrote_down_that_somebody_left(rollout: Rollout, support: User) -> None:
    ana = make_participant(rollout, "ana@example.org")
    people.leave(participant=ana, how=How.STAFF, by=support)
    assert ConsentEvent.objects.get().by == support
    verbs = AuditEvent.objects.filter(verb__in=["consent.withdrawn", "participant.left"])
    assert [event.actor for event in verbs] == [support, support]


def test_the_record_names_who_pressed_import(rollout: Rollout, support: User) -> None:
    imported = _checked(rollout, support, csv("ana@example.org,Ana,ms", "bad,,"))
    owner = make_role(rollout, RoleName.PRODUCT_OWNER)
    imported = services.run(imported=imported, by=owner)
    assert AuditEvent.objects.get(verb="import.imported").actor == owner
    assert ConsentEvent.objects.get().by == owner
    assert imported.bad_lines is not None
    assert (imported.by, imported.bad_lines.uploaded_by) == (support, owner)


def test_numbers_are_never_given_out_again(rollout: Rollout, support: User) -> None:
    _imported(rollout, support, csv("a@example.org,A,ms"))
    _imported(rollout, support, csv("b@example.org,B,ms"))
    _imported(make_rollout(), make_role(Rollout.objects.latest("pk")), csv("c@example.org,C,ms"))
    assert sorted(Participant.objects.values_list("rollout__slug", "number")) == sorted(
        [(rollout.slug, 1), (rollout.slug, 2), (Rollout.objects.latest("pk").slug, 1)]
    )


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_list_at_once_add_everybody_once(
    in_threads: Callable[[list[Callable[[], object]]], list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = make_rollout()
    support = make_role(rollout, RoleName.SUPPORT)
    content = csv(*(f"p{number}@example.org,N,ta" for number in range(300)))
    imports = [_checked(rollout, support, content) for _number in range(4)]
    results = in_threads([partial(services.run, imported=one, by=support) for one in imports])
    assert not [error for error in results if isinstance(error, Exception)]
    assert sorted(Participant.objects.values_list("number", flat=True)) == list(range(1, 301))
    assert sum(one.report["new"] for one in ParticipantImport.objects.all()) == 300


def test_the_content_is_read_as_a_stream(rollout: Rollout, support: User) -> None:
    """A file that knows only read() is enough: nothing asks for all of it at once."""

    class Narrow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 < size <= 1 << 20, "the whole file was asked for"
            return super().read(size)

    assert reader.detect(Narrow(csv("a@example.org,A,ms"))).encoding == "utf-8"
