"""Looking things up in the audit log of the workspace in force."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from uku.workspaces.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; nothing given finds everything. Both days are included, in the workspace's time zone."""

    person_id: int | None = None
    by_uku: bool = False
    groups: Collection[str] = ()
    since: date | None = None
    until: date | None = None
    words: str = ""


def entries(wanted: Wanted, *, zone: str) -> QuerySet[AuditEntry]:
    """Return the entries, newest first by their position, not by a clock (S48)."""
    found = AuditEntry.objects.select_related("actor").filter(_whose(wanted), _kind(wanted), _when(wanted, zone))
    for word in wanted.words.split():
        found = found.filter(Q(summary__icontains=word) | Q(target__icontains=word))
    return found.order_by("-position")


def _whose(wanted: Wanted) -> Q:
    if wanted.by_uku:
        return Q(actor=None)
    return Q(actor_id=wanted.person_id) if wanted.person_id else Q()


def _kind(wanted: Wanted) -> Q:
    """A group is what stands before the dot of an action's name."""
    chosen = Q()
    for group in wanted.groups:
        chosen |= Q(action__startswith=f"{group}.")
    return chosen


def _when(wanted: Wanted, zone: str) -> Q:
    chosen = Q()
    if wanted.since:
        chosen &= Q(at__gte=_midnight(wanted.since, zone))
    if wanted.until and wanted.until < date.max:
        chosen &= Q(at__lt=_midnight(wanted.until + timedelta(days=1), zone))
    return chosen


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def changes(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    """Return each name that was changed, with what it was and what it became; None where it was not there."""
    names = dict.fromkeys([*entry.before, *entry.after])
    both = [(name, entry.before.get(name), entry.after.get(name)) for name in names]
    return [(name, before, after) for name, before, after in both if before != after]
