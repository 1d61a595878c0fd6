"""What a run counts, and whether a list's pages made a whole: what its pages told against what came (F47, B45).

In `SyncRun.counts`: `seen` of `total` rows were looked at; they were `imported`, `inactive` or `rejected`, each record
once. Of the imported: `new`, `updated`, `unchanged`; and of customers `known`, `created`, `linked`, `suggested`,
`waiting`, `ignored`. `gone` are no longer in Fortnox; `replaced` had characters that cannot be stored.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from fortnox_api import Page, Unreadable
from uku.integrations.fortnox.models import SyncRun


def enter_stage(run: SyncRun, stage: str) -> None:
    """Begin with a new list."""
    run.stage, run.page, run.tries = stage, 0, 0
    run.list_total, run.list_rows, run.list_moved, run.list_reread = None, 0, False, False
    run.seen_before_list = run.counts.get("seen", 0)


def compare(run: SyncRun, page: Page[Any]) -> None:
    """Note what a page tells of its whole list. Totals that differ mean that rows moved, and one may be missed.

    A list of changed records grows while people work; what comes late is read by the next run. Where Fortnox tells no
    total, or nonsense, the short page is the end, and nothing counts as deleted.
    """
    if run.page == 0:
        run.list_total, run.list_rows, run.list_moved = None, 0, False
    total = page.total_resources
    if total is None:
        run.lists_disagreed = True
    elif run.list_total is None:
        run.list_total = total
    elif total < run.list_total or (total > run.list_total and run.stage != "changed"):
        run.list_moved = True


def count_page(run: SyncRun, page: Page[Any]) -> None:
    """Count a page that is stored: its rows as they came, and how far the run is."""
    run.page, run.tries = page.number, 0
    run.list_rows += page.rows
    if run.list_total is not None and not (run.full and run.stage == "changed"):
        run.counts["total"] = run.seen_before_list + run.list_total
    count_seen(run)


def count_seen(run: SyncRun) -> None:
    run.counts["seen"] = sum(run.counts.get(name, 0) for name in ("imported", "inactive", "rejected"))


def is_read(run: SyncRun) -> bool:
    """Say whether a list is stored to its end: a run may be cut off, or paused, right behind the last page.

    To ask for the page after the last one would look as if all rows had gone.
    """
    return run.page > 0 and run.list_total is not None and run.list_rows >= run.list_total


def is_whole(run: SyncRun) -> bool:
    """Say whether the list that was just read to its end is all that Fortnox told of."""
    if run.list_total is None:
        return True
    enough = run.list_rows >= run.list_total if run.stage == "changed" else run.list_rows == run.list_total
    return enough and not run.list_moved


def begin_again(run: SyncRun) -> None:
    """Have the list read once more from its first page. Raises Unreadable when that was done already."""
    if run.list_reread and run.list_moved:
        raise Unreadable(
            gettext(
                "The list changed while Uku read it, both times. The records that were read are kept. No record is"
                " marked as deleted. The next sync reads the whole list again."
            )
        )
    if run.list_reread:
        words = gettext(
            "Uku read the list twice and found %(came)d records, but Fortnox stated %(told)d. The records that were"
            " read are kept. No record is marked as deleted. The next sync reads the whole list again."
        )
        raise Unreadable(words % {"told": run.list_total or 0, "came": run.list_rows})
    run.list_reread = run.lists_disagreed = True
    run.page = 0


def is_one_pass(run: SyncRun) -> bool:
    """Say whether one run saw everything without interruption, so that what it did not see may be deleted (F50)."""
    return run.full and not run.interruptions and not run.lists_disagreed
