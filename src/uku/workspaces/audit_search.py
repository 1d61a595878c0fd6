"""Looking things up in the audit log of the workspace in force."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from uku.workspaces.audit import name_of_target
from uku.workspaces.models import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """What to look for; nothing given finds everything. Both days are included, in the workspace's time zone."""

    person_id: int | None = None
    by_uku: bool = False
    groups: Collection[str] = ()
    since: date | None = None
    until: date | None = None
    words: str = ""


def find_entries(search: AuditSearch, *, zone: str) -> QuerySet[AuditEntry]:
    """Return the entries, newest first by their position, not by a clock (S48)."""
    found = AuditEntry.objects.select_related("actor").order_by("-position")
    if search.by_uku or search.person_id:
        found = found.filter(actor_id=None if search.by_uku else search.person_id)
    if search.groups:  # a group is what stands before the dot of an action's name
        found = found.filter(reduce(or_, (Q(action__startswith=f"{group}.") for group in search.groups)))
    if search.since:
        found = found.filter(at__gte=_midnight(search.since, zone))
    if search.until and search.until < date.max:
        found = found.filter(at__lt=_midnight(search.until + timedelta(days=1), zone))
    for word in search.words.split():
        found = found.filter(Q(summary__icontains=word) | Q(target__icontains=word))
    return found


def history_of(target: Any, *, at_most: int) -> list[AuditEntry]:
    """Return the newest entries about one record, newest first."""
    found = AuditEntry.objects.filter(target=name_of_target(target)).select_related("actor")
    return list(found.order_by("-position")[:at_most])


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def changes(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    """Return each name that was changed, with what it was and what it became; None where it was not there."""
    names = dict.fromkeys([*entry.before, *entry.after])
    both = [(name, entry.before.get(name), entry.after.get(name)) for name in names]
    return [(name, before, after) for name, before, after in both if before != after]
