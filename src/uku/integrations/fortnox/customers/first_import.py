"""What becomes of customers that no client matches: the first import is ended, the setting is chosen."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from uku.integrations.fortnox.connection.authorize import stored_connection_of
from uku.integrations.fortnox.connection.guards import refuse_while_off
from uku.integrations.fortnox.health.alerts import decide_first_import
from uku.integrations.fortnox.models import NewClients
from uku.workspaces.audit import record as audit
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def finish_first_import(*, actor: User, at: datetime) -> None:
    """End the first import: who waits goes on waiting, who comes later follows the setting.

    Raises NotAllowed, NotWorking.
    """
    connection = refuse_while_off()
    if connection.company_id:
        decide_first_import(connection, actor=actor, at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def choose_new_clients(*, workspace: Workspace, choice: NewClients, actor: User, at: datetime) -> None:
    """Set what becomes of a customer without a match after the first import. Raises NotAllowed."""
    connection = stored_connection_of(workspace)
    before = connection.new_clients
    if before == choice:
        return
    connection.new_clients = choice
    connection.save(update_fields=["new_clients"])
    audit(
        actor=actor,
        action="fortnox.new_clients",
        target=connection,
        summary=f"New clients from Fortnox: {NewClients(choice).name.lower()}",
        at=at,
        before={"new_clients": before},
        after={"new_clients": str(choice)},
    )
