"""Sessions in the database, asked for only by a key that could be one. SESSION_ENGINE names a module of its own."""

from __future__ import annotations

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's own, but for keys that it never made: a cookie can carry a NUL, which PostgreSQL refuses (B37)."""

    def _validate_session_key(self, key: str) -> bool:
        return bool(super()._validate_session_key(key) and key.isascii() and key.isalnum())  # type: ignore[misc]  # theirs
