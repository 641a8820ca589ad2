"""What the gallery page shows: every part in every state, on one fixed day."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms

from rollout_portal.console import navigation, svg
from rollout_portal.lib import words

NOW = dt.datetime(2026, 11, 25, 6, 20, 8, tzinfo=dt.UTC)


class DecisionForm(forms.Form):
    """A form with one field of each look."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("not-yet", "Not yet"), ("no-go", "No-go")],
        widget=forms.RadioSelect,
        help_text="Nothing is chosen for you.",
    )
    reason = forms.CharField(label="Why", widget=forms.Textarea, help_text="Printed on the record.")
    phase = forms.ChoiceField(label="Phase", choices=[("2", "2 Beta user program")])
    note = forms.CharField(label="Note", required=False)
    told = forms.BooleanField(label="The team has been told", required=False)


def _criterion(sentence: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {"sentence": sentence, "outcome": outcome, **more}


def criteria() -> list[dict[str, Any]]:
    """The gate of the beta phase with one criterion of each outcome and a group."""
    return [
        _criterion(
            "More than 80 % of answers are satisfied",
            "not_met",
            value="80 % exactly",
            facts=["92 of 115 answers", "95 %: 71.8 … 86.3 %", "2 min ago", "Weekly survey, waves 1 to 3"],
            missing="80 % is not more than 80 %. One more satisfied answer meets it: 93 of 116 is 80.17 %.",
        ),
        _criterion(
            "NPS is above 50",
            "undecidable",
            value="50.00",
            on="on −100 … 100",
            facts=["24 answers of at least 30", "95 %: 21.7 … 78.3", "2 min ago", "Weekly survey, wave 3"],
            scale=svg.scale(
                Decimal("50.00"),
                50,
                low=-100,
                high=100,
                interval_low=Decimal("21.7"),
                interval_high=Decimal("78.3"),
                enough=False,
                name="NPS",
                threshold_text="above 50",
            ),
            missing="6 more answers are needed before this is decided. 23 testers have not answered; "
            "the reminder goes out Thu 26 Nov, 09:00.",
            actions=[{"title": "Waive…", "url": "#"}, {"title": "Why?", "url": "#"}],
        ),
        _criterion(
            "Performance metrics are met",
            "stale",
            outcome_text="1 stale, 1 no data",
            note="all 6 must count",
            missing="4 of 6 count. A missing or old reading never counts as met.",
        ),
        _criterion(
            "Sessions without a crash are above 99.5 %",
            "no_data",
            part=True,
            value="no reading since 9 Nov",
            facts=["Firebase, token “ci-android” never used"],
        ),
        _criterion(
            "Content loads in under 3 s (p95)",
            "waived",
            part=True,
            value="3.42 s",
            facts=["9,114 loads", "6 min ago", "Datadog"],
            missing="Waived by Aisyah Rahman today 13:41 until the phase 4 gate:",
            quote="CDN work is planned in phase 4; 3G users are told.",
        ),
        _criterion(
            "Database load stays under 70 %",
            "met",
            part=True,
            value="69.96 %",
            facts=["by 0.04 points", "2 min ago", "Datadog"],
        ),
        _criterion(
            "At least 40 testers are active in 7 days",
            "met",
            value="44",
            facts=["of 50 selected", "now", "Activation", "added by Aisyah on 3 Nov"],
        ),
    ]


def _sidebar() -> list[dict[str, Any]]:
    """The whole sidebar, also the entries whose pages do not exist yet."""
    marks = {
        "start": navigation.Mark("4"),
        "gates": navigation.Mark("1"),
        "feedback": navigation.Mark("1 late", urgent=True),
    }
    return [
        {
            "title": group.title,
            "items": [
                {
                    "title": entry.title,
                    "icon": entry.icon,
                    "link": "#",
                    "active": entry.name == "gates",
                    "mark": marks.get(entry.name),
                }
                for entry in group.entries
            ],
        }
        for group in navigation.GROUPS
    ]


def _metrics() -> list[dict[str, Any]]:
    sparks: dict[str, list[float | None]] = {
        "Error rate": [0.5, 0.55, 0.79, 0.44, 0.52, 0.38, 0.4, 0.36, 0.31],
        "API response, p95": [700, 690, 720, 650, 660, 670, 630, 660, 612],
        "Content load, p95": [3.9, 3.8, None, None, 3.6, 3.5, 3.4, 3.45, 3.42],
        "Database load": [],
    }
    rows = [
        ("Error rate", "0.31", "%", "met", "under 0.5 %", 0.5),
        ("API response, p95", "612", "ms", "met", "under 800 ms", 800),
        ("Content load, p95", "3.42", "s", "waived", "under 3 s, until phase 4", 3),
        ("Database load", "", "%", "no_data", "under 70 %. First reading expected Mon 9 Nov", 70),
    ]
    return [
        {
            "name": name,
            "url": "#",
            "value": value,
            "unit": unit,
            "outcome": outcome,
            "rule": rule,
            "target": target,
            "points": sparks[name],
        }
        for name, value, unit, outcome, rule, target in rows
    ]


def context() -> dict[str, Any]:
    """The context of `console/gallery.html`."""
    form = DecisionForm({"note": "kept text"}, initial={})
    form.add_error(None, "Somebody changed this at 14:21. Look and save again.")
    return {
        "title": "Gallery",
        "rollout": SimpleNamespace(
            name="MediMate Education Hub", slug="medimate", time_zone="Asia/Kuala_Lumpur"
        ),
        "frame_now": NOW,
        "stop_url": "#stop",
        "sidebar_navigation": _sidebar(),
        "switcher": {"title": "MediMate Education Hub", "line": "Phase 2 of 5 · running"},
        "site_dropdown": [
            {"title": "MediMate Education Hub", "link": "#", "attrs": {"aria-current": "true"}},
            {"title": "A rollout whose name is long enough to need two lines", "link": "#", "attrs": {}},
        ],
        "bands": [
            {
                "kind": "held",
                "text": "On hold since 13:05 by Daniel: “API errors”. Nothing goes out.",
                "url": "#",
                "link": "Resume…",
            },
            {"kind": "rolled-back", "text": "Phase 2 was rolled back at 13:20 by Daniel."},
            {
                "kind": "system",
                "text": "Sending is paused, 253 wait. Nothing is lost.",
                "url": "#",
                "link": "System",
            },
        ],
        "due": dt.datetime(2026, 12, 4, 8, 0, tzinfo=dt.UTC),
        "tones": [
            ("met", "Phase 3 may start: all 5 criteria count.", "Two signatures are missing."),
            (
                "not-met",
                "“Go” cannot be signed now: 4 of 5 criteria do not count.",
                "You can record “Not yet”.",
            ),
            (
                "stale",
                "497 of 500 seats are filled. Tamil is short by 3.",
                "Nobody is taken from another language.",
            ),
        ],
        "phases": [
            {"name": "1 Internal", "line": "Done · 10", "weeks": 1, "state": "done"},
            {"name": "2 Beta user program", "line": "9 Nov to 6 Dec · 50 people", "weeks": 4, "state": "now"},
            {"name": "3 Limited rollout", "line": "7 to 20 Dec · 500", "weeks": 2, "url": "#"},
            {"name": "4 Expanded", "line": "50 % · 2,500", "weeks": 1},
            {"name": "5 Full", "line": "100 %", "weeks": 1},
        ],
        "lines": [
            {"outcome": "not_met", "sentence": "More than 80 % are satisfied", "missing": "exactly 80 %"},
            {"outcome": "undecidable", "sentence": "NPS is above 50", "missing": "6 more answers"},
            {"outcome": "stale", "sentence": "Performance metrics are met", "missing": "1 stale, 1 no data"},
            {"outcome": "met", "sentence": "At least 40 testers are active", "missing": "44 of 50"},
        ],
        "todo": [
            {
                "title": "Triage FB-0412, Tamil quiz",
                "url": "#",
                "due": NOW - dt.timedelta(minutes=22),
                "note": "Kavitha, support",
            },
            {"title": "Firebase sends nothing", "url": "#", "outcome": "no_data", "note": "Daniel, release"},
            {
                "title": "Phase 3 selection: Tamil short by 3",
                "url": "#",
                "due": NOW + dt.timedelta(days=5),
                "note": "You",
            },
            {"title": "Look at the plan", "chip": "draft", "note": "You"},
        ],
        "nothing": [],
        "criteria": criteria(),
        "funnel": [
            {"count": 50, "label": "selected", "note": "all quotas full"},
            {"count": 50, "label": "invited", "note": "2 replaced"},
            {"count": 49, "label": "delivered", "note": "1 bounced"},
            {"count": 47, "label": "accepted", "note": "94 % of invited"},
            {"count": 44, "label": "active, 7 days", "note": "94 % of accepted"},
        ],
        "metrics": _metrics(),
        "evidence": [
            {
                "sentence": one["sentence"],
                "outcome": one["outcome"],
                "value": one.get("value", "4 of 6"),
                "note": "92 of 115",
            }
            for one in criteria()
            if not one.get("part")
        ],
        "fingerprint": "4189bece97b5f77a7f66f290a03f5cf39fee8a3115601756dc40354d5b5ca38c",
        "form": form,
        "signatures": [
            {"name": "Aisyah Rahman", "line": "Product owner, you", "state": "open"},
            {
                "name": "Dr Lim Wei Jian",
                "line": "Clinical content lead",
                "state": "signed",
                "at": NOW - dt.timedelta(hours=2),
                "said": "The content is ready.",
            },
        ],
        "steps": [
            "“Not yet” is recorded with the fingerprint of this evidence.",
            "Dr Lim Wei Jian, Farid Osman and Kavitha get your reason by e-mail.",
            "Nothing changes for the 47 testers.",
        ],
        "outcomes": [
            ("met", "counts"),
            ("waived", "counts, with a name and an end"),
            ("not_met", "the rule is broken"),
            ("undecidable", "too few answers"),
            ("stale", "the reading is too old"),
            ("no_data", "nothing was read"),
        ],
        "states": ["draft", "active", "held", "rolled_back", "completed", "awaiting_go", "blocked"],
        "clocks": [
            words.Clock("late", "22 min late"),
            words.Clock("soon", "45 min left"),
            words.Clock("ok", "30 Nov"),
            words.Clock("paused", "paused: waits for the tester"),
        ],
        "waves": [
            svg.Wave("Wave 1", Decimal("34.78"), Decimal("12.9"), Decimal("56.7"), n=46),
            svg.Wave("Wave 2", Decimal("42.22"), Decimal("20.5"), Decimal("63.8"), n=45),
            svg.Wave(
                "Wave 3", Decimal("50.00"), Decimal("21.7"), Decimal("78.3"), n=24, enough=False, current=True
            ),
        ],
        "events": [
            {"at": NOW - dt.timedelta(minutes=39), "text": "Content load: not met → waived"},
            {"at": NOW - dt.timedelta(hours=20), "text": "Usability: met → not met"},
            {"at": NOW - dt.timedelta(days=23), "text": "Phase 1 started"},
        ],
        "facts": [
            {"name": "Gate", "value": "Phase 2 to 3, mean of 24 h"},
            {
                "name": "Trigger",
                "value": "Above 1 % for 5 min: hold, then roll back in 2 min unless stopped. Armed.",
            },
            {"name": "Source", "value": "Datadog, token “prod-metrics”"},
        ],
    }
