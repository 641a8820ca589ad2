"""What is written is read again as the same, and the same plan is always the same bytes."""

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phases.documents import yaml
from phases.documents.document import parse
from phases.documents.exporter import export_plan
from phases.documents.importer import import_plan
from phases.documents.problems import PlanRefused
from phases.documents.writer import write
from phases.models import (
    Checklist,
    ChecklistItem,
    Criterion,
    Gate,
    Objective,
    Phase,
    PopulationBase,
    Rollout,
    SignOffRequirement,
)
from phases.permissions import RoleName
from rollout_portal.audit.services import System
from rollout_portal.lib.decimals import UNITS, Comparator
from tests.phases import plan_rooms, plan_rows

HOSTILE = (
    *("முதல் கட்டம்: சோதனை", "馬來語、中文 # 全角　空白", "பயனர் – “மகிழ்ச்சி”", "👩\u200d👧 ok", "עברית"),
    *("\u202eabc", "e\u0301", "  leading", "trailing  ", "a: b", "a:b", "a #b", "#a", "- a", "-a", "? a"),
    *(": a", "a:", "[a]", "{a: b}", "a,b", "007", "1.10", "0x1F", "12:30", "1e3", "2026-02-30", "2026-11-02"),
    *(".inf", "~", "null", "no", "Yes", "on", "=", "'a'", '"a"', "a'b", 'a"b', "\\", "\\n", "%a", "@a"),
    *("`a`", "&a", "*a", "!a", "!!str a", "|", ">", "> 50", "<<", "---", "...", "--- a", "a\u00a0b"),
    *("\u3000", "a\ufeffb", "\uffff", "\u200b", "a\tb", "x" * 190, "wide " * 38),
)  # fmt: skip
BLOCKS = (
    *("one\ntwo", "one\n\ntwo\n", "\none", "one\n\n\n", " one\ntwo", "one \ntwo", "one\n two\n  three"),
    *("one\n\ttwo", "a\r\nb", "one\n# two\n", "key: value\n- item", "--- \n...", "long words " * 60),
    *("one\n" + "words " * 60 + "end", "one\n\n\n" + "words " * 60 + "end\n", "    ", "a\n  \nb"),
)  # fmt: skip

lines = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=60),
).filter(lambda text: bool(text.strip()))
texts = st.one_of(
    lines,
    st.sampled_from(BLOCKS),
    st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t\r"), max_size=120),
).filter(lambda text: bool(text.strip()))

scalars = st.one_of(
    texts,
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**9), max_value=10**9),
    st.dates(),
)
keys = st.one_of(st.sampled_from(["name", "code", "no", "1", "12:30", "a b", "ஒன்று"]), lines)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(data=st.dictionaries(keys, trees, min_size=1, max_size=4))
def test_all_that_is_written_is_read_again_as_the_same(data: dict[str, Any]) -> None:
    reading = yaml.read(write(data).encode())
    assert reading.problems == []
    assert same(reading.root.plain(), data)


def same(read: Any, written: Any) -> bool:
    """Compare as a plan file means it: 1.50 is 1.5 is the number 3/2, and true is not 1."""
    if isinstance(written, dict):
        return list(read) == list(written) and all(same(read[key], written[key]) for key in written)
    if isinstance(written, list):
        return len(read) == len(written) and all(map(same, read, written))
    if isinstance(written, int | Decimal) and not isinstance(written, bool):
        return not isinstance(read, bool) and read == written
    return type(read) is type(written) and bool(read == written)


@given(data=st.dictionaries(keys, trees, min_size=1, max_size=4))
def test_written_text_has_nothing_that_an_editor_would_trim(data: dict[str, Any]) -> None:
    text = write(data)
    assert text.endswith("\n")
    assert not text.endswith("\n\n\n")
    assert not any(line != line.rstrip() for line in text.split("\n"))


# --- Rollouts with anything in them ------------------------------------------------------------------
class _TakenBackError(Exception):
    """Takes a transaction back."""


@contextmanager
def taken_back() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise _TakenBackError
    except _TakenBackError:
        pass


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def measured(draw: st.DrawFn) -> dict[str, Any]:
    comparator = draw(st.sampled_from(list(Comparator)))
    low, high = sorted([draw(plan_rows.exact), draw(plan_rows.exact)])
    against_baseline = draw(st.booleans())
    return {
        "measure": draw(st.sampled_from(["feedback.nps", "monitoring.metric", "phases.baselines"])),
        "subject": draw(st.just("") | lines)[:120].strip(),
        "window": draw(st.sampled_from(["latest", "phase", "wave", "7d", "90s"])),
        "comparator": comparator,
        "threshold": low,
        "threshold_high": high if comparator == Comparator.BETWEEN else None,
        "unit": "%" if against_baseline else draw(st.sampled_from(sorted(UNITS))),
        "versus_baseline": against_baseline,
        "min_n": draw(maybe(st.integers(1, 10**6))),
        "max_age": draw(maybe(st.integers(1, 10**7).map(lambda number: timedelta(seconds=number)))),
        "decide_by": draw(st.sampled_from(Criterion.DecideBy.values)),
    }


def make_criterion(draw: st.DrawFn, gate: Gate, code: str, parent: Criterion | None = None) -> Criterion:
    fields: dict[str, Any] = {
        "rollout": gate.rollout,
        "gate": gate,
        "code": code,
        "parent": parent,
        "text": draw(lines),
        "side": draw(st.sampled_from(Criterion.Side.values)),
        "blocking": draw(st.booleans()),
        "position": draw(st.integers(0, 9)),
    }
    kind = draw(st.sampled_from(["measured", "judged", "nothing"]))
    if kind == "measured":
        fields |= draw(measured())
    elif kind == "judged":
        role = draw(st.sampled_from(["", RoleName.SUPPORT, RoleName.ANALYST]))
        fields |= {"measure": "phases.judgement", "comparator": "=", "threshold": 1, "judge_role": role}
    return Criterion.objects.create(**fields)


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    """Write a draft with everything that a plan file can say, without the importer's help."""
    rollout = Rollout.objects.create(
        slug=draw(st.sampled_from(["hub", "a-1", "2027"])),
        name=draw(lines),
        product=draw(st.just("") | lines),
        version=draw(st.sampled_from(["", "1.10", "007", "2026-11-02"])),
        overview=draw(st.just("") | texts),
        time_zone=draw(st.sampled_from(["UTC", "Asia/Kuala_Lumpur"])),
        languages=draw(st.lists(st.sampled_from(["no", "ta", "zh-hans", "en"]), unique=True)),
        currency=draw(st.sampled_from(["", "MYR"])),
        plan_status=draw(st.sampled_from(["", "READY: 1"])),
        plan_updated_on=draw(maybe(st.dates())),
        conclusion=draw(st.just("") | texts),
        anchor=draw(maybe(st.dates(max_value=date(2080, 1, 1)))),
        target_on=draw(maybe(st.dates(min_value=date(2080, 1, 1)))),
    )
    base = PopulationBase.objects.create(
        rollout=rollout,
        code="base",
        name=draw(lines),
        definition=draw(st.just("") | texts),
        size=draw(st.integers(0, 2**62)),
        approximate=draw(st.booleans()),
    )
    phases: list[Phase] = []
    for code in draw(
        st.lists(st.sampled_from(["1", "2", "3A", "0.5", "no", "1e3"]), unique=True, min_size=1)
    ):
        phases.append(make_phase(draw, rollout, code, base, draw(st.sampled_from([None, *phases]))))
        Objective.objects.create(rollout=rollout, code=f"g-{code}", phase=phases[-1], text=draw(lines))
    Objective.objects.create(rollout=rollout, code="g", text=draw(lines))
    checklist = Checklist.objects.create(
        rollout=rollout, code="list", name=draw(lines), phase=draw(st.sampled_from([None, *phases]))
    )
    for number, heading in enumerate(draw(st.lists(st.sampled_from(["", "A", "B", "a: b"]), max_size=5))):
        ChecklistItem.objects.create(
            rollout=rollout,
            checklist=checklist,
            code=f"i{number}",
            group=heading,
            text=draw(lines),
            owner_role=draw(st.sampled_from(["", *RoleName.values])),
            due_on=draw(maybe(st.dates())),
            required=draw(st.booleans()),
            position=draw(st.integers(0, 3)),
        )
    gate = Gate.objects.create(
        rollout=rollout,
        code="gate",
        name=draw(lines),
        from_phase=phases[0],
        due_on=draw(maybe(st.dates())),
        due_at=draw(maybe(st.times().map(lambda moment: time(moment.hour, moment.minute)))),
    )
    SignOffRequirement.objects.create(
        rollout=rollout, gate=gate, code="s", role=RoleName.PROJECT_SPONSOR, people=draw(st.integers(1, 9))
    )
    group = make_criterion(draw, gate, "c1")
    make_criterion(draw, gate, "c2")
    roles = plan_rows.fill(draw, rollout, phases, lines, texts)
    plan_rooms.Rooms(draw, rollout, phases, roles, lines, texts).fill()
    if draw(st.booleans()):
        make_criterion(draw, gate, "c1.1", parent=group)
        make_criterion(draw, gate, "c1.2", parent=group)
    return rollout


def make_phase(
    draw: st.DrawFn, rollout: Rollout, code: str, base: PopulationBase, parent: Phase | None
) -> Phase:
    is_open = draw(st.booleans())
    start = draw(maybe(st.integers(1, 60)))
    first_day = draw(maybe(st.dates(date(2026, 1, 1), date(2030, 1, 1))))
    days: dict[str, int] = {}
    if start and draw(st.booleans()):
        first = draw(st.integers(1, 7))
        days = {"start_day": first} | ({} if is_open else {"end_day": draw(st.integers(first, 7))})
    low, high = draw(maybe(st.integers(0, 500))), draw(maybe(st.integers(501, 9_000)))
    return Phase.objects.create(
        rollout=rollout,
        code=code,
        name=draw(lines),
        description=draw(st.just("") | texts),
        parent=parent,
        start_week=start,
        end_week=start + draw(st.integers(0, 9)) if start and not is_open else None,
        starts_on=first_day,
        ends_on=first_day + timedelta(days=5) if first_day and not is_open else None,
        **days,
        open_ended=is_open,
        rollback_within=draw(maybe(plan_rows.lengths)),
        audience=draw(st.just("") | lines),
        size_min=low,
        size_max=low if draw(st.booleans()) and low is not None else high,
        percent=draw(maybe(st.decimals(min_value="0.001", max_value=100, places=3))),
        base=base,
        approximate=draw(st.booleans()),
        cumulative=draw(st.booleans()),
        position=draw(st.integers(0, 3)),
    )


@pytest.mark.django_db
@settings(
    max_examples=int(os.environ.get("PLAN_ROLLOUTS", "15")),
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data())
def test_export_import_export_is_byte_identical(data: st.DataObject) -> None:
    with taken_back():
        text = export_plan(data.draw(rollouts()))
    with taken_back():
        result = import_plan(data=text.encode(), source="plan.yaml", by=System(cause="test"))
        assert result.rollout is not None
        assert export_plan(result.rollout) == text
        again = import_plan(data=text.encode(), source="plan.yaml", by=System(cause="test"))
        assert again.changes == []


# --- Strings that break programs ---------------------------------------------------------------------
def naughty() -> list[str]:
    corpus = os.environ.get("EXTERNAL_CORPUS")
    if not corpus:
        pytest.skip("EXTERNAL_CORPUS names no folder with strings/blns.txt")
    text = (Path(corpus) / "strings" / "blns.txt").read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line.strip() and not line.startswith("#")]


def has_no_place(text: str) -> bool:
    """Tell whether a plan file may not hold the text: nothing in it, or a control character."""
    return not text.strip() or any(
        unicodedata.category(character) == "Cc" and character not in "\t\n\r" for character in text
    )


def overview_of(data: bytes) -> str | None:
    """Return the overview that is read; None where the file is refused."""
    try:
        overview: str = parse(data).sections["rollout"].overview
    except PlanRefused:
        return None
    return overview


def test_naughty_strings_come_back_unless_they_are_no_text() -> None:
    plan: dict[str, Any] = {"version": 1, "rollout": {"slug": "x", "name": "X"}}
    for string in naughty():
        plan["rollout"]["overview"] = string
        assert overview_of(write(plan).encode()) == (None if has_no_place(string) else string)


def test_naughty_strings_without_quotes_are_read_as_they_stand_or_refused() -> None:
    taken = 0
    for string in naughty():
        text = f"version: 1\nrollout:\n  slug: x\n  name: X\n  overview: {string}\n"
        overview = overview_of(text.encode())
        taken += overview is not None
        is_as_it_stands = overview is None or overview in (string, string.strip()) or string[0] in "'\"|>"
        assert is_as_it_stands or overview == string.partition(" #")[0].rstrip()
    assert taken > 200
