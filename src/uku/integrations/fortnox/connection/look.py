"""The daily look at the company behind a connection (spec section 6)."""

from __future__ import annotations

from datetime import datetime

from fortnox_api import FortnoxError
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection import company
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.tokens.grant_state import note_failure


def look(*, connection: Connection, at: datetime) -> None:
    """Read the company and take in what is new. A failure is written down like that of any other reading."""
    Connection.everywhere.filter(pk=connection.pk).update(company_asked_at=at)
    try:
        with open_fortnox(connection) as fortnox:
            found = company.read(fortnox)
    except FortnoxError as error:
        note_failure(connection, error)
        return
    company.take_in(connection=connection, company=found, at=at)
