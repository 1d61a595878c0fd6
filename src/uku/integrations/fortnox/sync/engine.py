"""Customers and articles in: page by page, each page's rows and place stored together.

A full run reads the active ones, then the inactive ones, sorted by number, so that nothing that exists throughout is
missed, then what changed since the last complete run, whose details are to be read again. Later runs read what changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from django.db import DataError, transaction

from fortnox_api import Fortnox, NotFound, Page, Rejected, Unreadable
from uku.integrations.fortnox.articles import importer
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.customers import importer as customers
from uku.integrations.fortnox.models import Connection, Reload, RunKind, SyncRun
from uku.integrations.fortnox.sync import page_check, records, skipped, sync_run
from uku.kit import clock

log = structlog.get_logger()
SORT_KEYS = {RunKind.CUSTOMERS: "customernumber", RunKind.ARTICLES: "articlenumber"}
STAGES = ("active", "inactive", "changed")
CHUNK = 20  # changed records whose details are read before they are stored: 4 seconds at Fortnox's pace


class Paused(Exception):
    """As many pages are stored as this call was to store; the run goes on with the next call."""


def run_import(
    *,
    connection: Connection,
    kind: RunKind,
    full: bool = False,
    asked_by: int | None = None,
    reload: Reload | None = None,
    check: Callable[[], None] | None = None,
    pages: int | None = None,
) -> SyncRun:
    """Bring a company's customers or articles in, resuming an interrupted run. Returns the run as it stands then.

    At most `pages` are stored; the run is RUNNING then, and paused. `check` runs before each request, and what it
    raises passes through. `reload` is what a new run is part of. Raises FortnoxError.
    """
    at = clock.now()
    run = sync_run.start_or_resume(connection=connection, kind=kind, at=at, full=full, asked_by=asked_by, reload=reload)
    try:
        with open_fortnox(connection, check) as fortnox:
            _read(fortnox, run, _Allowance(pages))
    except Paused:
        return run
    except sync_run.Overtaken:
        log.info("import overtaken", kind=kind, run=run.pk)
        return SyncRun.objects.get(pk=run.pk)
    log.info("import done", kind=kind, **run.counts)
    return run


class _Allowance:
    """How many pages may be stored yet."""

    def __init__(self, pages: int | None) -> None:
        self._left = pages

    def spend(self, run: SyncRun) -> bool:
        """Note a page; when it was the last one the run is paused, in the transaction of the page."""
        if self._left is None:
            return False
        self._left -= 1
        if self._left <= 0:
            run.counts[sync_run.PAUSED] = 1
        return self._left <= 0


def _read(fortnox: Fortnox, run: SyncRun, allowance: _Allowance) -> None:
    for stage in _stages(run):
        _enter(run, stage)
        while not _read_stage(fortnox, run, allowance):
            _begin_again(run)
    if page_check.is_one_pass(run):
        skipped.retire_unseen(fortnox, run)
    with transaction.atomic():
        sync_run.hold(run)
        if page_check.is_one_pass(run):
            skipped.solve_unnumbered(run, clock.now())
        sync_run.end(run, at=clock.now())


def _stages(run: SyncRun) -> Sequence[str]:
    """Return the stages that are left. A full run without a complete one before it has nothing to compare with."""
    wanted = STAGES if run.since is not None else STAGES[:2]
    return [stage for stage in (wanted if run.full else STAGES[2:]) if STAGES.index(stage) >= STAGES.index(run.stage)]


def _enter(run: SyncRun, stage: str) -> None:
    if stage == run.stage:
        return
    with transaction.atomic():
        sync_run.hold(run)
        run.stage, run.page = stage, 0
        page_check.enter_stage(run)
        run.save()


def _begin_again(run: SyncRun) -> None:
    """Read a stage once more, whose rows moved while it was read (reliability F47, B45). Raises Unreadable."""
    with transaction.atomic():
        sync_run.hold(run)
        page_check.begin_again(run)
        run.save()


def _read_stage(fortnox: Fortnox, run: SyncRun, allowance: _Allowance) -> bool:
    """Read and store all pages of a stage that are not stored yet; say whether they made a whole."""
    if page_check.has_come(run):
        return page_check.is_whole(run)
    for page in _pages(fortnox, run):
        page_check.compare(run, page)
        if run.stage == "changed":
            _take_changed(fortnox, run, page)
        with transaction.atomic():
            sync_run.hold(run)
            if run.stage == "active":
                _store(run, page.items, {})
            elif run.stage == "inactive":
                skipped.rest(run, page.items, clock.now())
            skipped.reject(run, page.rejects, clock.now())
            run.page = page.number
            page_check.count_page(run, page)
            ends = allowance.spend(run)
            run.save()
        if ends:
            raise Paused
    return page_check.is_whole(run)


def _pages(fortnox: Fortnox, run: SyncRun) -> Iterator[Page[Any]]:
    chosen = {"last_modified": run.since} if run.stage == "changed" else {"filter": run.stage}
    resource = _resource(fortnox, run)
    pages: Iterator[Page[Any]] = resource.pages(first_page=run.page + 1, sort_by=SORT_KEYS[RunKind(run.kind)], **chosen)
    return pages


def _resource(fortnox: Fortnox, run: SyncRun) -> Any:
    return fortnox.customers if run.kind == RunKind.CUSTOMERS else fortnox.articles


def _store(run: SyncRun, items: Sequence[Any], read: Mapping[str, Any]) -> None:
    """Store active records; one that the database refuses is listed, and the others do not wait for it."""
    at, tally = clock.now(), Counter[str]()
    store = customers.store if run.kind == RunKind.CUSTOMERS else importer.store
    refused: list[str] = []

    def refuse(item: Any, error: DataError) -> None:
        refused.append(item.number)
        skipped.reject_stored(run, item, error, at)

    records.in_halves(items, lambda some: tally.update(store(run, some, read, at)), refuse)
    for name, count in tally.items():
        sync_run.count(run, name, count)
    skipped.solve(run, {item.number for item in items}.difference(refused), at)


def _take_changed(fortnox: Fortnox, run: SyncRun, page: Page[Any]) -> None:
    """Store a page of changed records a few at a time. What this run stored already is not asked for again."""
    items = _unread(run, page.items)
    for start in range(0, len(items), CHUNK):
        _take_chunk(fortnox, run, items[start : start + CHUNK])


def _unread(run: SyncRun, items: Sequence[Any]) -> Sequence[Any]:
    """Leave out what this run knows already, from the list of inactive ones or from before it was cut off.

    A record that the run's own list showed as active needs its detail again, but nobody waits for that.
    """
    if run.pk is None:
        return items
    numbers = [item.number for item in items]
    seen = records.model_of(run).objects.filter(
        company_id=run.company_id, number__in=numbers, seen_at__gte=run.started_at
    )
    if run.full:
        seen.filter(active=True, detail_read_at__lt=run.started_at).update(detail_read_at=None)
    else:
        seen = seen.exclude(active=True, detail_read_at=None)
    known = {*seen.values_list("number", flat=True), *sync_run.skipped_records(run, numbers)}
    return [item for item in items if item.number not in known]


def _take_chunk(fortnox: Fortnox, run: SyncRun, items: Sequence[Any]) -> None:
    read, resting, gone, unread = _details(fortnox, run, items)
    at = clock.now()
    with transaction.atomic():
        sync_run.hold(run)
        _store(run, [item for item in items if item.number in read], read)
        skipped.rest(run, resting, at)
        skipped.rest(run, gone, at, reason=skipped.GONE)
        for item, error in unread:
            skipped.reject_detail(run, item, error, at)
        if run.pk is not None:
            page_check.sum_up(run)
            run.save()


def _details(
    fortnox: Fortnox, run: SyncRun, items: Sequence[Any]
) -> tuple[dict[str, Any], list[Any], list[Any], list[tuple[Any, Any]]]:
    """A changed list item does not tell whether it is active; its detail does, for one request each.

    Returns details of active ones by number, inactive items, items that are gone, and items with their error.
    """
    read: dict[str, Any] = {}
    resting, gone, unread = [], [], []
    for item in items:
        try:
            detail = _resource(fortnox, run).get(item.number)
        except NotFound:
            gone.append(item)
        except (Rejected, Unreadable) as error:
            if error.transient:
                raise
            unread.append((item, error))
        else:
            if detail.active:
                read[item.number] = detail
            else:
                resting.append(item)
    return read, resting, gone, unread


def read_one(*, connection: Connection, kind: RunKind, number: str) -> None:
    """Read one customer or article again, as the list shows it. One that is gone has no problem any more.

    The list is searched, since it is the list's row that could not be read. Two requests.
    """
    run = SyncRun(workspace_id=connection.workspace_id, kind=kind, company_id=connection.company_id)  # is not stored
    with open_fortnox(connection) as fortnox:
        found = [_only(page, number) for page in _resource(fortnox, run).pages(**{SORT_KEYS[kind]: number})]
        for page in found:
            _take_chunk(fortnox, run, page.items)
            with transaction.atomic():
                skipped.reject(run, page.rejects, clock.now())
    if not any(page.rows for page in found):
        skipped.solve(run, [number], clock.now())


def _only(page: Page[Any], number: str) -> Page[Any]:
    """Keep the rows of one number: Fortnox's search finds what contains it."""
    items = tuple(item for item in page.items if item.number == number)
    return replace(page, items=items, rejects=tuple(row for row in page.rejects if row.number == number))
