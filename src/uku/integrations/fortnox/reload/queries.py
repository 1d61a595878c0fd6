"""What the tables say about reloads: the running one, its runs, what is known before it, how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from uku.integrations.fortnox.connection.company import company_names, connected_company
from uku.integrations.fortnox.models import (
    ArticleRecord,
    Connection,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    Reload,
    ReloadPhase,
    RunState,
    SkippedRecord,
    SyncRun,
)
from uku.integrations.fortnox.reload.progress import Known, Part, Window, window
from uku.integrations.fortnox.statistics.sync import requests_a_month
from uku.integrations.fortnox.sync.details import count_unread
from uku.integrations.fortnox.work.runs import IMPORTERS
from uku.kit.times import local_time
from uku.tasks.models import SummaryPlan, Task


def running() -> Reload | None:
    """The reload that runs in the workspace in force."""
    return Reload.objects.filter(state=RunState.RUNNING).select_related("asked_by", "workspace").first()


def newest() -> Reload | None:
    """The newest reload of the connected company; after Disconnect, of the one that was connected last."""
    company = connected_company() or next(iter(company_names()), "")
    return Reload.objects.filter(company_id=company).order_by("-id").select_related("asked_by", "workspace").first()


def run_of(reload: Reload, phase: str) -> SyncRun | None:
    """The run that a reload made for a phase; the details have none."""
    return reload.runs.filter(kind=phase).order_by("-id").first()


def window_of(connection: Connection, at: datetime) -> Window:
    """The 13 calendar months, by the workspace's own dates."""
    return window(local_time(at, connection.workspace.time_zone).date())


def known(connection: Connection, at: datetime) -> Known:
    """Count what a reload would read again, as far as it is known here."""
    customers = CustomerRecord.objects.filter(company_id=connection.company_id)
    articles = ArticleRecord.objects.filter(company_id=connection.company_id)
    span = window_of(connection, at)
    return Known(
        customers=customers.filter(active=True).count(),
        inactive_customers=customers.filter(active=False).count(),
        articles=articles.filter(active=True).count(),
        inactive_articles=articles.filter(active=False).count(),
        details=count_unread(IMPORTERS.values(), connection.company_id),
        invoices=sent_in(connection, span).count(),
        months=months_in(span).count(),
        requests_a_month=requests_a_month(connection),
    )


def sent_in(connection: Connection, span: Window) -> QuerySet[InvoiceExport]:
    """The invoices sent from here to the connected company, dated in these months."""
    sent = InvoiceExport.objects.filter(company_id=connection.company_id, state=ExportState.CONFIRMED)
    return sent.filter(invoice__invoice_date__gte=span.first)


def has_plan() -> bool:
    """Say whether statistics are counted at all."""
    return SummaryPlan.objects.filter(active=True).exists()


def months_in(span: Window) -> QuerySet[Task]:
    """The summary tasks of these months, finished ones too; none while no plan is active."""
    found = Task.objects.filter(month__range=(span.first, span.last))
    return found if has_plan() else found.none()


def parts(reload: Reload, at: datetime) -> tuple[Part, ...]:
    """Return how far each phase is, in their order."""
    order = list(ReloadPhase)
    current = order.index(ReloadPhase(reload.phase))
    done = reload.state == RunState.DONE
    found = {run.kind: run for run in reload.runs.order_by("id")}
    return tuple(
        _part(reload, phase, found.get(str(phase)), at, ended=done or place < current)
        for place, phase in enumerate(order)
    )


def _part(reload: Reload, phase: ReloadPhase, run: SyncRun | None, at: datetime, *, ended: bool) -> Part:
    requests = reload.counts.get(f"expect_{phase}", 0)
    if phase == ReloadPhase.DETAILS:
        total = reload.counts.get("details_total", 0)
        began = reload.counts.get("details_began")
        span = at - datetime.fromtimestamp(began, at.tzinfo) if began else timedelta(0)
        return Part(phase, max(requests, total), reload.counts.get("details_read", 0), total, ended, span)
    if run is None:
        return Part(phase, requests, ended=ended)
    span = (run.finished_at or at) - run.started_at
    seen = run.counts.get("seen", 0)
    return Part(phase, requests, seen, max(seen, run.counts.get("total", 0)), ended, span)


def skipped_records(reload: Reload) -> QuerySet[SkippedRecord]:
    """What the reload did not take in, with the reason, in the order it was met."""
    found = SkippedRecord.objects.filter(run__reload=reload).select_related("run")
    return found.order_by("id")
