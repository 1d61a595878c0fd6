"""Whether invoices are booked in Fortnox as soon as they are there, or by a person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.connection.authorize import stored_connection_of
from uku.integrations.fortnox.models import Booking, Connection
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def choose_booking(*, workspace: Workspace, choice: Booking, actor: User, at: datetime) -> None:
    """Set what happens to invoices that are issued from now on; those sent before stay as they are. Raises NotAllowed.

    Under the cash method Fortnox books when payments come, and the choice changes nothing.
    """
    connection = stored_connection_of(workspace)
    before = connection.booking
    if before == choice:
        return
    connection.booking = choice
    connection.save(update_fields=["booking"])
    record(
        actor=actor,
        action="fortnox.booking",
        target=connection,
        summary=translate_for_workspace(
            gettext_lazy("Booking invoices in Fortnox: %(choice)s"), choice=Booking(choice).label
        ),
        at=at,
        before={"booking": before},
        after={"booking": str(choice)},
    )


def books_at_once(connection: Connection) -> bool:
    return connection.booking == Booking.AT_ONCE
