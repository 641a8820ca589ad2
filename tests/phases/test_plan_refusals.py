"""What a plan file may not say: each refusal with its line, its column and its words."""

import os
import random
import time
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from phases.documents import yaml
from phases.documents.document import parse
from phases.documents.importer import import_plan
from phases.documents.problems import PlanRefused
from phases.documents.yaml import LARGEST_FILE
from rollout_portal.audit.services import System

_FILES = Path(__file__).parent / "plan_files"

_HEAD = "version: 1\nrollout:\n  slug: x\n  name: X\n"
_PHASE = _HEAD + 'phases:\n  - code: "1"\n    name: One\n'
_GATE = _PHASE + 'gates:\n  - code: g\n    name: G\n    from_phase: "1"\n'
_RULE = _GATE + "    criteria:\n      - code: c\n        rule: It is good\n"
BEGINNINGS = {"NOTHING": "", "HEAD": _HEAD, "PHASE": _PHASE, "GATE": _GATE, "RULE": _RULE}


def cases() -> list[ParameterSet]:
    """Read the cases of refused.txt: the text of each, and what is said about it."""
    found = []
    for block in (_FILES / "refused.txt").read_text(encoding="utf-8").split("\n== ")[1:]:
        name, beginning, *lines = block.rstrip("\n").split("\n")
        text = "".join(f"{line}\n" for line in lines if not line.startswith("=> "))
        said = [line.removeprefix("=> ") for line in lines if line.startswith("=> ")]
        whole = BEGINNINGS[beginning.removeprefix("++ ")] + text
        found.append(pytest.param(whole.encode(), said, id=name))
    return found


BYTES = {
    "an empty file": (b"", ["1:1 The file is empty. It begins: version: 1"]),
    "UTF-16": (b"\xff\xfev\x00", ["1:1 The file is UTF-16. Save it as UTF-8."]),
    "Latin-1": (
        b"version: 1\nrollout:\n  name: caf\xe9\n",
        ["3:12 The byte E9 is not UTF-8. Save the file as UTF-8."],
    ),
    "a surrogate in bytes": (
        b"a: \xed\xa0\x80\n",
        ["1:4 The byte ED is not UTF-8. Save the file as UTF-8."],
    ),
    "control characters": (
        b"version: 1\nname: a\x00b\nslug: \x07\n",
        [f"{place} The character U+{code} cannot stand in a plan file. Take it out, or write it as an escape "
         "inside double quotes." for place, code in (("2:8", "0000"), ("3:7", "0007"))],
    ),
    "a byte order mark inside": (
        "version: 1\nname: a\ufeffb\n".encode(),
        ["2:8 The character U+FEFF cannot stand in a plan file. Take it out, or write it as an escape "
         "inside double quotes."],
    ),
    "a carriage return alone": (
        b"version: 1\rname: b\n",
        ["1:11 The character U+000D cannot stand in a plan file. Take it out, or write it as an escape "
         "inside double quotes."],
    ),
    "too many bytes": (b"#" * 2_000_001, ["1:1 The file is too big: at most 2,000,000 bytes are read."]),
    "a number of 5,000 digits": (
        f"{_PHASE}    people: {'9' * 5000}\n".encode(),
        ["8:13 A number of 5000 digits is too long; 30 are read."],
    ),
    "a number of 5,000 digits and colons": (
        f"{_PHASE}    people: 1{':59' * 5000}\n".encode(),
        ["8:13 A number this long is not read. If it is a text, put it in quotes."],
    ),
    "a text that is too long": (
        f"{_HEAD}  product: {'x' * 201}\n".encode(),
        ["5:12 This text has 201 characters; at most 200 fit."],
    ),
    "nesting": (
        f"{_HEAD}x: {'[' * 200_000}\n".encode(),
        ["5:23 This is nested too deeply; at most 20 levels are read."],
    ),
}  # fmt: skip


def said_about(data: bytes) -> list[str]:
    with pytest.raises(PlanRefused) as refused:
        parse(data)
    return [f"{problem.line}:{problem.column} {problem.message}" for problem in refused.value.problems]


@pytest.mark.parametrize(("data", "said"), cases())
def test_a_refusal_names_line_and_column_and_what_would_be_right(data: bytes, said: list[str]) -> None:
    assert said_about(data) == said


@pytest.mark.parametrize(("data", "said"), BYTES.values(), ids=list(BYTES))
def test_bytes_that_are_no_plan_are_refused_with_a_place(data: bytes, said: list[str]) -> None:
    assert said_about(data) == said


def test_the_refusal_as_a_text_lists_every_problem_in_the_order_of_the_file() -> None:
    with pytest.raises(PlanRefused) as refused:
        parse(b"version: 2\nrollout:\n  name: X\n")
    assert str(refused.value) == (
        "2 problems in the plan file:\n"
        "line 1, column 10: This portal reads plan files of version 1: version: 1\n"
        "line 3, column 3: “slug” is missing here."
    )


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    data = b"\xef\xbb\xbf" + _PHASE.replace("\n", "\r\n").encode()
    document = parse(data)
    assert document.sections["rollout"].name == "X"


def test_numbers_are_exact_and_quotes_make_a_text() -> None:
    text = _PHASE.replace("name: X", 'name: "1.10"') + "    percent: 1.10\n    of: base\n"
    document = parse(text.encode())
    assert document.sections["rollout"].name == "1.10"
    assert str(document.sections["phases"][0].percent) == "1.10"


def test_a_plan_of_the_largest_size_is_read_within_five_seconds() -> None:
    goal = f'      - code: g{{:05}}\n        text: "{"A goal in many words. " * 10}"\n'
    text = f"{_PHASE}    goals:\n"
    number_of_goals = (LARGEST_FILE - len(text)) // len(goal.format(0))
    text += "".join(goal.format(number) for number in range(number_of_goals))
    began = time.process_time()
    document = parse(text.encode())
    assert time.process_time() - began < 5
    assert len(document.sections["phases"][0].goals) == number_of_goals > 7_500


def test_a_file_of_many_small_values_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "MOST_VALUES", 1_000)
    assert said_about(b"a: [" + b"1," * 1_001 + b"1]") == ["1:2001 The file has more than 1,000 values."]


SPLINTERS = (
    *(b"\t", b"\x00", b"\xff", b"\xed\xa0\x80", b"- ", b": ", b"? ", b"&a ", b"*a ", b"!!python/object:x "),
    *(b"{", b"}", b"[", b"]", b'"', b"'", b"|", b">", b"%", b"@", b"`", b"#", b"---\n", b"...\n", b"<<: "),
    *(b"\\", b'"\\ud800"', b'"\\UFFFFFFFF"', b"9" * 5000, b".nan", b"010", b"12:30", b"2026-02-30", b"~"),
    *(b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\r", b"\n", b"  ", b"NO", b"[" * 30, b"%YAML 1.1\n", b"? [a]\n: "),
    *(b"- - - - ", b'"\\x"', b"|2", b">9+", b"1e999999", b"{a: {b: [c]}}", b"!e!x ", b"%TAG ! x\n", b'"\\e"'),
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return `data` with one to six accidents: bytes and lines lost, doubled, moved or replaced."""
    for _accident in range(chance.choice([1, 1, 1, 2, 3, 6])):
        at = chance.randrange(len(data) + 1)
        lines = data.split(b"\n")
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(8):
            case 0:
                data = data[:at] + chance.choice(SPLINTERS) + data[at:]
            case 1:
                data = data[:at] + data[at + chance.randrange(1, 30) :]
            case 2:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 3:
                lines[one], lines[other] = lines[other], lines[one]
                data = b"\n".join(lines)
            case 4:
                lines.insert(other, lines[one])
                data = b"\n".join(lines)
            case 5:
                lines[one] = b" " * chance.randrange(9) + lines[one].lstrip()
                data = b"\n".join(lines)
            case 6:
                key, colon, _value = lines[one].partition(b": ")
                lines[one] = key + colon + chance.choice(SPLINTERS)
                data = b"\n".join(lines)
            case _:
                data = data[:at]
    return data


@pytest.mark.django_db
def test_a_damaged_plan_is_refused_and_nothing_else_happens(medimate: bytes) -> None:
    """PLAN_MUTATIONS=2000 makes it a long walk; the seed is fixed, so that a finding stays found."""
    chance = random.Random(20261120)  # noqa: S311 - nothing here is a secret
    refusals = []
    for _number in range(int(os.environ.get("PLAN_MUTATIONS", "120"))):
        damaged = mutated(medimate, chance)
        try:
            import_plan(data=damaged, source="medimate.yaml", by=System(cause="test"), dry_run=True)
        except PlanRefused as refused:
            refusals.append((damaged, refused.problems))
    assert len(refusals) > 60
    for damaged, problems in refusals:
        lines = damaged.count(b"\n") + damaged.count(b"\r") + 2
        assert problems
        assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in problems)
