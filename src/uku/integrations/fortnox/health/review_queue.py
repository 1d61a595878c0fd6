"""Customers that wait for a person: who they are, when the first import is decided, and the bell."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from uku.integrations.fortnox.models import Connection, CustomerRecord, LinkReason, RunKind, RunState, SyncRun
from uku.workspaces.audit import record as audit
from uku.workspaces.models import User
from uku.workspaces.notices import News, clear, tell
from uku.workspaces.permissions import Permission, needs

CUSTOMERS_WAIT: Final = "fortnox.customers_wait"


def undecided(company_id: str) -> QuerySet[CustomerRecord]:
    """The active customers of a company that nobody decided about: suggestions, and those without a match."""
    return CustomerRecord.objects.filter(company_id=company_id, client=None, ignored_at=None, active=True)


def unmatched(company_id: str) -> QuerySet[CustomerRecord]:
    return undecided(company_id).filter(suggested=None)


def linked_by_itself(company_id: str) -> QuerySet[CustomerRecord]:
    """The customers that matching alone linked to clients that were there."""
    linked = CustomerRecord.objects.filter(company_id=company_id, client__isnull=False)
    return linked.exclude(linked_because__in=(LinkReason.PERSON, LinkReason.CREATED))


def waits(record: CustomerRecord) -> bool:
    """Say the same of one row that is held."""
    return record.active and record.client_id is None and record.ignored_at is None


def is_first_import(connection: Connection) -> bool:
    """Say whether the first import of the connected company is still to be decided."""
    return bool(connection.company_id) and connection.first_import_of != connection.company_id


def imports_of(company_id: str) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(kind=RunKind.CUSTOMERS, company_id=company_id)


def is_read(company_id: str) -> bool:
    """Say whether the customers of a company were read completely once."""
    return imports_of(company_id).filter(state=RunState.DONE).exists()


def settle(connection: Connection, *, at: datetime) -> None:
    """Bring the first import and the bell in line with what waits. Cheap and repeatable: each run, each minute.

    Before the first complete import nothing is told: what waits may yet find its client.
    """
    company = connection.company_id
    if not (company and undecided(company).exists()):
        clear(key=CUSTOMERS_WAIT, at=at)
    if not company or not is_read(company):
        return
    if is_first_import(connection) and not unmatched(company).exists():
        decide_first_import(connection, actor=None, at=at)
    if connection.enabled and connection.workspace.may_integrate and undecided(company).exists():
        tell(_news(connection), at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def decide_first_import(connection: Connection, *, actor: User | None, at: datetime) -> None:
    """Note that the first import of the connected company is decided; twice does no harm. Raises NotAllowed."""
    company = connection.company_id
    same = Connection.objects.filter(pk=connection.pk, company_id=company).exclude(first_import_of=company)
    if same.update(first_import_of=company):
        summary = f"The first import of {connection.company_name}, database {company}, is decided"
        audit(actor=actor, action="fortnox.first_import", target=connection, summary=summary, at=at)
    connection.first_import_of = company


def _news(connection: Connection) -> News:
    return News(
        key=CUSTOMERS_WAIT,
        title=_("Fortnox customers wait for your decision."),
        text=_("Each one is shown beside the clients it looks like. Link it, create a client from it, or ignore it."),
        url=reverse("fortnox:review", kwargs={"slug": connection.workspace.slug}),
        tone="warning",
        permission=Permission.MANAGE_INTEGRATIONS,
    )
