"""Plans in eleven languages and many layouts, each with the facts that it must give.

A `.facts` file beside a document holds one line per fact, in words that can be checked against the document.
"""

import contextlib
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phases.documents.markdown.coverage import Fate
from phases.documents.markdown.decode import decode
from phases.documents.markdown.limits import LARGEST_DOCUMENT, Deadline, DocumentRefused
from phases.documents.markdown.neutral import neutral
from phases.documents.markdown.reader import read_plan

HERE = Path(__file__).parent / "plan_documents"
DOCUMENTS = sorted(path for path in HERE.iterdir() if path.suffix in (".md", ".txt"))


def said(data: bytes) -> list[str]:
    """The facts of a document, one line each."""
    facts = neutral(read_plan(data).facts)
    lines = [_phase(phase) for phase in facts["phases"]]
    lines += [_criterion(criterion) for criterion in facts["criteria"]]
    for gate in facts["gates"]:
        items = " ".join(str(item["line"]) for item in gate["items"])
        lines.append(f"{gate['line']} {gate['kind']} gate {gate['from_phase']}→{gate['to_phase']}: {items}")
    for trigger in facts["rollback_triggers"]:
        lines.append(_spaced(trigger["line"], trigger["mode"], "trigger", _rule(trigger)))
    lines += [f"{s['line']} signature: {s['approver']}" for s in facts["signoffs"]]
    lines += [f"{c['line']} told: {c['what']}" for c in facts["communications"]]
    lines += [f"{c['line']} checklist of {c['items']} in {c['phase']}" for c in facts["checklists"]]
    lines += [f"{e['line']} {e['kind']} in {e['phase']}: {e['text']}" for e in facts["entries"]]
    return lines


def _phase(phase: dict[str, Any]) -> str:
    counts = _ends(phase["count_min"], phase["count_max"])
    shares = _ends(phase["percent_min"], phase["percent_max"])
    offset, length = phase["offset"], phase["duration"]
    when = f"{offset['unit']} {_ends(offset['from'], offset['to'])}" if offset else ""
    takes = f"takes {_ends(length['min'], length['max'])} {length['unit']}" if length else ""
    dates = " to ".join(phase["dates"]) if phase["dates"] else ""
    inside = f"in {phase['parent']}" if phase["parent"] is not None else ""
    who = _spaced(counts and f"{counts} people", shares and f"{shares} %")
    return _spaced(
        phase["line"], "phase", f"[{phase['label']}]", phase["name"], "|", who, when, takes, dates, inside
    )


def _criterion(criterion: dict[str, Any]) -> str:
    more = [
        f"{kind} {criterion[kind]['op']} {criterion[kind]['value']} {criterion[kind]['unit']}"
        for kind in ("alert", "critical", "stretch")
        if criterion[kind]
    ]
    head = _spaced(criterion["line"], criterion["kind"], "in", criterion["phase"])
    name = _spaced(criterion["qualitative"] and "judged", f"“{criterion['name']}”")
    window = criterion["window"] and f"({criterion['window']})"
    return _spaced(head, name, _rule(criterion), window, *more)


def _rule(rule: dict[str, Any]) -> str:
    if rule["value"] is None:
        return rule["op"] or ""
    return _spaced(
        rule["op"], rule["value"], rule["value2"] is not None and f"and {rule['value2']}", rule["unit"]
    )


def _ends(first: float | None, last: float | None) -> str:
    if first == last:
        return "" if first is None else str(first)
    return f"{'' if first is None else first}..{'' if last is None else last}"


def _spaced(*words: object) -> str:
    return " ".join(str(word) for word in words if word is not None and word is not False and word != "")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_gives_its_facts(path: Path) -> None:
    expected = path.with_suffix(".facts").read_text(encoding="utf-8").splitlines()
    assert said(path.read_bytes()) == expected


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_line_is_accounted_for(path: Path) -> None:
    data = path.read_bytes()
    document = read_plan(data)
    lines = decode(data).text.split("\n")
    assert [fate.line for fate in document.coverage] == list(range(1, len(lines) + 1))
    for fate, text in zip(document.coverage, lines, strict=True):
        assert fate.what
        if fate.fate is Fate.IGNORED and text.strip():
            assert fate.what in ("a rule", "a comment", "rule of a table", "fence", "front matter", "HTML")


@pytest.mark.parametrize("encoding", ["mac_roman", "cp1252", "cp1254"])
def test_text_that_was_read_in_a_wrong_encoding_is_repaired(encoding: str) -> None:
    plan = "# Plan – “Tide”\n\n## Phase 1 → Pilot 🚀\n\n### Success criteria\n"
    plan += "- Uptime ≥ 99.5 %\n- Délai ≤ 2 s ✅\n"
    damaged = plan.encode().decode(encoding, errors="ignore")
    decoded = decode(damaged.encode())
    assert decoded.repairs
    assert {repair.encoding for repair in decoded.repairs} <= {encoding, "cp1252", "cp1254"}
    assert "≥ 99.5 %" in decoded.text
    assert "≤ 2 s" in decoded.text
    assert "“Tide" in decoded.text
    assert [line for line in said(damaged.encode()) if "success" in line] == [
        "6 success in 0 “Uptime” >= 99.5 %",
        "7 success in 0 “Délai” <= 2 s",
    ]


@pytest.mark.parametrize(
    "honest",
    [
        "Größe: über 5 € – „fünf“ Länder, naïve Überprüfung",
        "L’été, « à l’œuvre » : élève, cœur, ça où ñandú",
        "Şişli, İzmir, ğ ve ü: Türkçe metin",
        "Ünïcödé Ã la carte",
        "测试 テスト 시험 проверка اختبار",
    ],
)
def test_honest_text_is_left_alone(honest: str) -> None:
    decoded = decode(honest.encode())
    assert decoded.text == honest
    assert decoded.repairs == ()


def test_bytes_that_never_came_back_are_counted_and_left_out() -> None:
    # The rocket is four bytes of which Windows-1254 leaves one undefined.
    damaged = "Status: 🎯 ready, uptime ≥ 99 %".encode().decode("cp1254", errors="ignore")
    decoded = decode(damaged.encode())
    assert decoded.text == "Status:  ready, uptime ≥ 99 %"
    assert sum(repair.lost for repair in decoded.repairs) == 1


def test_what_is_no_text_or_too_large_is_refused() -> None:
    with pytest.raises(DocumentRefused):
        read_plan(b"\x00\x01\x02")
    with pytest.raises(DocumentRefused):
        read_plan(b"x" * (LARGEST_DOCUMENT + 1))


HEAVY = {
    "pipes": "|" * 1_000_000,
    "lines of pipes": "|\n" * 200_000,
    "a wide table": "|a" * 100_000 + "\n" + "|-" * 100_000 + "\n" + "|b" * 100_000,
    "a long table": "|a|b|\n|-|-|\n" + "|x < 5%|y|\n" * 30_000,
    "a long list": "## Success criteria\n" + "- errors < 5% and uptime > 99%\n" * 30_000,
    "headings": "# x\n" * 100_000,
    "phases": "".join(f"## Phase {number}: x\n" for number in range(1, 40_000)),
    "nested lists": "".join("  " * depth + "- x < 5%\n" for depth in range(1_000)),
    "quotes": ">" * 500_000,
    "fences": "```\n" * 100_000,
    "stars": "*" * 500_000,
    "brackets": "[" * 300_000,
    "numbers": "1 " * 300_000,
    "comparators": "## Success criteria\n- " + "< 5% and " * 40_000,
    "one long paragraph": "at least 5 users and " * 90_000,
}


@pytest.mark.parametrize("document", HEAVY.values(), ids=HEAVY.keys())
def test_no_document_hangs(document: str) -> None:
    read_plan(b"# The vocabulary is compiled once")
    started = time.thread_time()
    with contextlib.suppress(DocumentRefused):
        read_plan(document.encode(), Deadline(seconds=0.5))
    assert time.thread_time() - started < 2


def test_a_thousand_lines_are_read_within_a_second() -> None:
    plans = [path.read_text(encoding="utf-8") for path in DOCUMENTS if path.stem.startswith("en_")]
    text = "\n\n".join(plans)
    text = "\n".join([text] * (1 + 1_000 // text.count("\n")))
    read_plan(text.encode())  # the vocabulary is compiled once
    started = time.thread_time()
    read_plan(text.encode())
    assert time.thread_time() - started < 1 * text.count("\n") / 1_000


def _mutated(text: str, seed: int) -> str:
    """Cut, double, swap and spoil some lines."""
    chance = random.Random(seed)  # noqa: S311 (a test wants the same plan again)
    lines = text.split("\n")
    for _change in range(chance.randint(1, 12)):
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                del lines[at : at + chance.randint(1, 4)]
                lines = lines or [""]
            case 1:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 2:
                lines[at] = lines[at][: chance.randint(0, len(lines[at]))]
            case 3:
                lines[at] = chance.choice(["#", "- ", "|", "```", "> ", "    ", "1. ", "**"]) + lines[at]
            case 4:
                lines[at] = lines[at].replace(" ", chance.choice(["", "  ", "\t", "\u00a0", "|"]))
            case _:
                lines[at] += chance.choice([":", "**", "%", " 5", " < ", "]", " – ", "`", "(((", "١٢٣"])
    return "\n".join(lines)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.sampled_from(DOCUMENTS), st.integers(0, 1_000_000))
def test_a_mutated_document_is_read_or_refused(path: Path, seed: int) -> None:
    text = _mutated(path.read_text(encoding="utf-8"), seed)
    document = read_plan(text.encode())
    json.dumps(neutral(document.facts))
    count = len(document.coverage)
    facts = document.facts
    lines = [fact.line for fact in facts.criteria] + [fact.line for fact in facts.triggers]
    lines += [fact.line for fact in facts.phases]
    assert all(1 <= line <= count for line in lines)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        document = read_plan(data)
    except DocumentRefused:
        return
    assert document.coverage


def test_plans_that_were_not_written_for_this_test() -> None:
    """Documents with their facts in a folder of your own: `score.py` of that folder judges them."""
    folder = os.environ.get("PLAN_CORPUS")
    if not folder:
        pytest.skip("PLAN_CORPUS names no folder of plan documents")
    for path in sorted(Path(folder).glob("*.md")):
        document = read_plan(path.read_bytes())
        assert document.coverage, path
        expected = path.with_suffix(".json")
        if expected.exists():
            phases = json.loads(expected.read_text(encoding="utf-8"))["phases"]
            wanted = sum(not phase.get("optional") for phase in phases)
            assert abs(len(document.facts.phases) - wanted) <= max(1, wanted // 4), path
