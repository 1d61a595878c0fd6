"""What a run counts, and whether a list's pages made a whole: what its pages told against what came (F47, B45).

In `Run.counts`: `seen` of `total` rows were looked at; they were `imported`, `inactive` or `rejected`, each record
once. Of the imported: `new`, `updated`, `unchanged`; and of customers `known`, `created`, `linked`, `suggested`,
`waiting`, `ignored`. `gone` are no longer in Fortnox; `replaced` had characters that cannot be stored. The rest is
the run's own: what its present list told and gave, and how it was interrupted.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from fortnox_api import Page, Unreadable
from uku.integrations.fortnox.models import SyncRun
from uku.integrations.fortnox.sync import sync_run

BEFORE, TOLD, CAME, MOVED = "list_before", "list_told", "list_came", "list_moved"


def enter_stage(run: SyncRun, stage: str) -> None:
    """Begin with a new list."""
    run.stage, run.page = stage, 0
    for name in (TOLD, CAME, MOVED, sync_run.AGAIN, sync_run.TRIES):
        run.counts.pop(name, None)
    run.counts[BEFORE] = run.counts.get("seen", 0)


def compare(run: SyncRun, page: Page[Any]) -> None:
    """Note what a page tells of its whole list. Totals that differ mean that rows moved, and one may be missed.

    A list of changed records grows while people work; what comes late is read by the next run. Where Fortnox tells no
    total, or nonsense, the short page is the end, and nothing counts as gone.
    """
    if run.page == 0:
        for name in (TOLD, CAME, MOVED):
            run.counts.pop(name, None)
    total = page.total_resources
    if total is None:
        run.counts[sync_run.UNEVEN] = 1
        return
    told = run.counts.setdefault(TOLD, total)
    if total < told or (total > told and run.stage != "changed"):
        run.counts[MOVED] = 1


def count_page(run: SyncRun, page: Page[Any]) -> None:
    """Count a page that is stored: its rows as they came, and how far the run is."""
    run.page = page.number
    sync_run.count(run, CAME, page.rows)
    run.counts.pop(sync_run.TRIES, None)
    if TOLD in run.counts and not (run.full and run.stage == "changed"):
        run.counts["total"] = run.counts.get(BEFORE, 0) + run.counts[TOLD]
    count_seen(run)


def count_seen(run: SyncRun) -> None:
    run.counts["seen"] = sum(run.counts.get(name, 0) for name in ("imported", "inactive", "rejected"))


def is_read(run: SyncRun) -> bool:
    """Say whether a list is stored to its end: a run may be cut off, or paused, right behind the last page.

    To ask for the page after the last one would look as if all rows had gone.
    """
    told = run.counts.get(TOLD)
    return run.page > 0 and told is not None and run.counts.get(CAME, 0) >= told


def is_whole(run: SyncRun) -> bool:
    """Say whether the list that was just read to its end is all that Fortnox told of."""
    told, came = run.counts.get(TOLD), run.counts.get(CAME, 0)
    if told is None:
        return True
    enough = came >= told if run.stage == "changed" else came == told
    return enough and not run.counts.get(MOVED)


def begin_again(run: SyncRun) -> None:
    """Have the list read once more from its first page. Raises Unreadable when that was done already."""
    if run.counts.get(sync_run.AGAIN):
        if run.counts.get(MOVED):
            raise Unreadable(
                gettext(
                    "the list changed while it was read, and again when it was read anew. What came is kept, nothing"
                    " counts as gone, and the next run reads all of it again."
                )
            )
        words = gettext(
            "Fortnox told of %(told)d records and sent %(came)d, twice. What came is kept, nothing counts as gone, and"
            " the next run reads all of it again."
        )
        raise Unreadable(words % {"told": run.counts.get(TOLD, 0), "came": run.counts.get(CAME, 0)})
    run.counts[sync_run.AGAIN] = run.counts[sync_run.UNEVEN] = 1
    run.page = 0


def is_one_pass(run: SyncRun) -> bool:
    """Say whether one run saw everything without interruption, so that what it did not see may be gone (F50)."""
    return run.full and not run.counts.get(sync_run.RESUMED) and not run.counts.get(sync_run.UNEVEN)
