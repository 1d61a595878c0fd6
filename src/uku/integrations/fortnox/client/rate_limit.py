"""One request each 210 ms per Fortnox company, shared by all processes through one row (decision 6)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection as database

from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.tokens.store import refuse_inside_transaction

INTERVAL = "210 milliseconds"  # passes both readings of Fortnox's 25-per-5-seconds window
LONGEST_WAIT = 120.0

_RESERVE = f"""
    INSERT INTO fortnox_pace AS pace (company_id, next_at)
    VALUES (%s, clock_timestamp() + interval '{INTERVAL}')
    ON CONFLICT (company_id) DO UPDATE
      SET next_at = greatest(pace.next_at, clock_timestamp()) + interval '{INTERVAL}'
    RETURNING extract(epoch FROM next_at - interval '{INTERVAL}' - clock_timestamp()) AS wait
"""  # noqa: S608  # the interval is ours
_READ = """
    WITH reserved AS ({reserve})
    SELECT connection.*, reserved.wait FROM fortnox_connection AS connection, reserved WHERE connection.id = %s
"""
_PUSH_BACK = """
    UPDATE fortnox_pace SET next_at = greatest(next_at, clock_timestamp() + make_interval(secs => %s))
    WHERE company_id = %s
"""


class PaceRow:
    """The client's Limiter: reserves the next free moment, then sleeps until it comes."""

    def __init__(
        self,
        company_id: str,
        check: Callable[[], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`check` runs after each wait, right before the request leaves; it raises when that must not happen."""
        self._company_id, self._check, self._sleep = company_id, check, sleep
        self._reserved: float | None = None

    def reserve_and_read(self, connection_id: int) -> Connection:
        """Reserve the moment of the next request, and read the connection that it is for in the same statement."""
        refuse_inside_transaction()
        rows = Connection.everywhere.raw(_READ.format(reserve=_RESERVE), [self._company_id, connection_id])
        row: Connection = rows[0]
        wait: Any = row.wait  # type: ignore[attr-defined]  # a column of the statement, not of the model
        self._reserved = time.monotonic() + float(wait)
        return row

    def forget_reserved(self) -> None:
        """Let the reserved moment pass: what has to be done before the request takes longer."""
        self._reserved = None

    def acquire(self) -> None:
        if self._reserved is None:
            refuse_inside_transaction()
            with database.cursor() as cursor:
                cursor.execute(_RESERVE, [self._company_id])
                wait = float(cursor.fetchone()[0])
        else:
            wait, self._reserved = self._reserved - time.monotonic(), None
        if wait > 0:
            self._sleep(min(wait, LONGEST_WAIT))
        if self._check is not None:
            self._check()

    def penalize(self, seconds: float) -> None:
        """Hold everyone back after a 429."""
        with database.cursor() as cursor:
            cursor.execute(_PUSH_BACK, [min(seconds, LONGEST_WAIT), self._company_id])
