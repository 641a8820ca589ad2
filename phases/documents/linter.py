"""The linter: what a plan that is well written still gets wrong, with lines, reason and cure.

The rules are the rooms'; here they are asked, and their findings get lines and a name that lasts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phases.documents.document import Document, Path
from phases.registry import Finding, LintRule, lint_rules
from rollout_portal.lib.digests import fingerprint


@dataclass(frozen=True, slots=True)
class Found:
    """A finding in a document.

    :ivar lines: where it is shown, and then the lines of what it contradicts; counted from 1.
    :ivar key: SHA-256 over rule, codes of the things and their figures: the same finding in another version
        of the document has the same key, be it at another line; with other figures it is another finding.
    """

    rule: LintRule
    finding: Finding
    lines: tuple[int, ...]
    key: str


def lint(document: Document) -> list[Found]:
    """Return everything that the rules find in a plan, in the order of its lines."""
    found = [
        Found(
            rule,
            finding,
            tuple(dict.fromkeys(document.place_of(place)[0] for place in finding.places)),
            _key(rule, finding, document.sections),
        )
        for rule in lint_rules().values()
        for finding in rule.function(document.sections)
    ]
    return sorted(found, key=lambda one: (one.lines, one.rule.name, one.key))


def _key(rule: LintRule, finding: Finding, sections: Mapping[str, Any]) -> str:
    places = [_by_codes(sections, place) for place in finding.places]
    values = {name: str(value) for name, value in finding.values.items()}
    return fingerprint({"rule": rule.name, "places": places, "values": values})


def _by_codes(sections: Mapping[str, Any], path: Path) -> list[str]:
    """Return a path with codes where it has positions, so that it lasts when the plan is put in order."""
    named, value = [], sections.get(str(path[0])) if path else None
    for step in path[1:]:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
            named.append(str(getattr(value, "code", step)))
        else:
            value = getattr(value, step, None)
            named.append(step)
    return [str(path[0]), *named] if path else []
