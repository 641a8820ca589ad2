"""Check the proof of a draw: python check_selection.py PROOF.json [PEOPLE.tsv, lines "key TAB stratum"]"""

import hashlib
import json
import sys
from pathlib import Path

proof = json.loads(Path(sys.argv[1]).read_text("utf-8"))
for stratum in proof["strata"]:
    order = [(what != "kept", u, d) for d, u, what in stratum["order"]]
    assert order == sorted(order), f"{stratum['value']}: not in the order of the draw"
    for place, (d, u, what) in enumerate(stratum["order"], 1):
        assert u == int(d[:16], 16) >> 1, f"{stratum['value']} {place}: u does not belong to d"
        should = "kept" if what == "kept" else "taken" if place <= stratum["seats"] else "reserve"
        assert what == should, f"{stratum['value']} {place}: {what}, should be {should}"
assert sum(len(s["order"]) for s in proof["strata"]) == proof["pool"]["people"], "people are missing"
if len(sys.argv) > 2:
    lines = sorted(filter(None, Path(sys.argv[2]).read_text("utf-8").split("\n")))
    found = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    assert found == proof["pool"]["fingerprint"], "these are not the people of the draw"
    keys = [f"{proof['seed']}\x1f{line.split(chr(9))[0]}".encode() for line in lines]
    digests = {d for s in proof["strata"] for d, _u, _what in s["order"]}
    assert {hashlib.sha256(key).hexdigest() for key in keys} == digests, "a place belongs to nobody"
print("The draw is as its rule says.")  # noqa: T201
