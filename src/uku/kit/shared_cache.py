"""Short-lived values that all processes share: what throttling counts, and codes that were used once.

A counter in one process's memory would let a password be tried once more in each process (S24). Django's
own database cache keeps pickles, which run code for whoever can write a row; here a value is plain JSON.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection, models


class SharedValue(models.Model):
    """One value with its end, on the database's clock."""

    key = models.CharField(max_length=300, primary_key=True)
    value = models.JSONField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        app_label = "uku"

    def __str__(self) -> str:
        return self.key


_ENDS = "clock_timestamp() + make_interval(secs => %s)"  # of a timeout of None nothing is left but null: no end
_ADD = f"""
INSERT INTO uku_sharedvalue AS held (key, value, expires_at) VALUES (%s, %s, {_ENDS})
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
WHERE held.expires_at <= clock_timestamp() RETURNING key
"""  # noqa: S608  # the only part put in is the constant above
_SET = f"""
INSERT INTO uku_sharedvalue (key, value, expires_at) VALUES (%s, %s, {_ENDS})
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
"""  # noqa: S608  # as above
_GET = "SELECT value FROM uku_sharedvalue WHERE key = %s AND (expires_at IS NULL OR expires_at > clock_timestamp())"
_TOUCH = f"UPDATE uku_sharedvalue SET expires_at = {_ENDS} WHERE key = %s"  # noqa: S608  # as above
_ENDED = "DELETE FROM uku_sharedvalue WHERE expires_at <= clock_timestamp()"


class SharedCache(BaseCache):
    """Django's cache over one table. Each call is one statement, so that two processes cannot both `add` a key."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._run(_ADD, [self._named(key, version), json.dumps(value), self._seconds(timeout)]))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        found = self._run(_GET, [self._named(key, version)])
        return (json.loads(found[0][0]) if isinstance(found[0][0], str) else found[0][0]) if found else default

    def set(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._run(_SET, [self._named(key, version), json.dumps(value), self._seconds(timeout)])

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._run(f"{_TOUCH} RETURNING key", [self._seconds(timeout), self._named(key, version)]))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._run("DELETE FROM uku_sharedvalue WHERE key = %s RETURNING key", [self._named(key, version)]))

    def clear(self) -> None:
        self._run("DELETE FROM uku_sharedvalue", [])

    def delete_ended(self) -> None:
        """Throw away what has ended; a reader never sees it anyway."""
        self._run(_ENDED, [])

    def _named(self, key: str, version: int | None) -> str:
        return self.make_and_validate_key(key, version=version)

    def _seconds(self, timeout: Any) -> float | None:
        chosen = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if chosen is None else float(chosen)

    @staticmethod
    def _run(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
