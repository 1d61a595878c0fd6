"""Whether this version's migrations can be run on the database."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.loader import MigrationLoader


def lacks_replaced_migrations() -> bool:
    """Tell whether the database has some of the migrations that a squashed one replaces, and not all of them.

    The rest of them is gone from this version, and Django would begin in the middle.
    """
    loader = MigrationLoader(connection)
    for squashed in loader.replacements.values():
        applied = [key in loader.applied_migrations for key in squashed.replaces]
        if any(applied) and not all(applied):
            return True
    return False
