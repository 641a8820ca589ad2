"""What a signature on a response rate rests on: per wave, who had been asked and who of them had answered.

As with marks (readings.py), the source is a wave with the digest of what it said at the moment of reading.
Checking it again reads that moment anew: people asked or answering later break nothing, an answer that is
gone, or one that was slipped in for that time, does.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from feedback.models import Response, SurveyRequest
from rollout_portal.lib.digests import fingerprint

PREFIX: Final = "feedback.asked:"


def sources(asked: QuerySet[SurveyRequest], as_of: datetime) -> tuple[str, ...]:
    """Return one source id per wave of the requests in `asked`, all of them sent by `as_of`."""
    answered = Response.objects.filter(request=OuterRef("pk"), submitted_at__lte=as_of)
    rows = asked.annotate(has_answered=Exists(answered)).order_by()
    by_wave: dict[str, list[tuple[str, bool]]] = {}
    for wave, request, has_answered in rows.values_list("occasion__uuid", "uuid", "has_answered"):
        by_wave.setdefault(str(wave), []).append((str(request), has_answered))
    return tuple(
        f"{PREFIX}{wave}:{fingerprint(sorted(by_wave[wave]))}:{as_of.isoformat()}" for wave in sorted(by_wave)
    )


def broken(cited: Sequence[str]) -> list[str]:
    """Return the cited waves that say something else now about that same moment."""
    return [source for source in cited if source.startswith(PREFIX) and not _whole(source)]


def _whole(source: str) -> bool:
    wave, _digest, moment = source.removeprefix(PREFIX).split(":", 2)
    as_of = datetime.fromisoformat(moment)
    asked = SurveyRequest.objects.filter(occasion__uuid=wave, sent_at__lte=as_of)
    return sources(asked, as_of) == (source,)
