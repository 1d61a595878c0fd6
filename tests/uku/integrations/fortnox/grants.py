"""What the tests of tokens share: a grant's tokens looked at and aged, and threads that renew them at the same time."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

from django.db import connection as database

from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.tokens.encryption import open_tokens, seal_tokens
from uku.kit import clock

MINUTE, HOUR, DAY = 60, 3600, 86_400
TOKEN = {"method": "POST", "path": "/oauth-v1/token"}
DENIED = {"action": "status", "status": 401, "body": '{"message":"unauthorized"}'}


def row() -> Connection:
    """The one connection, read afresh."""
    return Connection.everywhere.get()


def stored():
    return open_tokens(row())


def age(connection, *, minutes: float) -> None:
    """Let the stored access token end in so many minutes."""
    found = Connection.everywhere.get(pk=connection.pk)
    tokens = replace(open_tokens(found), expires_at=clock.now() + timedelta(minutes=minutes))
    Connection.everywhere.filter(pk=found.pk).update(sealed_tokens=seal_tokens(found.pk, tokens))


def ask(connection) -> None:
    with open_fortnox(connection) as fortnox:
        fortnox.customers.count()


class Thread(threading.Thread):
    """Runs a function on a database connection of its own, and keeps what it raised."""

    def __init__(self, work) -> None:
        super().__init__()
        self.work, self.error = work, None
        self.start()

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:  # noqa: BLE001  # handed to the test
            self.error = error
        finally:
            database.close()
