"""Whether the database has every migration that this version brings; quick enough to be asked by anybody."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def are_migrations_applied() -> bool:
    """Say whether nothing waits for `uku migrate`."""
    return _newest() <= MigrationRecorder(connection).applied_migrations().keys()


@cache
def _newest() -> frozenset[tuple[str, str]]:
    """The last migration of each app, from this version's files: none is applied without those before it."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())
