"""Migration operations for what may be changed until it is published, and for words that may be erased.

Tables that never change at all use `rollout_portal.lib.append_only`.
"""

from dataclasses import dataclass

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse `act` (INSERT, UPDATE, DELETE) on `table` where `condition` holds for OLD or NEW."""

    name: str
    table: str
    act: str
    condition: str
    refusal: str

    def create(self, vendor: str) -> list[str]:
        if vendor == "postgresql":
            back = "OLD" if self.act == "DELETE" else "NEW"
            return [
                f"""CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF {self.condition} THEN
                        RAISE EXCEPTION '{self.refusal}' USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN {back};
                END $$""",
                f"""CREATE TRIGGER {self.name} BEFORE {self.act} ON {self.table} FOR EACH ROW
                EXECUTE FUNCTION {self.name}()""",
            ]
        return [
            f"""CREATE TRIGGER {self.name} BEFORE {self.act} ON {self.table} FOR EACH ROW
            WHEN {self.condition} BEGIN SELECT RAISE(ABORT, '{self.refusal}'); END"""
        ]

    def drop(self, vendor: str) -> list[str]:
        if vendor == "postgresql":
            return [
                f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}",
                f"DROP FUNCTION IF EXISTS {self.name}()",
            ]
        return [f"DROP TRIGGER IF EXISTS {self.name}"]


_PUBLISHED = (
    "EXISTS (SELECT 1 FROM feedback_surveyversion WHERE id = {}.version_id AND published_at IS NOT NULL)"
)
_SAYS = "a published survey version never changes"

PUBLISHED_STAYS = [
    Guard(
        "feedback_surveyversion_no_update",
        "feedback_surveyversion",
        "UPDATE",
        "OLD.published_at IS NOT NULL",
        _SAYS,
    ),
    Guard(
        "feedback_surveyversion_no_delete",
        "feedback_surveyversion",
        "DELETE",
        "OLD.published_at IS NOT NULL",
        _SAYS,
    ),
    Guard(
        "feedback_surveyversion_no_replace",
        "feedback_surveyversion",
        "INSERT",
        "EXISTS (SELECT 1 FROM feedback_surveyversion WHERE id = NEW.id AND published_at IS NOT NULL)",
        _SAYS,
    ),
    Guard("feedback_question_no_insert", "feedback_question", "INSERT", _PUBLISHED.format("NEW"), _SAYS),
    Guard(
        "feedback_question_no_update",
        "feedback_question",
        "UPDATE",
        f"{_PUBLISHED.format('OLD')} OR {_PUBLISHED.format('NEW')}",
        _SAYS,
    ),
    Guard("feedback_question_no_delete", "feedback_question", "DELETE", _PUBLISHED.format("OLD"), _SAYS),
]


def _differs(name: str) -> str:
    """Return a comparison that is true for a change between NULL and a value too, on both databases."""
    column = f'"{name}"'
    return f"(OLD.{column} <> NEW.{column} OR (OLD.{column} IS NULL) <> (NEW.{column} IS NULL))"


_FIXED = " OR ".join(
    _differs(name) for name in ("id", "submission_id", "question_id", "slot", "number", "choice")
)

ANSWERS_STAY = [
    Guard(
        "feedback_answer_no_update",
        "feedback_answer",
        "UPDATE",
        f"{_FIXED} OR (OLD.text <> NEW.text AND NEW.text <> '')",
        "feedback_answer is append-only; only its words may be erased",
    ),
    Guard(
        "feedback_answer_no_delete", "feedback_answer", "DELETE", "1 = 1", "feedback_answer is append-only"
    ),
    Guard(
        "feedback_answer_no_replace",
        "feedback_answer",
        "INSERT",
        "EXISTS (SELECT 1 FROM feedback_answer WHERE id = NEW.id)",
        "feedback_answer is append-only",
    ),
]


def guarded(guards: list[Guard]) -> migrations.RunPython:
    """Return the operation that puts up the guards, and takes them down when it is undone."""

    def up(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        for guard in guards:
            for statement in guard.create(editor.connection.vendor):
                editor.execute(statement)

    def down(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        for guard in guards:
            for statement in guard.drop(editor.connection.vendor):
                editor.execute(statement)

    return migrations.RunPython(up, down)
