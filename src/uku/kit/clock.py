"""Business time, for dates, expiry and schedules; and the database's own clock, for leases, pace and queues.

Drills move business time. The database's clock is one for all machines, and nothing moves it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, models
from django.db.models import DateTimeField, Func

from uku.kit.times import local_time


class ClockOffset(models.Model):
    """How far drills have moved business time. One row at the most; read only under UKU_TEST_CLOCK."""

    seconds = models.BigIntegerField(default=0)

    class Meta:
        app_label = "uku"

    def __str__(self) -> str:
        return f"{self.seconds} seconds ahead"


def now() -> datetime:
    """Return business time in UTC."""
    return datetime.now(UTC) + timedelta(seconds=_read_offset() if settings.UKU.test_clock else 0)


def _read_offset() -> int:
    """Return how many seconds ahead drills run; in plain SQL, so that it weighs little in what they measure."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seconds FROM uku_clockoffset WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else 0


def real_now() -> datetime:
    """Return real time in UTC, to be shown beside times of the database's own clock."""
    return datetime.now(UTC)


def today(zone: str) -> date:
    """Return the date that it is in `zone`, an IANA name, by business time."""
    return local_time(now(), zone).date()


def move(*, seconds: int) -> None:
    """Set how far business time runs ahead of real time. Raises RuntimeError without UKU_TEST_CLOCK."""
    if not settings.UKU.test_clock:
        raise RuntimeError("time moves only under UKU_TEST_CLOCK=1")
    ClockOffset.objects.update_or_create(pk=1, defaults={"seconds": seconds})


def database_now() -> Func:
    """Return `clock_timestamp()` as an expression, for filters and updates."""
    return Func(function="clock_timestamp", output_field=DateTimeField())
