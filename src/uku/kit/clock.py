"""Business time: dates, expiry and schedules. Leases, pace and queue use the database's own clock instead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import models

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
    return datetime.now(UTC) + _offset()


def today(zone: str) -> date:
    """Return the date that it is in `zone`, an IANA name, by business time."""
    return local_time(now(), zone).date()


def move(*, seconds: int) -> None:
    """Set how far business time runs ahead of real time. Raises RuntimeError without UKU_TEST_CLOCK."""
    if not settings.UKU.test_clock:
        raise RuntimeError("time moves only under UKU_TEST_CLOCK=1")
    ClockOffset.objects.update_or_create(pk=1, defaults={"seconds": seconds})


def _offset() -> timedelta:
    if not settings.UKU.test_clock:
        return timedelta()
    row = ClockOffset.objects.filter(pk=1).first()
    return timedelta(seconds=row.seconds if row else 0)
