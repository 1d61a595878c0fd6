"""Business time moves when a drill says so; the database's own clock never does (decision 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db.models import F

from uku.kit import clock
from uku.kit.clock import ClockOffset, database_now

DAY = 24 * 3600


@pytest.fixture
def drill(settings):
    settings.UKU = settings.UKU.model_copy(update={"test_clock": True})


def database_time() -> datetime:
    ClockOffset.objects.get_or_create(pk=1)
    return ClockOffset.objects.annotate(at=database_now()).values_list("at", flat=True).get()


def test_business_time_runs_ahead_by_the_offset_and_the_databases_clock_does_not(db, drill):
    before, database_before = clock.now(), database_time()
    clock.move(seconds=40 * DAY)
    assert timedelta(days=40) <= clock.now() - before < timedelta(days=41)
    assert timedelta() < database_time() - database_before < timedelta(days=1)


def test_moving_again_replaces_the_offset(db, drill):
    clock.move(seconds=40 * DAY)
    clock.move(seconds=0)
    assert [str(row) for row in ClockOffset.objects.all()] == ["0 seconds ahead"]


def test_an_offset_that_was_left_behind_is_not_read_in_service(db, settings):
    ClockOffset.objects.create(pk=1, seconds=40 * DAY)
    assert not settings.UKU.test_clock
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(days=1)


def test_moving_time_in_service_is_refused(db):
    with pytest.raises(RuntimeError, match="UKU_TEST_CLOCK"):
        clock.move(seconds=1)
    assert ClockOffset.objects.count() == 0


def test_the_databases_clock_runs_on_inside_a_transaction(db):
    assert database_time() < database_time()
    row = ClockOffset.objects.annotate(at=database_now(), later=F("seconds")).get()
    assert row.at.tzinfo is not None


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Europe/Stockholm", date(2026, 3, 31)), ("Europe/Helsinki", date(2026, 4, 1)), ("UTC", date(2026, 3, 31))],
)
def test_today_is_the_date_of_the_firms_own_zone(zone, day):
    with time_machine.travel(datetime(2026, 3, 31, 21, 30, tzinfo=UTC), tick=False):
        assert clock.today(zone) == day
