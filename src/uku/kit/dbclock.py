"""The database's own clock, for leases and queues: one clock for all machines, which drills do not move."""

from __future__ import annotations

from django.db.models import DateTimeField, Func


def database_now() -> Func:
    """Return `clock_timestamp()` as an expression, for filters and updates."""
    return Func(function="clock_timestamp", output_field=DateTimeField())
