"""What a firm chooses for its connection on the settings page: a column each, and a line in the audit log."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.connection.authorize import stored_connection_of
from uku.integrations.fortnox.models import Booking, NewClients, NewCustomers
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


@needs(Permission.MANAGE_INTEGRATIONS)
def choose_new_clients(*, workspace: Workspace, choice: NewClients, actor: User, at: datetime) -> None:
    """Set what becomes of a customer without a match after the first import. Raises NotAllowed."""
    words = gettext_lazy("New clients from Fortnox: %(choice)s")
    _store(workspace, "new_clients", choice, words, actor, at, action="fortnox.new_clients")


@needs(Permission.MANAGE_INTEGRATIONS)
def choose_new_customers(*, workspace: Workspace, choice: NewCustomers, actor: User, at: datetime) -> None:
    """Set what becomes of an invoice whose client is linked to no customer. Raises NotAllowed."""
    words = gettext_lazy("Clients without a Fortnox customer: %(choice)s")
    _store(workspace, "new_customers", choice, words, actor, at, action="fortnox.new_customers")


@needs(Permission.MANAGE_INTEGRATIONS)
def choose_booking(*, workspace: Workspace, choice: Booking, actor: User, at: datetime) -> None:
    """Set what happens to invoices that are issued from now on; those sent before stay as they are. Raises NotAllowed.

    Under the cash method Fortnox books when payments come, and the choice changes nothing.
    """
    words = gettext_lazy("Booking invoices in Fortnox: %(choice)s")
    _store(workspace, "booking", choice, words, actor, at, action="fortnox.booking")


@transaction.atomic
def _store(
    workspace: Workspace, column: str, choice: TextChoices, words: Promise, actor: User, at: datetime, *, action: str
) -> None:
    connection = stored_connection_of(workspace)
    before = getattr(connection, column)
    if before == choice:
        return
    setattr(connection, column, choice)
    connection.save(update_fields=[column])
    summary = translate_for_workspace(words, choice=choice.label)
    facts = {"before": {column: before}, "after": {column: str(choice)}}
    record(actor=actor, action=action, target=connection, summary=summary, at=at, **facts)
