"""Customers and articles in: page by page, each page's rows and place stored together.

A full run reads the active ones, then the inactive ones, sorted by number, so that nothing that exists
throughout is missed; later runs read what changed. Lists first: details are a run of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from django.db import DataError, transaction

from fortnox_api import ArticleItem, CustomerItem, Fortnox, FortnoxError, NotFound, Page, Unreadable
from uku.clients.matching import Index
from uku.clients.models import Client
from uku.integrations.fortnox import linking, preflight, runs
from uku.integrations.fortnox.connection.gateway import open_fortnox
from uku.integrations.fortnox.health import problems
from uku.integrations.fortnox.mapping import client_fields, contact_details
from uku.integrations.fortnox.models import ArticleRecord, Connection, CustomerRecord, Run, RunKind
from uku.kit import clock

log = structlog.get_logger()
SORT_KEYS = {RunKind.CUSTOMERS: "customernumber", RunKind.ARTICLES: "articlenumber"}
UNNUMBERED = "?"  # a row that could not be read so far as to tell its number


def run_import(*, connection: Connection, kind: RunKind, full: bool = False, asked_by: int | None = None) -> Run:
    """Bring a company's customers or articles in, resuming an interrupted run. Returns the finished run."""
    run = runs.start_or_resume(connection=connection, kind=kind, at=clock.now(), full=full, asked_by=asked_by)
    with open_fortnox(connection) as fortnox:
        if run.full:
            _read_stage(fortnox, run, "active")
            _read_stage(fortnox, run, "inactive")
        else:
            _read_stage(fortnox, run, "changed")
    with transaction.atomic():
        if run.full and not run.counts.get("resumed"):
            _retire_unseen(run)
        runs.end(run, at=clock.now())
    log.info("import done", kind=kind, **run.counts)
    return run


def read_one(*, connection: Connection, kind: RunKind, number: str) -> None:
    """Read one customer or article again, as the list shows it. One that is gone has no problem any more.

    The list is searched, since it is the list's row that could not be read. Two requests.
    """
    run = Run(workspace_id=connection.workspace_id, kind=kind, company_id=connection.company_id)  # is not stored
    with open_fortnox(connection) as fortnox:
        resource: Any = fortnox.customers if kind == RunKind.CUSTOMERS else fortnox.articles
        pages = [_only(page, number) for page in resource.pages(**{SORT_KEYS[kind]: number})]
        for page in pages:
            details = _active_details(fortnox, run, page)
            with transaction.atomic():
                _take_page(run, page, [item for item in page.items if item.number in details], "changed")
                _take_details(run, details)
    if not any(page.rows for page in pages):
        _solve(run, [number])


def _only(page: Page[Any], number: str) -> Page[Any]:
    """Keep the rows of one number: Fortnox's search finds what contains it."""
    items = tuple(item for item in page.items if item.number == number)
    return replace(page, items=items, rejects=tuple(row for row in page.rejects if row.number == number))


def _read_stage(fortnox: Fortnox, run: Run, stage: str) -> None:
    """Read all pages of a stage that are not stored yet. A stage before the run's own is done already."""
    order = ("active", "inactive", "changed")
    if order.index(stage) < order.index(run.stage):
        return
    if stage != run.stage:
        run.stage, run.page = stage, 0
    for page in _pages(fortnox, run, stage):
        details = _active_details(fortnox, run, page) if stage == "changed" else {}
        items = page.items if stage != "changed" else [item for item in page.items if item.number in details]
        with transaction.atomic():
            _store_page(run, page, items, stage)
            _take_details(run, details)


def _pages(fortnox: Fortnox, run: Run, stage: str) -> Iterator[Page[Any]]:
    resource: Any = fortnox.customers if run.kind == RunKind.CUSTOMERS else fortnox.articles
    chosen = {"last_modified": run.since} if stage == "changed" else {"filter": stage}
    pages: Iterator[Page[Any]] = resource.pages(first_page=run.page + 1, sort_by=SORT_KEYS[RunKind(run.kind)], **chosen)
    return pages


def _active_details(fortnox: Fortnox, run: Run, page: Page[Any]) -> dict[str, Any]:
    """A changed list item does not tell whether it is active; its detail does (one request each)."""
    resource: Any = fortnox.customers if run.kind == RunKind.CUSTOMERS else fortnox.articles
    active = {}
    for item in page.items:
        try:
            detail = resource.get(item.number)
        except NotFound:
            _retire(run, item)
            _solve(run, [item.number])
            continue
        except Unreadable as error:
            if error.transient:
                raise
            _reject(run, item.number, _name(item), f"Could not be read: {error.reason}", error)
            continue
        if detail.active:
            active[item.number] = detail
        else:
            _retire(run, item)
            _solve(run, [item.number])
    return active


def _take_details(run: Run, details: Mapping[str, Any]) -> None:
    """Take in what the details tell beyond the list, since they are read already."""
    if run.kind == RunKind.CUSTOMERS:
        customers = CustomerRecord.objects.filter(company_id=run.company_id, number__in=details)
        for customer in customers.select_related("client"):
            linking.take_detail(customer, details[customer.number])
    else:
        for article in ArticleRecord.objects.filter(company_id=run.company_id, number__in=details):
            preflight.take_detail(article, details[article.number])


def _store_page(run: Run, page: Page[Any], items: Any, stage: str) -> None:
    """Store a page's rows and the place in the run in one transaction (reliability F52)."""
    if run.page == 0 and page.total_resources is not None:
        run.counts["total"] = run.counts.get("seen", 0) + page.total_resources
    _take_page(run, page, items, stage)
    run.page = page.number
    run.save()


def _take_page(run: Run, page: Page[Any], items: Any, stage: str) -> None:
    at = clock.now()
    if stage == "inactive":
        for item in page.items:
            _retire(run, item)
        _solve(run, [item.number for item in page.items])
    else:
        _store_active(run, items, at)
    for reject in page.rejects:
        _reject(run, reject.number or UNNUMBERED, "", f"Could not be read: {reject.reason}")
    runs.count(run, "seen", page.rows)


def _store_active(run: Run, items: Any, at: datetime) -> None:
    store: Callable[[Run, Any, datetime, Any], None]
    if run.kind == RunKind.ARTICLES:
        store, help_ = _store_article, None
    else:
        known = (client.details for client in Client.objects.current().order_by("id").iterator())
        store, help_ = _store_customer, Index.for_these(map(contact_details, items), known)
    stored = []
    for item in items:
        try:
            with transaction.atomic():
                store(run, item, at, help_)
        except DataError as error:  # a text longer than its column: the others must not wait for it
            _reject(run, item.number[:100], _name(item)[:200], f"Could not be stored: {error}")
        else:
            stored.append(item.number)
    _solve(run, stored)


def _reject(run: Run, number: str, name: str, reason: str, error: FortnoxError | None = None) -> None:
    """List a record that could not be taken in, and keep it as a problem until it can (reliability F54)."""
    runs.count(run, "rejected")
    runs.pass_over(run, number, name, reason)
    problems.note(
        company_id=run.company_id,
        kind=_record_kind(run),
        number=number,
        name=name,
        reason=reason,
        error=error,
        at=clock.now(),
    )


def _solve(run: Run, numbers: list[str]) -> None:
    problems.solve(company_id=run.company_id, kind=_record_kind(run), numbers=numbers, at=clock.now())


def _record_kind(run: Run) -> str:
    return problems.CUSTOMER if run.kind == RunKind.CUSTOMERS else problems.ARTICLE


def _name(item: Any) -> str:
    return str(getattr(item, "name", "") or getattr(item, "description", ""))


def _store_customer(run: Run, item: CustomerItem, at: datetime, index: Any) -> None:
    fields = client_fields(item)
    record, _ = CustomerRecord.objects.update_or_create(
        company_id=run.company_id, number=item.number, defaults={**fields, "active": True, "seen_at": at}
    )
    ask = linking.asks_first(Connection.objects.get())
    outcome = linking.place(record, contact_details(item), fields, index, at, ask=ask)
    runs.count(run, "imported")
    runs.count(run, outcome)


def _store_article(run: Run, item: ArticleItem, at: datetime, _: Any) -> None:
    ArticleRecord.objects.update_or_create(
        company_id=run.company_id,
        number=item.number,
        defaults={
            "description": item.description[:200],
            "unit": item.unit or "",
            "price": item.sales_price,
            "active": True,
            "seen_at": at,
        },
    )
    runs.count(run, "imported")


def _retire(run: Run, item: Any) -> None:
    """List an inactive record as skipped; one that we know turns inactive and keeps its link."""
    model: Any = CustomerRecord if run.kind == RunKind.CUSTOMERS else ArticleRecord
    model.objects.filter(company_id=run.company_id, number=item.number).update(active=False, seen_at=clock.now())
    runs.count(run, "inactive")
    runs.pass_over(run, item.number, _name(item), "Inactive in Fortnox")


def _retire_unseen(run: Run) -> None:
    """After one complete pass without interruption, what was not listed is gone (reliability F50)."""
    model: Any = CustomerRecord if run.kind == RunKind.CUSTOMERS else ArticleRecord
    gone = model.objects.filter(company_id=run.company_id, active=True, seen_at__lt=run.started_at)
    run.counts["gone"] = gone.update(active=False)
