"""Disconnect: forget here first, then end the permission at Fortnox, then say how it ended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.connection import revoke
from uku.integrations.fortnox.connection.company import facts_of
from uku.integrations.fortnox.health import alerts
from uku.integrations.fortnox.models import Connection, RevocationOutcome
from uku.integrations.fortnox.tokens import grant_state
from uku.integrations.fortnox.tokens.encryption import open_tokens
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.integrations.fortnox.tokens.store import refuse_inside_transaction
from uku.integrations.fortnox.work import due
from uku.kit.scoping import workspace_in_force
from uku.tasks.pauses import note_disconnected
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


@needs(Permission.MANAGE_INTEGRATIONS)
def disconnect(*, workspace: Workspace, actor: User | None, at: datetime) -> RevocationOutcome | None:
    """Forget the tokens and the company, then revoke the token at Fortnox and return how that ended.

    None when nothing was to be revoked: nothing is connected, or another installation holds the grant (F44).

    Clients, invoices, links and settings stay; queued exports are held. What is under way meets a new generation and
    stores nothing (F22, F38). The token to revoke is set aside in the same transaction, so that a process that dies
    before the call loses nothing.
    """
    refuse_inside_transaction()
    with transaction.atomic(), workspace_in_force(workspace.pk):
        connection = Connection.objects.select_for_update().first()
        if connection is None or not connection.is_connected:
            return None
        foreign = is_foreign(connection)
        revocation = None
        if not foreign:
            revocation = revoke.store_revocation(
                lambda: open_tokens(connection),
                company_id=connection.company_id,
                company_name=connection.company_name,
                service_account=connection.service_account,
                at=at,
            )
        summary = translate_for_workspace(
            gettext_lazy("Fortnox disconnected from %(name)s, database %(database)s"),
            name=connection.company_name,
            database=connection.company_id,
        )
        before = facts_of(connection.company_name, connection.organisation_number, connection.company_id)
        connection.sealed_tokens = connection.company_id = connection.company_name = ""
        connection.organisation_number, connection.company_facts, connection.company_read_at = "", {}, None
        connection.scopes, connection.lost_scopes = [], []
        grant_state.clear_errors(connection)
        connection.generation += 1
        connection.save()
        record(actor=actor, action="fortnox.disconnect", target=connection, summary=summary, at=at, before=before)
        note_disconnected(at=at)
        due.wake(connection, at=at)  # a reload that runs has come to its end
    alerts.review(connection, at=at)
    if revocation is not None:
        return revoke.carry_out_revocation(revocation, at=at)
    return None if foreign else RevocationOutcome.NOT_KNOWN
