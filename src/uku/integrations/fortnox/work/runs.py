"""A sync of any kind: run by its request, and what its failure means. Here a kind becomes a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from fortnox_api import Forbidden, FortnoxError
from uku.integrations.fortnox.articles.importer import ARTICLE_IMPORTER
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.health import alerts, sync_issues
from uku.integrations.fortnox.invoices.comparison import compare_invoices
from uku.integrations.fortnox.models import Connection, FailingKind, RunKind, RunState, StopReason, SyncRun
from uku.integrations.fortnox.payments.resync import read_payments_again
from uku.integrations.fortnox.payments.sync import read_payments
from uku.integrations.fortnox.resources import RESOURCES
from uku.integrations.fortnox.statistics.sync import read_statistics
from uku.integrations.fortnox.sync import details, sync_run
from uku.integrations.fortnox.sync.engine import read_one, run_import
from uku.integrations.fortnox.sync.records import Importer
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.kit import clock

IMPORTERS: Final[Mapping[str, Importer]] = {
    RunKind.CUSTOMERS: CUSTOMER_IMPORTER,
    RunKind.ARTICLES: ARTICLE_IMPORTER,
}
SYNCS: Final[Mapping[str, Callable[[SyncRequest], SyncRun | None]]] = {
    RunKind.CUSTOMERS: partial(run_import, CUSTOMER_IMPORTER),
    RunKind.ARTICLES: partial(run_import, ARTICLE_IMPORTER),
    RunKind.PAYMENTS: read_payments,
    RunKind.STATISTICS: read_statistics,
    RunKind.COMPARISON: compare_invoices,
}
RELOAD_SYNCS: Final = {**SYNCS, RunKind.PAYMENTS: read_payments_again}


def run_sync(request: SyncRequest) -> SyncRun | None:
    """Run one kind of sync. What Fortnox refuses is written down; what passes by itself is left to the sweep.

    Returns the run, paused when an import stored as many pages as it was to store; None when Fortnox failed, or when a
    reload goes on with the run.
    """
    connection, kind = request.connection, request.kind
    if request.reload is None and sync_run.is_of_a_reload(kind):
        return None  # it goes on with it, and what it reads is as new
    run = None
    try:
        run = (SYNCS if request.reload is None else RELOAD_SYNCS)[kind](request)
    except FortnoxError as error:
        note_failure(connection, error)
        _stop_or_retry(kind, error)
    else:
        sync_issues.solve(company_id=connection.company_id, kind=str(kind), numbers=[""], at=clock.now())
    found_something = run is None or run.state != RunState.DONE or run.full or any(run.counts.values())
    if found_something or FailingKind.objects.exists():  # else a review would tell the same as the last one
        alerts.review(connection, at=clock.now())
    return run


def _stop_or_retry(kind: RunKind, error: FortnoxError) -> None:
    """End a run that failed for good; one that met a passing error is resumed at its page, a few times (F53).

    A missing permission or licence stops its own kind of data only.
    """
    run = SyncRun.objects.filter(kind=kind, state=RunState.RUNNING).first()
    if run is None:
        return
    if error.transient and run.tries < sync_run.MOST_TRIES:
        run.tries += 1
        run.save(update_fields=["tries"])
        return
    refused, at = isinstance(error, Forbidden), clock.now()
    text = error.message if refused else sync_run.failure_text(run, error.message or error.reason)
    stop_reason = StopReason.NOT_PERMITTED if refused else ""
    sync_run.end(run, at=at, state=RunState.STOPPED, text=text, stop_reason=stop_reason)
    sync_issues.note(company_id=run.company_id, kind=str(kind), number="", error=error, at=at)


def read_record(*, connection: Connection, kind: RunKind, number: str) -> None:
    """Read one customer or article again, because a person asked for it."""
    try:
        read_one(IMPORTERS[kind], connection, number)
    except FortnoxError as error:
        note_failure(connection, error)
        company, issue_kind = connection.company_id, RESOURCES[kind].issue_kind
        sync_issues.note(company_id=company, kind=issue_kind, number=number, error=error, at=clock.now())


def read_detail_slice(connection: Connection, check: Callable[[], None]) -> bool:
    """Read a slice of the details that are due; `check` runs before each request. False when Fortnox refused."""
    try:
        with open_fortnox(connection, check) as fortnox:
            details.read_slice(fortnox, connection.company_id, IMPORTERS.values())
    except FortnoxError as error:
        note_failure(connection, error)
        return False
    return True
