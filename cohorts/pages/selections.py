"""Selections: for each phase the newest ones; and one of them, with its verdict first."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.attributes import labels
from cohorts.models import Selection, SelectionRule
from cohorts.services import selections
from cohorts.states import Method, SelectionState
from phases.models import Phase, Rollout
from phases.permissions import Rights
from phases.states import OVER
from rollout_portal.lib import words

NAMED_SHOWN: Final = 100

LOOKS = {
    SelectionState.DRAFT: "draft",
    SelectionState.PROPOSED: "waiting",
    SelectionState.APPLIED: "done",
    SelectionState.SUPERSEDED: "",
    SelectionState.DISCARDED: "",
}


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """A phase with its rule and its versions, newest first."""

    phase: Phase
    rule: SelectionRule | None
    seats: str
    versions: list[Selection]
    can_draw: bool
    can_name: bool

    @property
    def drawn(self) -> bool:
        """Whether one of the versions came of a draw."""
        return any(version.method != Method.NAMED for version in self.versions)


def list_selections(rollout: Rollout, rights: Rights) -> list[PhaseLine]:
    """Return every phase that has a rule or a selection, or can get one by name: three queries."""
    rules = {
        rule.phase_id: rule
        for rule in SelectionRule.objects.filter(rollout=rollout).prefetch_related("quotas")
    }
    versions: dict[int, list[Selection]] = {}
    for row in Selection.objects.filter(rollout=rollout).select_related("drafted_by").order_by("-pk"):
        versions.setdefault(row.phase_id, []).append(row)
    lines = []
    for phase in rollout.phases.select_related("base").order_by("position", "pk"):
        phase.rollout = rollout
        rule = rules.get(phase.pk)
        may_draft = phase.state not in OVER and rights.may("selection.draft")
        if rule is None and phase.pk not in versions and not may_draft:
            continue
        lines.append(
            PhaseLine(
                phase=phase,
                rule=rule,
                seats=_seats(rule, phase),
                versions=versions.get(phase.pk, []),
                can_draw=rule is not None and may_draft,
                can_name=may_draft,
            )
        )
    return lines


def _seats(rule: SelectionRule | None, phase: Phase) -> str:
    """Say how many seats a rule gives: "50 seats: Malay 20, Chinese 15"."""
    if rule is None:
        return ""
    if rule.method == Method.PROPORTIONAL:
        return _("%(n)s seats, in proportion") % {"n": words.number(rule.total or phase.planned_size or 0)}
    quotas = sorted(rule.quotas.all(), key=lambda quota: (quota.position, quota.pk))
    parts = ", ".join(f"{quota.label or quota.value} {quota.seats}" for quota in quotas)
    return _("%(n)s seats: %(parts)s") % {"n": sum(quota.seats for quota in quotas), "parts": parts}


@dataclass(frozen=True, slots=True)
class SelectionRead:
    """One selection as its page shows it.

    :ivar short: the strata with open seats.
    """

    tone: str
    sentence: str
    detail: str
    strata: list[dict[str, Any]]
    total: dict[str, int]
    rounding: str
    attribute: str
    short: list[dict[str, Any]]
    open_seats: int
    is_current: bool
    named: tuple[str, ...] = ()
    more: int = 0


def read_selection(selection: Selection) -> SelectionRead:
    """Return what the page of a selection shows; one query beside the row."""
    if selection.method == Method.NAMED:
        return _read_named(selection)
    strata: list[dict[str, Any]] = selection.report["strata"]
    shown = [stratum for stratum in strata if stratum["seats"] or stratum["pool"]]
    short = [stratum for stratum in strata if stratum["short"]]
    sentences = selections.verdict(selection)
    names = labels(selection.rollout.attributedefinitions.all())
    attribute = selection.rule.get("attribute", "")
    return SelectionRead(
        tone="stale" if short else "met",
        sentence=" ".join(sentences),
        detail=_("Nobody is taken from another group without a named decision.") if short else "",
        strata=shown,
        total={
            name: sum(stratum[name] for stratum in shown)
            for name in ("registered", "seats", "pool", "kept", "taken")
        },
        rounding=_rounding(shown),
        attribute=names.get(attribute, attribute),
        short=short,
        open_seats=sum(stratum["short"] for stratum in short),
        is_current=selection.state in (SelectionState.DRAFT, SelectionState.PROPOSED),
    )


def _read_named(selection: Selection) -> SelectionRead:
    """Return what the page of named people shows: who they are, by number, the first hundred."""
    rows = selection.places.order_by("participant__number").select_related("participant")[:NAMED_SHOWN]
    many = {"n": words.number(selection.taken), "phase": selection.phase.name}
    return SelectionRead(
        tone="met",
        sentence=ngettext(
            "%(n)s person is named for “%(phase)s”.",
            "%(n)s people are named for “%(phase)s”.",
            selection.taken,
        )
        % many,
        detail="",
        strata=[],
        total={},
        rounding="",
        attribute="",
        short=[],
        open_seats=0,
        is_current=selection.state in (SelectionState.DRAFT, SelectionState.PROPOSED),
        named=tuple(row.participant.label for row in rows),
        more=max(0, selection.taken - NAMED_SHOWN),
    )


def _rounding(strata: list[dict[str, Any]]) -> str:
    """Explain in one sentence how shares became whole seats."""
    shares = [stratum for stratum in strata if stratum["share"]]
    if not shares:
        return ""
    lucky = [str(stratum["label"]) for stratum in shares if stratum["rounded_up"]]
    exact = " / ".join(str(stratum["share"]) for stratum in shares)
    if not lucky:
        return _("The shares are %(exact)s; nothing is left over.") % {"exact": exact}
    return _("The shares are %(exact)s. The seats left over go to the largest remainders: %(lucky)s.") % {
        "exact": exact,
        "lucky": ", ".join(lucky),
    }
