"""The pages of the dialog cost the same however much there is: queries and bytes, counted where there is much."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.standing_rows import COMPANY, connected, failed, ran

from uku.clients.models import Client
from uku.integrations.fortnox.models import Reload, RunKind, SkippedRecord, SyncRun

MOST_QUERIES, MOST_BYTES = 20, 100_000


@pytest.fixture
def cost(scope, signed_in, owner):
    """Return what a page costs its owner: queries, but for those that ask how far tests moved the clock, and bytes."""
    browser = signed_in(owner)

    def of(name: str) -> tuple[int, int]:
        with CaptureQueriesContext(database) as made:
            answer = browser.get(reverse(f"fortnox:{name}", kwargs={"slug": scope.slug}))
        assert answer.status_code == 200
        return sum("uku_clockoffset" not in query["sql"] for query in made), len(answer.content)

    return of


def run_often(count: int) -> None:
    """Runs of each kind, each of which skipped records."""
    for number in range(count):
        for kind in RunKind:
            ran(kind, minutes_ago=1 + number, counts={"seen": 10})
    SkippedRecord.objects.bulk_create(
        SkippedRecord(workspace_id=run.workspace_id, run=run, number=str(number), name="X AB", reason="Inactive")
        for run in SyncRun.objects.all()
        for number in range(60)
    )


def test_activity_costs_the_same_after_many_runs_as_after_few(scope, cost):
    connected()
    run_often(6)
    reloaded()
    failed("customer", "0", code="2000359", message="Nej")
    few, _ = cost("activity")
    for number in range(1, 300):
        failed("customer", str(number), code="2000359", message="Nej")
    run_often(40)
    many, size = cost("activity")
    assert (many == few, many <= MOST_QUERIES, size <= MOST_BYTES) == (True, True, True), (few, many, size)


def test_settings_cost_the_same_with_many_clients_as_with_few(scope, cost):
    connected()
    reloaded()
    few, _ = cost("settings")
    Client.objects.bulk_create(
        Client(workspace_id=scope.pk, name=f"Klient {number:04}", name_sort=f"{number:04}", created_at=AT)
        for number in range(500)
    )
    many, size = cost("settings")
    assert (many == few, many <= MOST_QUERIES, size <= MOST_BYTES) == (True, True, True), (few, many, size)


def reloaded() -> None:
    Reload.objects.create(company_id=COMPANY, state="done", started_at=AT, finished_at=AT)
