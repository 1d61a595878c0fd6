"""How long runs and their lists are kept: 90 days, and longer where a page or the next run still asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from uku.integrations.fortnox.models import RunState, SkippedRecord, SyncRun

SLICE: Final = 1000
"""Rows looked at together; what is deleted of them is a transaction of its own."""
_SAME: Final = {name: OuterRef(name) for name in ("workspace", "company_id", "kind")}
_RUNS: Final = SyncRun.everywhere.filter(**_SAME)
_LATER: Final = _RUNS.filter(pk__gt=OuterRef("pk"))
_OVERTAKEN: Final = Q(Exists(_LATER.filter(state=RunState.DONE))) & (Q(full=False) | Exists(_LATER.filter(full=True)))
"""A complete run came later, of which the next run's start and the health are told; of a full one, a full one too."""
_ALIKE: Final = _RUNS.filter(reload=None, **{name: OuterRef(name) for name in ("state", "stop_reason", "full")})
_REPEATED: Final = Q(Exists(_ALIKE.filter(pk__gt=OuterRef("pk"))), Exists(_ALIKE.filter(pk__lt=OuterRef("pk"))))
"""No complete run came later, and it ended as one before it and one after it: since when it fails, the first tells."""


def delete_lists(*, before: datetime) -> int:
    """Delete what runs before a time skipped, in all workspaces; their counts stay. Returns how many rows."""
    lists = SkippedRecord.everywhere.all()
    return sum(lists.filter(pk__in=old).delete()[0] for old in _old_slices(lists, "run__started_at", before))


def delete_runs(*, before: datetime) -> int:
    """Delete runs that began before a time, in all workspaces, but what is still needed. Returns how many rows.

    A reload shows the counts of its runs for as long as it is there.
    """
    ended = SyncRun.everywhere.exclude(state=RunState.RUNNING).filter(reload=None)
    deleted = 0
    for unneeded in (_OVERTAKEN, _REPEATED):
        for old in _old_slices(ended, "started_at", before):
            deleted += ended.filter(unneeded, pk__in=old).delete()[0]
    return deleted


def _old_slices(rows: QuerySet[Any], began: str, before: datetime) -> Iterator[list[int]]:
    """Yield the ids of rows from before a time, a slice at a time. Ids and times grow together: no index is needed."""
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", began)[:SLICE]):
        last = found[-1][0]
        old = [pk for pk, at in found if at < before]
        if not old:
            return
        yield old
