"""What the page of flags shows: pure reads, in the plan's order."""

from collections import defaultdict

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flags.models import Experiment, Flag, FlagRule, Variant
from phases.models import Rollout
from phases.pages.planned import Card, Planned, Row, in_plan_order, listed, role_text, verdict
from rollout_portal.lib import words
from rollout_portal.lib.digests import decimal_text


def read_flags(rollout: Rollout) -> Planned:
    """Read every flag with its rules and every experiment with its variants, in four queries."""
    flags = in_plan_order(rollout, Flag)
    rules: dict[int, list[FlagRule]] = defaultdict(list)
    for rule in in_plan_order(rollout, FlagRule):
        rules[rule.flag_id].append(rule)
    variants: dict[int, list[Variant]] = defaultdict(list)
    for variant in in_plan_order(rollout, Variant):
        variants[variant.experiment_id].append(variant)
    experiments = in_plan_order(rollout, Experiment, "flag")
    count = len(flags)
    sentence = ngettext("%d flag is planned.", "%d flags are planned.", count) % count
    without = sum(1 for flag in flags if not rules[flag.pk])
    text = ngettext("%d has no rule.", "%d have no rule.", without) % without
    return Planned(
        verdict(sentence, [text] if without else []),
        _("Nothing is switched by this page yet; it shows what the plan says."),
        (
            Card(
                _("Flags"),
                _("Feature"),
                (_("Code"), _("Who gets it"), _("Everybody else"), _("Kill switch"), _("Who")),
                tuple(_flag(flag, rules[flag.pk]) for flag in flags),
                _("No flag yet. The plan file names them in its section “flags”."),
            ),
            Card(
                _("Experiments"),
                _("What is tried"),
                (_("Variants"), _("Phase"), _("For whom"), _("Decided by"), _("Who")),
                tuple(_experiment(one, variants[one.pk]) for one in experiments),
                _("No experiment yet. The plan file names them in its section “flags”."),
            ),
        ),
    )


def _flag(flag: Flag, rules: list[FlagRule]) -> Row:
    return Row(
        flag.name,
        (
            flag.code,
            "; ".join(rule_text(rule) for rule in rules) or "–",
            str(flag.get_default_display()),
            _("yes") if flag.kill_switch else _("no"),
            role_text(flag.owner),
        ),
        tuple(text for text in (flag.group, flag.about) if text),
    )


def rule_text(rule: FlagRule) -> str:
    """Say what a rule gives to whom: "Phase 1: 50 % of internal testers; a limited form: logging only"."""
    whom = rule.segment or _("everybody")
    if rule.percent is not None:
        whom = _("%(percent)s %% of %(whom)s") % {"percent": decimal_text(rule.percent), "whom": whom}
    if rule.raise_by is not None and rule.raise_every is not None:
        whom = _("%(whom)s, and %(points)s points more every %(every)s up to %(top)s %%") % {
            "whom": whom,
            "points": decimal_text(rule.raise_by),
            "every": words.duration(rule.raise_every),
            "top": decimal_text(rule.raise_to) if rule.raise_to is not None else "100",
        }
    gets = str(rule.get_mode_display())
    if rule.note:
        gets = f"{gets} ({rule.note})"
    if rule.phase is None:
        return _("%(whom)s: %(gets)s") % {"whom": whom, "gets": gets}
    place = str(rule.phase.name)
    if rule.day:
        place = _("%(phase)s from day %(day)d") % {"phase": place, "day": rule.day}
    return _("%(place)s, %(whom)s: %(gets)s") % {"place": place, "whom": whom, "gets": gets}


def _experiment(one: Experiment, variants: list[Variant]) -> Row:
    names = [
        variant.name if variant.percent is None else f"{variant.name}, {decimal_text(variant.percent)} %"
        for variant in variants
    ]
    return Row(
        one.name,
        (
            listed(names),
            one.phase.name if one.phase else "–",
            one.segment or _("everybody"),
            one.decided_by or "–",
            role_text(one.owner),
        ),
        tuple(text for text in (one.hypothesis, str(one.flag) if one.flag else "") if text),
    )
