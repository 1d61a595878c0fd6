"""Customers and articles in: page by page, each page's rows and place stored together.

A full run reads the active ones, then the inactive ones, sorted by number, so that nothing that exists throughout is
missed, then what changed since the last complete run, whose details are to be read again. Later runs read what changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import structlog
from django.db import transaction

from fortnox_api import Fortnox, NotFound, Page, Rejected, Unreadable
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.models import Connection, SkipReason, SyncRun
from uku.integrations.fortnox.sync import page_check, records, skipped, sync_run
from uku.integrations.fortnox.sync.records import Importer
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.kit import clock

log = structlog.get_logger()
STAGES: Final = ("active", "inactive", "changed")
CHUNK: Final = 20
"""Changed records whose details are read before they are stored: 4 seconds at Fortnox's pace."""


def run_import(importer: Importer, request: SyncRequest) -> SyncRun:
    """Import a company's records of one kind, resuming an interrupted run. Returns the run as it stands then.

    After `request.pages` pages it is RUNNING and paused. Raises FortnoxError.
    """
    run = sync_run.start_or_resume(request, clock.now())
    try:
        with open_fortnox(request.connection, request.check) as fortnox:
            Import(fortnox, importer, run).read(request.pages)
    except sync_run.StaleRun:
        log.info("import overtaken", kind=run.kind, run=run.pk)
        return SyncRun.objects.get(pk=run.pk)
    log.info("import done", kind=run.kind, **run.counts)
    return run


def read_one(importer: Importer, connection: Connection, number: str) -> None:
    """Read one record again, as the list shows it. One that is deleted has no sync issue any more. Raises FortnoxError.

    The list is searched, since it is the list's row that could not be read. Two requests.
    """
    resource, company = importer.resource, connection.company_id
    run = SyncRun(workspace_id=connection.workspace_id, kind=resource.kind, company_id=company)  # is not stored
    with open_fortnox(connection) as fortnox:
        found = list(resource.calls(fortnox).pages(**{resource.sort_key: number}))  # what contains the number
        items = [item for page in found for item in page.items if item.number == number]
        rejects = [row for page in found for row in page.rejects if row.number == number]
        Import(fortnox, importer, run).read_changed(items)
        with transaction.atomic():
            skipped.reject(run, rejects, clock.now())
    if not items and not rejects:
        records.solve_issues(resource, company, [number], clock.now())


class Import:
    """A run with an open client."""

    def __init__(self, fortnox: Fortnox, importer: Importer, run: SyncRun) -> None:
        self.run = run
        self._importer = importer
        self._calls = importer.resource.calls(fortnox)

    def read(self, at_most: int | None) -> None:
        """Read and store the pages that are left; after `at_most` of them the run is paused. Else it ends.

        Raises FortnoxError, StaleRun.
        """
        run = self.run
        for count, page in enumerate(self._pages_left(), start=1):
            if run.stage == "changed":
                self.read_changed(self._not_read_yet(page.items))
            with sync_run.next_step(run):
                if run.stage == "active":
                    self._store(page.items, {})
                elif run.stage == "inactive":
                    skipped.mark_inactive(run, page.items, clock.now())
                skipped.reject(run, page.rejects, clock.now())
                page_check.count_page(run, page)
                run.paused = count == at_most
            if count == at_most:
                return
        if page_check.is_one_pass(run):
            skipped.retire_unseen(self._calls, run)
        with sync_run.next_step(run):
            if page_check.is_one_pass(run):
                skipped.solve_unnumbered(run, clock.now())
            sync_run.end(run, at=clock.now())

    def _pages_left(self) -> Iterator[Page[Any]]:
        """Yield each page that is not stored yet, stage after stage. A list that moved is read once more (F47, B45).

        A full run without a complete one before it has nothing to compare with. Raises Unreadable.
        """
        run = self.run
        wanted = STAGES if run.since is not None else STAGES[:2]
        for stage in wanted if run.full else STAGES[2:]:
            if STAGES.index(stage) < STAGES.index(run.stage):
                continue
            if stage != run.stage:
                with sync_run.next_step(run):
                    page_check.enter_stage(run, stage)
            yield from self._list_pages()
            while not page_check.is_whole(run):
                with sync_run.next_step(run):
                    page_check.begin_again(run)
                yield from self._list_pages()

    def _list_pages(self) -> Iterator[Page[Any]]:
        run = self.run
        if page_check.is_read(run):
            return
        chosen = {"last_modified": run.since} if run.stage == "changed" else {"filter": run.stage}
        sort_key = self._importer.resource.sort_key
        for page in self._calls.pages(first_page=run.page + 1, sort_by=sort_key, **chosen):
            page_check.compare(run, page)
            yield page

    def _store(self, items: Sequence[Any], details: Mapping[str, Any]) -> None:
        """Store active records; one that the database refuses is listed, and the others do not wait for it."""
        run, at, counts = self.run, clock.now(), Counter[str]()
        refused = records.store_in_halves(
            items, lambda some: counts.update(self._importer.store(run, some, details, at))
        )
        for item, error in refused:
            skipped.reject_stored(run, item, error, at)
        for name, count in counts.items():
            sync_run.count(run, name, count)
        stored = {item.number for item in items}.difference(item.number for item, _ in refused)
        records.solve_issues(self._importer.resource, run.company_id, stored, at)

    def _not_read_yet(self, items: Sequence[Any]) -> Sequence[Any]:
        """Leave out what this run knows already, from the list of inactive ones or from before it was cut off.

        A record that the run's own list showed as active needs its detail again, but nobody waits for that.
        """
        run, numbers = self.run, [item.number for item in items]
        rows = self._importer.resource.model.objects.filter(company_id=run.company_id, number__in=numbers)
        seen = rows.filter(seen_at__gte=run.started_at)
        if run.full:
            seen.filter(active=True, detail_read_at__lt=run.started_at).update(detail_read_at=None)
        else:
            seen = seen.exclude(active=True, detail_read_at=None)
        known = {*seen.values_list("number", flat=True), *sync_run.skipped_numbers(run, numbers)}
        return [item for item in items if item.number not in known]

    def read_changed(self, items: Sequence[Any]) -> None:
        """Store changed records a few at a time, each with its detail, which alone tells whether it is active."""
        run = self.run
        for start in range(0, len(items), CHUNK):
            chunk = items[start : start + CHUNK]
            details: dict[str, Any] = {}
            inactive, deleted, unreadable = [], [], []
            for item in chunk:
                try:
                    detail = self._calls.get(item.number)
                except NotFound:
                    deleted.append(item)
                except (Rejected, Unreadable) as error:
                    if error.transient:
                        raise
                    unreadable.append((item, error))
                else:
                    if detail.active:
                        details[item.number] = detail
                    else:
                        inactive.append(item)
            at = clock.now()
            with sync_run.next_step(run):
                self._store([item for item in chunk if item.number in details], details)
                skipped.mark_inactive(run, inactive, at)
                skipped.mark_inactive(run, deleted, at, reason=SkipReason.DELETED)
                for item, why in unreadable:
                    skipped.reject_detail(run, item, why, at)
                page_check.count_seen(run)
