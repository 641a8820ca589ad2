"""What waits for people in this room: reports to judge, drafts of surveys to publish."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.models import FeedbackItem, SurveyVersion
from feedback.states import ItemState
from phases.models import Rollout
from phases.permissions import acts
from phases.registry import Wait, waits
from phases.states import RUNNING


def _roles(act: str) -> frozenset[str]:
    return frozenset(role.value for role in acts()[act].roles)


@waits
def reports(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """New reports: one line for a rollout, however many there are."""
    by_pk = {rollout.pk: rollout for rollout in rollouts}
    rows = (
        FeedbackItem.objects.filter(rollout__in=by_pk, state=ItemState.NEW)
        .values("rollout_id")
        .annotate(n=Count("pk"), oldest=Min("reported_at"))
    )
    for row in rows:
        rollout = by_pk[row["rollout_id"]]
        title = ngettext("Judge %s new report", "Judge %s new reports", row["n"]) % f"{row['n']:,}"
        yield Wait(
            rollout=rollout,
            title=title,
            url=reverse("feedback:feedback", args=[rollout.slug]) + "?queue=new",
            roles=_roles("feedback.triage"),
            seen_by=_roles("feedback.view"),
        )


@waits
def drafts(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Surveys of running phases that nobody can be asked by before they are published."""
    rows = (
        SurveyVersion.objects.filter(
            survey__rollout__in=rollouts, survey__phase__state__in=RUNNING, published_at__isnull=True
        )
        .annotate(published=Count("survey__versions", filter=Q(survey__versions__published_at__isnull=False)))
        .filter(published=0)
        .select_related("survey__rollout")
    )
    for row in rows:
        survey = row.survey
        yield Wait(
            rollout=survey.rollout,
            title=_("Publish: %s") % survey.name,
            url=reverse("feedback:publish", args=[survey.rollout.slug, survey.code]),
            roles=_roles("survey.publish"),
            seen_by=_roles("survey.publish"),
        )
