"""Everything that writes in this room. Each service locks, reads, checks, changes, and records last."""

from feedback.services.answers import keep_draft, submit_answers
from feedback.services.items import (
    Judged,
    Report,
    answer_tester,
    assign_item,
    comment_on_item,
    judge_item,
    merge_item,
    move_item,
    report_item,
    split_item,
    translate_item,
)
from feedback.services.surveys import begin_draft, edit_question, missing_texts, publish_version
from feedback.services.waves import ensure_occasions, wave_window, waves_due

__all__ = [
    "Judged",
    "Report",
    "answer_tester",
    "assign_item",
    "begin_draft",
    "comment_on_item",
    "edit_question",
    "ensure_occasions",
    "judge_item",
    "keep_draft",
    "merge_item",
    "missing_texts",
    "move_item",
    "publish_version",
    "report_item",
    "split_item",
    "submit_answers",
    "translate_item",
    "wave_window",
    "waves_due",
]
