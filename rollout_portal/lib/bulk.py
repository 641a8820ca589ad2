"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

For narrow tables that are written by the thousand. No signals, no `save()`; constraints and triggers of
the database hold as ever. Call it inside a transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add `rows` to the table of `model`; each row holds Python values in the order of `columns`.

    A foreign key is given by its column (`metric_id`). Columns that are left out get the database's
    default, so every column without one must be named.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # COPY goes past Django's cursor, so its errors are turned into Django's here.
            copying = f"COPY {table} ({names}) FROM STDIN"
            with connection.wrap_database_errors, cursor.copy(copying) as copy:
                for row in rows:
                    copy.write_row(row)
            return
        fields = {field.column: field for field in model._meta.concrete_fields}
        adapters = [_adapter(fields[name]) for name in columns]
        adapted = [
            [None if value is None else adapt(value) for adapt, value in zip(adapters, row, strict=True)]
            for row in rows
        ]
        places = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", adapted)  # noqa: S608


def _adapter(field: Any) -> Callable[[Any], Any]:
    """Return what turns a Python value of `field` into one that SQLite takes."""
    match field:
        case models.DecimalField():
            return lambda value: connection.ops.adapt_decimalfield_value(
                value, field.max_digits, field.decimal_places
            )
        case models.UUIDField():
            return lambda value: value.hex
        case models.DateTimeField():
            return connection.ops.adapt_datetimefield_value
        case models.JSONField():
            return lambda value: field.get_db_prep_value(value, connection)
        case _:
            return lambda value: value
