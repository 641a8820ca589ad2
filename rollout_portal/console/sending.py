"""What the console says about sending, wherever it says it: words, the band, and what waits for a person."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Count
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from phases.models import Rollout
from phases.permissions import acts
from phases.registry import Wait, waits
from rollout_portal.console.frame import Band, band_source
from rollout_portal.console.record import words_for
from rollout_portal.outbox.models import Channel, Message
from rollout_portal.outbox.states import WAITING, Reason

# A server that failed once is asked again within seconds; nobody need hear of it.
_WORTH_A_BAND: Final = 3

words_for(
    {
        "template.written": gettext_lazy("wrote the text %(object)s"),
        "message.marked_sent": gettext_lazy("marked as sent: %(object)s"),
        "message.sent_again": gettext_lazy("sent again: %(object)s"),
        "message.addresses_erased": gettext_lazy("erased the address from messages such as %(object)s"),
        "address.blocked": gettext_lazy("blocked an address: %(object)s"),
        "address.unblocked": gettext_lazy("allowed an address again: %(object)s"),
        "cap.set": gettext_lazy("set a sending limit: %(object)s"),
        "quiet_hours.set": gettext_lazy("set quiet hours: %(object)s"),
    }
)


def mask(address: str) -> str:
    """Return an address as everybody may see it: "a…@example.org"."""
    local, _at, domain = address.rpartition("@")
    # A word joiner on both sides of the dots keeps a narrow column from breaking there.
    return f"{local[:1]}\u2060…\u2060@{domain}" if domain else ""


def reason_words(reason: str) -> str:
    """Return why a message stands where it stands, in words; a code of another room as words too."""
    known = dict(Reason.choices).get(reason)
    return str(known) if known else reason.replace("_", " ")


@band_source
def paused(request: HttpRequest, rollout: Rollout | None) -> Iterator[Band]:
    """Say on every page that a mail server cannot be reached, how much waits, and that nothing is lost."""
    away = Channel.objects.filter(failures__gte=_WORTH_A_BAND, paused_until__gt=Now())
    codes = list(away.values_list("pk", flat=True))
    if not codes:
        return
    waiting = Message.objects.filter(channel__in=codes, state__in=WAITING).count()
    text = ngettext(
        "Sending is paused, %s message waits. Nothing is lost.",
        "Sending is paused, %s messages wait. Nothing is lost.",
        waiting,
    )
    yield Band("system", text % f"{waiting:,}")


@waits
def uncertain(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Messages of which nobody knows whether they went out."""
    by_scope = dict(
        Message.objects.undecided()
        .filter(scope__in=[rollout.uuid for rollout in rollouts])
        .order_by()
        .values_list("scope")
        .annotate(Count("pk"))
    )
    roles = frozenset(role.value for role in acts()["message.decide"].roles)
    for rollout in rollouts:
        count = by_scope.get(rollout.uuid)
        if count:
            yield Wait(
                rollout=rollout,
                title=ngettext(
                    "Decide about %s uncertain message", "Decide about %s uncertain messages", count
                )
                % count,
                url=f"{reverse('console:messages', args=[rollout.slug])}?show=uncertain",
                roles=roles,
                note=_("The server may have taken it."),
            )
