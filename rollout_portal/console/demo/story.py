"""The demo from its first to its present day."""

import secrets
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from phases.documents.importer import import_plan
from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.console.demo import cast, phase_one, readings, testers, voices
from rollout_portal.console.demo.calendar import Calendar
from rollout_portal.lib import clock

PLAN = "medimate.yaml"
ZONE = "Asia/Kuala_Lumpur"


def load() -> str:
    """Load the demo if no rollout is there; return how to sign in, or why nothing was loaded."""
    path = Path(settings.VAR_DIR) / "demo-password"
    if Rollout.objects.exists():
        if path.exists():
            return cast.logins(path.read_text(encoding="ascii").strip())
        return _("A rollout is there already; the demo was not loaded.")
    password = secrets.token_urlsafe(9)
    with transaction.atomic():
        _play(password)
        _keep(password, path)
    return cast.logins(password)


def _play(password: str) -> None:
    data = (settings.BASE_DIR / "plans" / PLAN).read_bytes()
    now = clock.now()
    people = cast.make_accounts(password, ZONE)
    days = Calendar.around(now, ZoneInfo(ZONE))
    with days.at(0, 3, 10):
        imported = import_plan(data=data, source=PLAN, by=cast.DEMO)
        rollout = Rollout.objects.get(slug=imported.slug)
        cast.give_roles(rollout, people)
    phase_one.play(rollout, people, days)
    testers.play(rollout, people, days)
    voices.play(rollout, people, days)
    readings.play(rollout, people[RoleName.RELEASE_ENGINEER], days)


def _keep(password: str, path: Path) -> None:
    """Keep the password of this one installation in a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"{password}\n", encoding="ascii")
