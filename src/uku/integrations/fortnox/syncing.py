"""One entry for every kind of sync, and one place where its failure becomes a fact about the connection."""

from __future__ import annotations

import structlog

from fortnox_api import Forbidden, FortnoxError, GrantRevoked, Unauthorized
from uku.integrations.fortnox import jobs, linking, runs
from uku.integrations.fortnox.failures import in_words
from uku.integrations.fortnox.gateway import open_fortnox, renew_tokens
from uku.integrations.fortnox.importing import run_import
from uku.integrations.fortnox.models import ArticleRecord, Connection, Run, RunKind, RunState
from uku.integrations.fortnox.payments import read_payments
from uku.integrations.fortnox.preflight import read_article
from uku.integrations.fortnox.statistics import read_statistics
from uku.kit import clock

log = structlog.get_logger()
NEEDS_AUTHORIZATION = "needs_authorization"
NOT_PERMITTED = "not_permitted"


def run_sync(*, connection: Connection, kind: RunKind, full: bool = False) -> None:
    """Run one kind of sync. What Fortnox refuses is written down; what passes by itself is left to the sweep."""
    try:
        if kind in {RunKind.CUSTOMERS, RunKind.ARTICLES}:
            run_import(connection=connection, kind=kind, full=full)
            jobs.enqueue_details(connection)
        elif kind == RunKind.PAYMENTS:
            read_payments(connection=connection)
        else:
            read_statistics(connection=connection)
    except FortnoxError as error:
        note_failure(connection, error)
        _stop(kind, error)


def read_detail_slice(*, connection: Connection, at_most: int) -> bool:
    """Read a slice of details; say whether more wait."""
    try:
        with open_fortnox(connection) as fortnox:
            return linking.read_details(fortnox, connection, at_most=at_most)
    except FortnoxError as error:
        note_failure(connection, error)
        return False


def read_article_now(record: ArticleRecord) -> None:
    """Read one article's detail for a person who waits; without Fortnox the list's facts must do."""
    connection = Connection.objects.filter(enabled=True, company_id=record.company_id).first()
    if connection is None or not connection.is_connected:
        return
    try:
        with open_fortnox(connection) as fortnox:
            read_article(fortnox, record)
    except FortnoxError as error:
        note_failure(connection, error)


def renew(*, connection: Connection) -> None:
    """Refresh the tokens of an idle connection by one cheap request."""
    try:
        renew_tokens(connection)
    except FortnoxError as error:
        note_failure(connection, error)


def note_failure(connection: Connection, error: FortnoxError) -> None:
    """Write on the connection that its grant is dead, unless someone authorized meanwhile; log the rest."""
    log.warning("fortnox failed", error=type(error).__name__, fortnox_code=str(error.code), uid=error.request_id)
    if isinstance(error, (GrantRevoked, Unauthorized)):
        same_grant = Connection.objects.filter(pk=connection.pk, authorized_at=connection.authorized_at)
        same_grant.update(trouble=NEEDS_AUTHORIZATION, trouble_text=in_words(error))


def _stop(kind: RunKind, error: FortnoxError) -> None:
    """A run that failed for good ends; one that met passing trouble is resumed at its page, a few times (F53).

    A missing permission or licence stops its own kind of data only (spec section 5).
    """
    run = Run.objects.filter(kind=kind, state=RunState.RUNNING).first()
    if run is None:
        return
    if error.transient and run.counts.get("tries", 0) < runs.MOST_TRIES:
        runs.count(run, "tries")
        run.save(update_fields=["counts"])
        return
    trouble = NOT_PERMITTED if isinstance(error, Forbidden) else ""
    runs.end(run, at=clock.now(), state=RunState.STOPPED, text=in_words(error), trouble=trouble)
