"""Which workers run: each one beats in a row of its own, by the database's clock, so that a dead one is seen.

The queue keeps heartbeats too, but deletes those of a dead worker. Here the last one stays: it says since when.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import connection, models

BEAT_EVERY: Final = 5.0
"""Seconds between two beats of a worker."""

_MISSED_AFTER = "interval '30 seconds'"  # six beats: a busy machine is not a dead worker
_KEPT = "interval '1 day'"


class WorkerHeartbeat(models.Model):
    """One worker process, from its start to its last beat."""

    id = models.CharField(primary_key=True, max_length=32)
    host = models.CharField(max_length=255)
    process_id = models.BigIntegerField()
    started_at = models.DateTimeField()
    last_beat_at = models.DateTimeField(db_index=True)
    stopped_at = models.DateTimeField(null=True, help_text="set when it was told to stop; empty when it was killed")

    class Meta:
        app_label = "uku"

    def __str__(self) -> str:
        return f"{self.host}, process {self.process_id}"


@dataclass(frozen=True, slots=True)
class Beat:
    """The statements with which one worker process says that it runs and that it stops, for any connection."""

    worker: str = field(default_factory=lambda: secrets.token_hex(16))

    def beat(self) -> tuple[str, tuple[object, ...]]:
        return _BEAT, (self.worker, socket.gethostname()[:255], os.getpid())

    def stop(self) -> tuple[str, tuple[object, ...]]:
        return _STOP, (self.worker,)


_BEAT = """
INSERT INTO uku_workerheartbeat AS held (id, host, process_id, started_at, last_beat_at)
VALUES (%s, %s, %s, clock_timestamp(), clock_timestamp())
ON CONFLICT (id) DO UPDATE SET last_beat_at = excluded.last_beat_at, stopped_at = NULL
"""
_STOP = """
WITH now AS (SELECT clock_timestamp() AS at)
UPDATE uku_workerheartbeat SET last_beat_at = now.at, stopped_at = now.at FROM now WHERE id = %s
"""
_RUNNING = f"stopped_at IS NULL AND last_beat_at > clock_timestamp() - {_MISSED_AFTER}"
_LAST = f"SELECT max(last_beat_at), coalesce(bool_or({_RUNNING}), false) FROM uku_workerheartbeat"  # noqa: S608  # constants
_OLD = f"""
DELETE FROM uku_workerheartbeat WHERE last_beat_at < clock_timestamp() - {_KEPT}
AND last_beat_at < (SELECT max(last_beat_at) FROM uku_workerheartbeat)
"""  # noqa: S608  # constants


@dataclass(frozen=True, slots=True)
class MissingWorker:
    """No worker runs. `since` is the last sign of the last one, by the real clock; None when none ever ran."""

    since: datetime | None


def missing_worker() -> MissingWorker | None:
    """Return since when no worker is running, or None while one is. Half a minute without a sign is missing."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        last, running = cursor.fetchone()
    return None if running else MissingWorker(since=last)


def delete_old_heartbeats() -> None:
    """Delete what is older than a day, but never the last one of all."""
    with connection.cursor() as cursor:
        cursor.execute(_OLD)
