"""Telling the team at once about what a triage rule says, and once only."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from feedback.models import FeedbackItem, PriorityRule
from rollout_portal.outbox import builtin, links
from rollout_portal.outbox import services as outbox
from rollout_portal.outbox.states import MessageKind

ITEM_LINK: Final = "feedback.open_item"


def rule_for(item: FeedbackItem) -> PriorityRule | None:
    """Return the first triage rule of the rollout that is about `item`."""
    rules = PriorityRule.objects.filter(rollout=item.rollout).order_by("position", "pk")
    return next((rule for rule in rules if rule.fits(item)), None)


def tell_team(item: FeedbackItem, now: datetime) -> int:
    """Tell everybody who holds the role that the rule names; return how many.

    Once per item, whatever happens to it later: by `notified_at`, and by the key of each message. Called in
    the transaction of the change, with the item locked.
    """
    if item.notified_at is not None or not item.is_open:
        return 0
    rule = rule_for(item)
    if rule is None or not rule.notify:
        return 0
    holders = item.rollout.roles.current(now).filter(role=rule.notify).select_related("user")
    people = {role.user.pk: role.user for role in holders}
    if not people:
        return 0
    kind = item.get_kind_display()
    outbox.enqueue_many(
        [
            outbox.Draft(
                key=f"feedback:{item.uuid}:notice:{user.uuid}",
                template=builtin.STAFF_NOTICE,
                kind=MessageKind.STAFF_NOTICE,
                scope=item.rollout.uuid,
                to=user.email,
                to_name=user.name,
                language=user.language,
                reference=user.uuid,
                params={
                    "name": user.name or user.email,
                    "headline": _("%(item)s: %(kind)s") % {"item": item.label, "kind": kind},
                    "text": _where_from(item),
                    "rollout": item.rollout.name,
                    "page_link": links.to(ITEM_LINK, item.uuid),
                },
            )
            for user in people.values()
        ]
    )
    item.notified_at = now
    item.save(update_fields=["notified_at"])
    return len(people)


def _where_from(item: FeedbackItem) -> str:
    """Say what came in without the tester's own words: those stay where erasure reaches them."""
    if item.phase is None:
        return _("It came in just now, in %(language)s.") % {"language": item.language_name}
    return _("It came in just now, in %(language)s, from %(phase)s.") % {
        "language": item.language_name,
        "phase": item.phase.name,
    }
