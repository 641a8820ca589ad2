"""Days that a plan can mean."""

from datetime import date
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2199, 12, 31)


def validate_day(value: date) -> None:
    """Refuse a day (or moment) that no plan means: a year later or a zone away it would be no date at all."""
    if not FIRST.year <= value.year <= LAST.year:
        raise ValidationError(_("Name a day between the years 2000 and 2199."))
