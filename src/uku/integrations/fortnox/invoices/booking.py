"""Whether invoices are booked in Fortnox as soon as they are there, or by a person."""

from __future__ import annotations

from uku.integrations.fortnox.models import Booking, Connection


def books_at_once(connection: Connection) -> bool:
    return connection.booking == Booking.AT_ONCE
