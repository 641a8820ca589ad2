"""Who holds a message, and for how long. Every comparison is made by the database's own clock."""

from datetime import timedelta
from typing import Final

from django.db.models import DateTimeField, ExpressionWrapper, F, Value
from django.db.models.functions import Now

# Each must be longer than the next: a sender gives up before its lease ends, and a socket before that.
LEASE: Final = timedelta(seconds=60)
MESSAGE_DEADLINE: Final = 45.0
SOCKET_TIMEOUT: Final = 10.0


def ahead(duration: timedelta) -> ExpressionWrapper:
    """Return the database's now plus `duration`, as an expression for an UPDATE or INSERT."""
    return ExpressionWrapper(Now() + Value(duration), output_field=DateTimeField())


def one_more(field: str) -> F:
    """Return the column's value plus one, as an expression."""
    return F(field) + 1  # type: ignore[return-value]
