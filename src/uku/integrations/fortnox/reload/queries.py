"""What the tables say about reloads: the running one, its runs, what is known before it, how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from uku.integrations.fortnox.connection.company import company_names
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
from uku.integrations.fortnox.reload.progress import KnownCounts, Period, PhaseProgress, period_until
from uku.integrations.fortnox.statistics.sync import requests_a_reload
from uku.integrations.fortnox.sync.details import count_unread
from uku.integrations.fortnox.work.runs import IMPORTERS
from uku.kit.months import last_of, months_between
from uku.kit.times import local_time
from uku.tasks.models import Task
from uku.tasks.summaries import own_plan


def running() -> Reload | None:
    """The reload that runs in the workspace in force."""
    return _with_runs(Reload.objects.filter(state=RunState.RUNNING)).first()


def newest(company_id: str) -> Reload | None:
    """The newest reload of the connected company; without one, after Disconnect, of the one that was connected last."""
    company = company_id or next(iter(company_names()), "")
    return _with_runs(Reload.objects.filter(company_id=company).order_by("-id")).first()


def _with_runs(reloads: QuerySet[Reload]) -> QuerySet[Reload]:
    """Load what a reload's line on a page is made of."""
    return reloads.select_related("asked_by", "workspace").prefetch_related("runs")


def run_of(reload: Reload, phase: str) -> SyncRun | None:
    """The run that a reload made for a phase; the details have none."""
    return reload.runs.filter(kind=phase).order_by("-id").first()


def period_of(connection: Connection, at: datetime) -> Period:
    """The 13 calendar months, by the workspace's own dates."""
    return period_until(local_time(at, connection.workspace.time_zone).date())


def known_counts(connection: Connection, at: datetime) -> KnownCounts:
    """Count what a reload would read again, as far as it is known here."""
    customers = CustomerRecord.objects.filter(company_id=connection.company_id)
    articles = ArticleRecord.objects.filter(company_id=connection.company_id)
    span = period_of(connection, at)
    return KnownCounts(
        customers=customers.filter(active=True).count(),
        inactive_customers=customers.filter(active=False).count(),
        articles=articles.filter(active=True).count(),
        inactive_articles=articles.filter(active=False).count(),
        details=count_unread(IMPORTERS.values(), connection.company_id),
        invoices=sent_in(connection, span).count(),
        months=months_in(span).count(),
        statistics_requests=requests_a_reload(connection),
    )


def sent_in(connection: Connection, span: Period) -> QuerySet[InvoiceExport]:
    """The invoices sent from here to the connected company, dated in these months."""
    sent = InvoiceExport.objects.filter(company_id=connection.company_id, state=ExportState.CONFIRMED)
    return sent.filter(invoice__invoice_date__gte=span.first)


def has_plan() -> bool:
    """Say whether statistics are counted at all."""
    return own_plan() is not None


def months_in(span: Period) -> QuerySet[Task]:
    """The summary tasks of these months, finished ones too; none while no plan is active."""
    plan = own_plan()
    found = Task.objects.filter(month__range=(span.first, span.last))
    return found.none() if plan is None else found.filter(plan=plan)


def months_without_task(span: Period) -> int:
    """Count the months of a span that are over and have no summary task."""
    ended = [month for month in months_between(span.first, span.last) if last_of(month) <= span.last]
    return len(ended) - months_in(span).filter(month__in=ended).count()


def phases_of(reload: Reload, at: datetime) -> list[PhaseProgress]:
    """Return how far each phase is, in their order."""
    order = list(ReloadPhase)
    current = order.index(ReloadPhase(reload.phase))
    runs = {run.kind: run for run in reload.runs.order_by("id")}
    found = []
    for place, phase in enumerate(order):
        ended = reload.state == RunState.DONE or place < current
        requests, run = reload.counts.get(f"expect_{phase}", 0), runs.get(str(phase))
        if phase == ReloadPhase.DETAILS:
            total, began = reload.details_total or 0, reload.details_began_at
            span = at - began if began else timedelta(0)
            found.append(PhaseProgress(phase, max(requests, total), reload.details_read, total, ended, span))
        elif run is None:
            found.append(PhaseProgress(phase, requests, ended=ended))
        else:
            seen = run.counts.get("seen", 0)
            total, span = max(seen, run.counts.get("total", 0)), (run.finished_at or at) - run.started_at
            found.append(PhaseProgress(phase, requests, seen, total, ended, span))
    return found


def skipped_records(reload: Reload) -> QuerySet[SkippedRecord]:
    """What the reload did not take in, with the reason, in the order it was met."""
    found = SkippedRecord.objects.filter(run__reload=reload).select_related("run")
    return found.order_by("id")
