"""What stood in JSON, in texts and in sentences before is carried over into columns."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db import connection as database

from uku.integrations.fortnox.models import Reload, SyncRun
from uku.kit import clock

WHOLE = datetime(2026, 5, 4, 12, tzinfo=UTC)


def run_sql(migration, *names):
    module = import_module(f"uku.integrations.fortnox.migrations.{migration}")
    with database.cursor() as cursor:
        for name in names:
            cursor.execute(getattr(module, name))


def test_what_steered_a_run_stands_in_columns_and_what_it_counted_stays(scope):
    steering = {"list_told": 12, "list_came": 5, "list_moved": 1, "again": 1, "uneven": 1, "list_before": 3}
    counts = {**steering, "paused": 1, "tries": 2, "resumed": 4, "seen": 8, "total": 15}
    place = {"company_id": "1", "started_at": clock.now()}
    cut_off = SyncRun.objects.create(**place, kind="customers", counts=counts)
    fresh = SyncRun.objects.create(**place, kind="articles", counts={"seen": 1})
    run_sql("0019_steering_columns", "RUNS")
    cut_off.refresh_from_db()
    fresh.refresh_from_db()
    lists = (cut_off.list_total, cut_off.list_rows, cut_off.list_moved, cut_off.list_reread, cut_off.seen_before_list)
    assert lists == (12, 5, True, True, 3)
    assert (cut_off.paused, cut_off.tries, cut_off.interruptions, cut_off.lists_disagreed) == (True, 2, 4, True)
    assert (cut_off.counts, fresh.counts) == ({"seen": 8, "total": 15}, {"seen": 1})
    assert (fresh.list_total, fresh.paused, fresh.tries, fresh.interruptions) == (None, False, 0, 0)


def test_a_reload_that_waits_waits_on(scope):
    seconds = int(WHOLE.timestamp())
    details = {"details_total": 30, "details_read": 20, "details_began": seconds, "details_tries": 1}
    counts = {**details, "rests_until": seconds + 300, "requests": 44, "expect_details": 30}
    made = Reload.objects.create(company_id="1", started_at=WHOLE, counts=counts)
    run_sql("0019_steering_columns", "RELOADS")
    made.refresh_from_db()
    assert (made.retry_at - WHOLE).total_seconds() == 300
    assert (made.details_total, made.details_read, made.details_began_at, made.details_tries) == (30, 20, WHOLE, 1)
    assert (made.requests, made.counts) == (44, {"expect_details": 30})


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("disconnected", ("disconnected", "")),
        ("other_company", ("other_company", "")),
        ("trouble:needs_authorization", ("blocked", "needs_authorization")),
        ("run:payments", ("phase_failed", "")),
        ("lasting", ("phase_failed", "")),
        ("", ("", "")),
    ],
)
def test_why_a_reload_stopped_is_known_still(scope, text, reasons):
    made = Reload.objects.create(company_id="1", started_at=WHOLE)
    with database.cursor() as cursor:
        cursor.execute("UPDATE fortnox_reload SET text = %s WHERE id = %s", [text, made.pk])
    run_sql("0019_steering_columns", "RELOADS")
    made.refresh_from_db()
    assert (made.stop_reason, made.block_reason) == reasons
