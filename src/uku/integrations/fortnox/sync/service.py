"""One entry for every kind of sync, and one place where its failure becomes a fact about the connection."""

from __future__ import annotations

from collections.abc import Callable

from fortnox_api import Forbidden, FortnoxError
from uku.integrations.fortnox.client.open import may_go_out, open_fortnox
from uku.integrations.fortnox.health import alerts, sync_issues
from uku.integrations.fortnox.models import (
    ArticleRecord,
    Connection,
    CustomerRecord,
    Reload,
    RunKind,
    RunState,
    StopReason,
    SyncRun,
)
from uku.integrations.fortnox.payments.resync import read_payments_again
from uku.integrations.fortnox.payments.sync import read_payments
from uku.integrations.fortnox.reload.queries import window_of
from uku.integrations.fortnox.statistics.sync import read_statistics
from uku.integrations.fortnox.sync import details, sync_run
from uku.integrations.fortnox.sync.engine import read_one, run_import
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.integrations.fortnox.work import requests
from uku.kit import clock


def run_sync(
    *,
    connection: Connection,
    kind: RunKind,
    full: bool = False,
    asked_by: int | None = None,
    reload: Reload | None = None,
    check: Callable[[], None] | None = None,
    pages: int | None = None,
) -> bool:
    """Run one kind of sync. What Fortnox refuses is written down; what passes by itself is left to the sweep.

    `asked_by` is the id of who pressed a button, None for the schedule. `reload`, `check` and `pages` are as in
    `run_import`. Returns True when an import stored as many pages as it was to store, and is to go on.
    """
    if reload is None and sync_run.is_of_a_reload(kind):
        return False  # it goes on with it, and what it reads is as new
    more = False
    try:
        if kind in {RunKind.CUSTOMERS, RunKind.ARTICLES}:
            run = run_import(
                connection=connection,
                kind=kind,
                full=full,
                asked_by=asked_by,
                reload=reload,
                check=check,
                pages=pages,
            )
            more = bool(run.state == RunState.RUNNING and run.counts.get(sync_run.PAUSED))
            requests.enqueue_details(connection)
        elif reload is not None:
            _read_again(connection, kind, reload, asked_by, check)
        elif kind == RunKind.PAYMENTS:
            read_payments(connection=connection, asked_by=asked_by)
        else:
            read_statistics(connection=connection, asked_by=asked_by)
    except FortnoxError as error:
        note_failure(connection, error)
        _stop(kind, error)
    else:
        sync_issues.solve(company_id=connection.company_id, kind=str(kind), numbers=[""], at=clock.now())
    alerts.review(connection, at=clock.now())
    return more


def _read_again(
    connection: Connection, kind: RunKind, reload: Reload, asked_by: int | None, check: Callable[[], None] | None
) -> None:
    """The paid status, or the statistics, of the whole window of a reload."""
    first = window_of(connection, reload.started_at).first
    if kind == RunKind.PAYMENTS:
        read_payments_again(connection=connection, reload=reload, first=first, asked_by=asked_by, check=check)
    else:
        read_statistics(connection=connection, asked_by=asked_by, again_from=first, reload=reload, check=check)


def read_record(*, connection: Connection, kind: RunKind, number: str) -> None:
    """Read one customer or article again, because a person asked for it."""
    record_kind = sync_issues.CUSTOMER if kind == RunKind.CUSTOMERS else sync_issues.ARTICLE
    try:
        read_one(connection=connection, kind=kind, number=number)
    except FortnoxError as error:
        note_failure(connection, error)
        company = connection.company_id
        sync_issues.note(company_id=company, kind=record_kind, number=number, error=error, at=clock.now())


def read_detail_slice(*, connection: Connection, at_most: int) -> bool:
    """Read a slice of details; say whether more wait."""
    try:
        with open_fortnox(connection) as fortnox:
            return details.read_slice(fortnox, connection, at_most=at_most)
    except FortnoxError as error:
        note_failure(connection, error)
        return False


def read_article_now(record: ArticleRecord) -> None:
    """Read one article's detail for a person who waits; without Fortnox the list's facts must do."""
    _read_now(record)


def read_customer_now(record: CustomerRecord) -> None:
    """Read one customer's detail for a person who opens it; `record` is as stored then. Without Fortnox it stays."""
    _read_now(record)


def _read_now(record: ArticleRecord | CustomerRecord) -> None:
    connection = Connection.objects.filter(enabled=True, company_id=record.company_id).first()
    if connection is None or connection.block_reason or not may_go_out(connection):
        return
    try:
        with open_fortnox(connection) as fortnox:
            details.read_again(fortnox, record)
    except FortnoxError as error:
        note_failure(connection, error)


def _stop(kind: RunKind, error: FortnoxError) -> None:
    """A run that failed for good ends; one that met passing trouble is resumed at its page, a few times (F53).

    A missing permission or licence stops its own kind of data only (spec section 5).
    """
    run = SyncRun.objects.filter(kind=kind, state=RunState.RUNNING).first()
    if run is None:
        return
    if error.transient and run.counts.get(sync_run.TRIES, 0) < sync_run.MOST_TRIES:
        sync_run.count(run, sync_run.TRIES)
        run.save(update_fields=["counts"])
        return
    refused = isinstance(error, Forbidden)
    text = error.message if refused else sync_run.failed_at(run, error.message or error.reason)
    sync_run.end(
        run, at=clock.now(), state=RunState.STOPPED, text=text, stop_reason=StopReason.NOT_PERMITTED if refused else ""
    )
    sync_issues.note(company_id=run.company_id, kind=str(kind), number="", error=error, at=clock.now())
