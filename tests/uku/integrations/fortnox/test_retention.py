"""Runs go after 90 days, a slice at a time; what a page, the next run or a reload still asks for stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.uku.integrations.fortnox.standing_rows import COMPANY, connected, failed, ran

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.health import summary
from uku.integrations.fortnox.models import Connection, Reload, RunKind, SkippedRecord, SyncIssue, SyncRun
from uku.integrations.fortnox.sync import retention
from uku.integrations.fortnox.sync.sync_run import last_done
from uku.kit import clock
from uku.kit.scoping import workspace_in_force

DAY = 24 * 60


def run(days_ago: int, kind: str = "customers", **facts) -> int:
    pk: int = ran(kind, minutes_ago=days_ago * DAY, **facts).pk
    return pk


def delete_old() -> list[int]:
    """Run the job of the night; return the runs that are left, in the order they began."""
    jobs.delete_old_lists.func(timestamp=0)
    return list(SyncRun.objects.order_by("id").values_list("pk", flat=True))


def test_runs_of_more_than_90_days_ago_go_with_their_lists(scope):
    connected()
    old = run(92)
    SkippedRecord.objects.create(run_id=old, number="1", reason="Inactive in Fortnox")
    stays = [run(89), run(1)]
    SkippedRecord.objects.create(run_id=stays[0], number="1", reason="Inactive in Fortnox")
    assert delete_old() == stays
    assert list(SkippedRecord.objects.values_list("run", flat=True)) == [stays[0]]


def test_the_newest_of_each_kind_and_company_stays_and_with_it_where_the_next_run_begins(scope):
    connection = connected()
    stays = []
    for kind in RunKind:
        for company in (COMPANY, "556002"):
            run(200, kind, company_id=company)
            stays.append(run(150, kind, company_id=company))
            stays.append(run(120, kind, company_id=company, state="stopped"))
    assert delete_old() == stays
    assert [last_done(connection, kind).pk for kind in RunKind] == stays[::4]


def test_the_first_import_is_shown_with_its_counts_for_as_long_as_it_waits(scope, signed_in, owner):
    connected()
    first = run(200, full=True, counts={"seen": 4321})
    runs = [run(150), run(1)]
    assert delete_old() == [first, runs[1]]
    page = signed_in(owner).get(reverse("fortnox:review", kwargs={"slug": scope.slug}))
    assert "4,321" in page.content.decode()


def test_the_runs_of_a_reload_and_one_that_is_not_done_stay(scope):
    connected()
    at = clock.now() - timedelta(days=200)
    reload = Reload.objects.create(company_id=COMPANY, state="done", started_at=at, finished_at=at)
    stays = [run(200, reload=reload), run(150, "articles", state="running"), run(1), run(1, "payments")]
    assert delete_old() == stays


@pytest.mark.parametrize("reason", ["", "not_permitted"])
def test_of_failures_without_a_success_after_them_the_first_and_the_last_stay(scope, reason):
    """Since when it fails, what Fortnox refused, and the issue that is open about it are told as before."""
    connected()
    run(300, state="stopped", stop_reason=reason)
    success = run(250)
    facts = {"state": "stopped", "stop_reason": reason, "text": "Nej"}
    stays = [success, run(200, **facts)]
    for days in (180, 170, 160):
        run(days, **facts)
    stays += [run(150, **facts)]
    failed("customers", "", code="2000663", message="Nej")
    before = summary.lines(summary.health_of(Connection.objects.get()))
    assert delete_old() == stays
    assert summary.lines(summary.health_of(Connection.objects.get())) == before
    assert SyncIssue.objects.filter(solved_at=None).count() == 1


def test_they_go_in_slices_each_in_a_transaction_of_its_own(committed, scope, monkeypatch):
    connected()
    monkeypatch.setattr(retention, "SLICE", 10)
    for days in range(130, 95, -1):
        SkippedRecord.objects.create(run_id=run(days), number="1", reason="Inactive in Fortnox")
    stays = [run(1)]
    with CaptureQueriesContext(database) as made:
        assert delete_old() == stays
    deleted = [query["sql"].split()[2] for query in made if query["sql"].startswith("DELETE")]
    assert (deleted.count('"fortnox_passedover"') >= 4, deleted.count('"fortnox_run"')) == (True, 4)
    between = [query["sql"] for query in made if query["sql"] in {"BEGIN", "COMMIT"}]
    assert between == ["BEGIN", "COMMIT"] * (len(between) // 2)
    assert SkippedRecord.objects.count() == 0


def test_another_workspaces_runs_keep_none_of_ours_and_lose_none_of_theirs(scope, other_workspace):
    ours = run(120)
    with workspace_in_force(other_workspace.pk):
        theirs = [run(110), run(1)]
    assert delete_old() == [ours]
    with workspace_in_force(other_workspace.pk):
        assert list(SyncRun.objects.values_list("pk", flat=True)) == theirs[1:]
