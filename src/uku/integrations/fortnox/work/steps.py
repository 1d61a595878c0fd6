"""The one list of what is done for a connection: each step with when it is due and what does it.

Rooms that know their own step keep it; what dispatches over kinds of data stands here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from uku.integrations.fortnox.connection import steps as connection_steps
from uku.integrations.fortnox.customers import bulk_create
from uku.integrations.fortnox.health import alerts
from uku.integrations.fortnox.invoices import steps as invoice_steps
from uku.integrations.fortnox.models import (
    ArticleRecord,
    BulkCreation,
    CustomerRecord,
    InvoiceExport,
    Reload,
    RequestedRead,
    RequestedSync,
    RunKind,
    RunState,
    SyncRun,
)
from uku.integrations.fortnox.reload import steps as reloads
from uku.integrations.fortnox.statistics.preview import PREVIEW
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.tokens import app_credentials, renewal
from uku.integrations.fortnox.tokens.renewal import LONG_AGO
from uku.integrations.fortnox.work import runs
from uku.integrations.fortnox.work.due import EVERY
from uku.integrations.fortnox.work.step import Needs, Rank, Step, Work
from uku.kit import clock
from uku.products.models import Product
from uku.tasks.models import SummaryPlan

PAGES_AT_ONCE: Final = 10
"""Of an import in one step; what a person waits for goes between any two requests."""
REVIEW_EVERY: Final = timedelta(minutes=15)
_THEIRS: Final = {"workspace": OuterRef("workspace"), "company_id": OuterRef("company_id")}
_RANKS: Final = {
    RunKind.PAYMENTS: Rank.READ_BACK,
    RunKind.STATISTICS: Rank.STATISTICS,
    RunKind.COMPARISON: Rank.STATISTICS,
}


def _sync_step(kind: RunKind) -> Step:
    """A kind of data: due by its interval, at once when asked for, taken up again when it was cut off."""
    run, asked = f"{kind}_run", f"{kind}_asked"
    newest = SyncRun.everywhere.filter(kind=kind, **_THEIRS).order_by("-id")
    facts: dict[str, Any] = {
        run: Subquery(newest.values(facts=JSONObject(state="state", at="started_at", reload="reload_id"))[:1]),
        asked: Subquery(RequestedSync.everywhere.filter(kind=kind, **_THEIRS).values("asked_at")[:1]),
    }
    if kind == RunKind.STATISTICS:
        plans = SummaryPlan.everywhere.filter(active=True, tie=None)
        facts["counts_something"] = Exists(plans.filter(workspace=OuterRef("workspace")))
    if kind == RunKind.COMPARISON:
        facts["first_sent_at"] = Subquery(
            InvoiceExport.everywhere.filter(**_THEIRS).order_by("id").values("created_at")[:1]
        )
    return Step(
        str(kind),
        _RANKS.get(kind, Rank.IMPORT),
        lambda row: _sync_due(row, kind, getattr(row, run), getattr(row, asked)),
        partial(_run_sync, kind=kind),
        facts,
    )


def _sync_due(row: Any, kind: RunKind, newest: dict[str, Any] | None, asked_at: datetime | None) -> datetime | None:
    if kind == RunKind.STATISTICS and not row.counts_something:
        return None  # nothing counts them, so no run would ever say that it was done
    if kind == RunKind.COMPARISON and newest is None and asked_at is None:
        first: datetime | None = row.first_sent_at
        return first and first + EVERY[kind]
    if newest is None:
        return asked_at or LONG_AGO
    started = datetime.fromisoformat(newest["at"])
    if newest["state"] == RunState.RUNNING:
        return None if newest["reload"] else started  # a reload goes on with its own
    stopped = newest["state"] == RunState.STOPPED
    cures = (renewal.cured_at(row), app_credentials.mended_at() if stopped else None)
    woken = [at for at in (*cures, asked_at) if at is not None and at > started]
    return min(woken, default=started + EVERY[kind])


def _run_sync(work: Work, *, kind: RunKind) -> bool:
    """Run a kind of data, as somebody asked for it or as the schedule does."""
    began, company = clock.now(), work.connection.company_id
    asked = RequestedSync.objects.filter(kind=kind, company_id=company).first()
    full, asked_by = (asked.full, asked.asked_by_id) if asked else (False, None)
    request = SyncRequest(work.connection, kind, full, asked_by, check=work.make_way, pages=PAGES_AT_ONCE)
    run = runs.run_sync(request) or SyncRun.objects.filter(kind=kind, company_id=company).order_by("-id").first()
    if run is None:
        return False
    return run.finished_at >= began if run.finished_at else run.paused


def _read_record(work: Work) -> bool:
    """Read the record that was asked for first; whatever comes of it, the request has ended unless it was renewed."""
    asked = RequestedRead.objects.filter(_RECORDS, company_id=work.connection.company_id).order_by("asked_at").first()
    if asked is not None:
        runs.read_record(connection=work.connection, kind=RunKind(asked.kind), number=asked.number)
        RequestedRead.objects.filter(pk=asked.pk, asked_at=asked.asked_at).delete()
    return True


_RECORDS: Final = Q(kind__in=[RunKind.CUSTOMERS, RunKind.ARTICLES])
READ_RECORD: Final = Step(
    "record",
    Rank.PERSON,
    lambda row: row.record_asked,
    _read_record,
    {"record_asked": Subquery(RequestedRead.everywhere.filter(_RECORDS, **_THEIRS).values("asked_at")[:1])},
)

_UNREAD: Final = Q(detail_read_at=None, active=True)
_USED: Final = Product.everywhere.filter(
    archived_at=None, workspace=OuterRef("workspace"), article_company=OuterRef("company_id")
)


def _details_due(row: Any) -> datetime | None:
    return LONG_AGO if row.customer_unread or row.article_unread else None


def _read_details(work: Work) -> bool:
    return runs.read_detail_slice(work.connection, work.make_way)


READ_DETAILS: Final = Step(
    "details",
    Rank.DETAIL,
    _details_due,
    _read_details,
    {
        "customer_unread": Exists(CustomerRecord.everywhere.filter(_UNREAD, client__isnull=False, **_THEIRS)),
        "article_unread": Exists(
            ArticleRecord.everywhere.filter(_UNREAD, **_THEIRS).filter(
                Exists(_USED.filter(article_number=OuterRef("number")))
            )
        ),
    },
)


def _create_clients(_work: Work) -> bool:
    for creation in bulk_create.under_way():
        bulk_create.continue_creation(creation_id=creation.pk, at=clock.now())
    return True


def _creation_due(row: Any) -> datetime | None:
    asked: datetime | None = row.creation_asked
    return asked if asked and row.enabled and row.workspace.may_integrate else None


CREATE_CLIENTS: Final = Step(
    "create_clients",
    Rank.IMPORT,
    _creation_due,
    _create_clients,
    {
        "creation_asked": Subquery(
            BulkCreation.everywhere.filter(ended_at=None, workspace=OuterRef("workspace")).values("asked_at")[:1]
        )
    },
    needs=Needs.NOTHING,
)


def _reload_due(row: Any) -> datetime | None:
    """A reload is gone on with, or ended where it was cancelled or cannot go on."""
    if row.reload_id is None:
        return None
    return reloads.due_at(Reload.everywhere.get(pk=row.reload_id), row)


def _go_on_reloading(work: Work) -> bool:
    reload = Reload.objects.filter(state=RunState.RUNNING).first()
    if reload is not None:
        reloads.do_next_step(reload.pk, work.make_way)
    return True


RELOAD: Final = Step(
    "reload",
    Rank.RELOAD,
    _reload_due,
    _go_on_reloading,
    {
        "reload_id": Subquery(
            Reload.everywhere.filter(state=RunState.RUNNING, workspace=OuterRef("workspace")).values("pk")[:1]
        )
    },
    needs=Needs.NOTHING,
)


def _review(work: Work) -> bool:
    alerts.review(work.connection, at=clock.now())
    return True


REVIEW: Final = Step(
    "review",
    Rank.READ_BACK,
    lambda row: row.reviewed_at + REVIEW_EVERY if row.reviewed_at else LONG_AGO,
    _review,
    needs=Needs.NOTHING,
)
"""Health by the clock alone: an error that lasts for hours, tokens that grow old."""

STEPS: Final = (
    *invoice_steps.STEPS,
    READ_RECORD,
    PREVIEW,
    *connection_steps.STEPS,
    *(_sync_step(kind) for kind in RunKind),
    CREATE_CLIENTS,
    READ_DETAILS,
    RELOAD,
    REVIEW,
)
