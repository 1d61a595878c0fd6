"""When the next run of a kind is due: by its interval, after a cut, and at once after a cure."""

from __future__ import annotations

from datetime import datetime, timedelta

from uku.integrations.fortnox.models import Connection, RunKind, RunState, SyncRun
from uku.integrations.fortnox.tokens import app_credentials, renewal
from uku.tasks.models import SummaryPlan

CYCLE = timedelta(minutes=15)
RESUME_AFTER = timedelta(minutes=5)
EVERY = {
    RunKind.CUSTOMERS: CYCLE,
    RunKind.ARTICLES: CYCLE,
    RunKind.PAYMENTS: CYCLE,
    RunKind.STATISTICS: timedelta(days=1),
}


def is_due(
    connection: Connection, kind: RunKind, interval: timedelta, at: datetime, *, resume_after: timedelta = RESUME_AFTER
) -> bool:
    """Say whether the company's newest run of a kind is old enough for the next, or was cut off and waits.

    One that still runs for another company does not hold this one back: it is stopped when the next begins. A run from
    before the last cure is always old enough, for what it met may be gone; so is one that stopped before the operator
    mended the app's credentials.
    """
    if kind == RunKind.STATISTICS and not SummaryPlan.objects.filter(active=True).exists():
        return False  # nothing counts them, so no run would ever say that it was done
    newest = SyncRun.objects.filter(kind=kind, company_id=connection.company_id).order_by("-id").first()
    if newest is not None and newest.state == RunState.RUNNING:
        if newest.reload_id is not None:
            return False  # the reload goes on with it
        return at - newest.started_at >= resume_after
    if newest is None or at - newest.started_at >= interval:
        return True
    mended_at = app_credentials.mended_at() if newest.state == RunState.STOPPED else None
    cures = (renewal.cured_at(connection), mended_at)
    return any(cure is not None and newest.started_at < cure for cure in cures)
