"""From when a run reads what changed: far enough back for Fortnox's clock, and no further."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from uku.integrations.fortnox.sync.sync_run import with_overlap

TEN_MINUTES, TWO_HOURS = timedelta(minutes=10), timedelta(hours=2)


@pytest.mark.parametrize(
    ("moment", "overlap"),
    [
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), TEN_MINUTES),
        (datetime(2026, 10, 24, 20, 0, tzinfo=UTC), TEN_MINUTES),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), TWO_HOURS),  # 02:30 for the first time
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), TWO_HOURS),  # 02:30 for the second time
        (datetime(2026, 10, 25, 6, 0, tzinfo=UTC), TEN_MINUTES),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), TWO_HOURS),
    ],
)
def test_a_run_looks_back_ten_minutes_and_two_hours_near_a_clock_change(moment, overlap):
    assert moment - with_overlap(moment) == overlap
