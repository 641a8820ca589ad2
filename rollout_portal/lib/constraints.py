"""Constraints that several rooms put on their tables."""

from django.db import models
from django.db.models import Q


def known_values(
    name: str, field: str, choices: type[models.TextChoices], *, blank: bool = False
) -> models.CheckConstraint:
    """Return the constraint `name`: the database itself keeps in `field` nothing but one of `choices`.

    With `blank` the field may also be empty.
    """
    known = [*([""] if blank else []), *choices.values]
    return models.CheckConstraint(condition=Q(**{f"{field}__in": known}), name=name)
