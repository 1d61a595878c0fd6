"""That no worker is running, in a bookkeeper's words: nothing is sent or read meanwhile."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from uku.integrations.fortnox.models import Connection
from uku.kit.heartbeats import MissingWorker, missing_worker
from uku.kit.times import show_recent_time


def sentence_for(connection: Connection, *, now: datetime) -> str:
    """Say since when no worker is running; empty while one is, or while nothing is to be sent or read anyway."""
    missing = missing_worker() if connection.enabled else None
    return in_words(missing, now=now, time_zone=connection.workspace.time_zone) if missing else ""


def in_words(missing: MissingWorker, *, now: datetime, time_zone: str) -> str:
    """Say it with the time in the given zone, and with the date unless that is today's."""
    if missing.since is None:
        return _("Nothing is sent or read, because no worker has run yet.")
    when = show_recent_time(missing.since, time_zone, now=now)
    return _("Nothing is sent or read since %(when)s, because no worker is running.") % {"when": when}
