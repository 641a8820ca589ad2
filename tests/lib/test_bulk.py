"""Many rows at once keep their values, and the database's rules hold for them."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from monitoring.models import Reading
from rollout_portal.lib.bulk import insert_rows
from tests.monitoring.factories import make_engineer, make_metric, make_rollout

COLUMNS = ("uuid", "metric_id", "at", "revision", "value", "n", "source", "note", "token_id", "recorded_by_id", "recorded_at")  # fmt: skip # noqa: E501
AT = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.django_db
def test_rows_come_back_as_they_went_in() -> None:
    rollout = make_rollout()
    metric, engineer = make_metric(rollout), make_engineer(rollout)
    row = (
        uuid.uuid4(),
        metric.pk,
        AT,
        0,
        Decimal("0.000000001"),
        None,
        "a\tb\\N\n“ü”",
        "",
        None,
        engineer.pk,
        AT,
    )
    insert_rows(Reading, COLUMNS, [row])
    assert Reading.objects.values_list(*COLUMNS).get() == row


@pytest.mark.django_db
def test_a_row_that_breaks_a_rule_keeps_all_out() -> None:
    rollout = make_rollout()
    metric, engineer = make_metric(rollout), make_engineer(rollout)
    good = (uuid.uuid4(), metric.pk, AT, 0, Decimal(1), None, "", "", None, engineer.pk, AT)
    same_moment = (uuid.uuid4(), *good[1:])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Reading, COLUMNS, [good, same_moment])
    assert not Reading.objects.exists()
