"""From a rollout to its plan file."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from phases.documents.document import VERSION, adapter_of
from phases.documents.problems import ExportRefused
from phases.documents.writer import write
from phases.models import Rollout
from phases.registry import plan_sections


def export_plan(rollout: Rollout) -> str:
    """Return the plan of `rollout` as a plan file, always the same bytes for the same plan.

    :raises ExportRefused: when the rollout holds something that a plan file cannot say.
    """
    return write(plain_plan(rollout))


def plain_plan(rollout: Rollout) -> Mapping[str, Any]:
    """Return the plan of `rollout` as the plain data of its plan file.

    :raises ExportRefused: as above.
    """
    plan: dict[str, Any] = {"version": VERSION}
    for name, section in plan_sections().items():
        try:
            dumped = section.dump(rollout)
            if dumped is not None:
                plan[name] = adapter_of(section).dump_python(dumped, exclude_defaults=True)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            where = ", ".join(str(step) for step in (name, error.title, *detail["loc"]))
            cause = detail.get("ctx", {}).get("error") or detail["msg"]
            raise ExportRefused(_refusal(f"{where}: {cause}")) from error
        except ValueError as error:
            raise ExportRefused(_refusal(f"{name}: {error}")) from error
    return plan


def _refusal(what: str) -> str:
    return _("The plan cannot be written as a plan file. %s") % what
