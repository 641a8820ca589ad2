"""A published version, a submission, an answer and an act are never rewritten: the database refuses it."""

from django.db import migrations

from feedback.guards import ANSWERS_STAY, PUBLISHED_STAYS, guarded
from rollout_portal.lib.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial")]

    operations = [
        guarded(PUBLISHED_STAYS),
        guarded(ANSWERS_STAY),
        *append_only("feedback_submission"),
        *append_only("feedback_feedbackitemtransition"),
        *append_only("feedback_comment"),
        *append_only("feedback_reply"),
    ]
