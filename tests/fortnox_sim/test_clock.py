"""Business time and Stockholm's wall clock."""

from datetime import UTC, datetime

import pytest

from fortnox_sim.clock import Clock, parse_moment, to_stockholm_time


@pytest.mark.parametrize(
    ("moment", "local"),
    [
        ("2026-01-15T12:00:00+00:00", "2026-01-15T13:00:00+01:00"),
        ("2026-03-29T00:59:59+00:00", "2026-03-29T01:59:59+01:00"),
        ("2026-03-29T01:00:00+00:00", "2026-03-29T03:00:00+02:00"),
        ("2026-10-25T00:59:59+00:00", "2026-10-25T02:59:59+02:00"),
        ("2026-10-25T01:00:00+00:00", "2026-10-25T02:00:00+01:00"),
    ],
)
def test_summer_time_begins_and_ends_as_the_union_rules(moment, local):
    assert to_stockholm_time(datetime.fromisoformat(moment)).isoformat() == local


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-31T12:00:00", "2026-03-31T10:00:00+00:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"),
    ],
)
def test_a_moment_without_zone_is_swedish(text, utc):
    assert parse_moment(text).isoformat() == utc


def test_a_clock_that_follows_real_time_keeps_what_it_was_given():
    clock = Clock()
    clock.set("2030-05-05T08:00:00")
    clock.advance(60)
    other = Clock()
    other.restore(clock.state())
    assert abs((other.now() - datetime(2030, 5, 5, 6, 1, tzinfo=UTC)).total_seconds()) < 60
    assert other.today().isoformat() == "2030-05-05"


def test_a_clock_that_stands_still_keeps_its_moment():
    clock = Clock("2026-03-31T12:00:00")
    other = Clock()
    other.restore(clock.state())
    assert other.stamp() == "2026-03-31 12:00:00"
