"""The question before anything is in force: is this the right company? And what happens without an answer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.connection.authorize import NotEnabled, connection_of
from uku.integrations.fortnox.connection.company import Company
from uku.integrations.fortnox.connection.complete import (
    NewConnection,
    activate,
    notify_outcome,
    withdraw,
)
from uku.integrations.fortnox.connection.errors import CompanyNotAllowed, GrantNotPending
from uku.integrations.fortnox.connection.revoke import ABANDONED_AFTER
from uku.integrations.fortnox.models import PendingGrant, RevocationOutcome
from uku.integrations.fortnox.tokens.installation import ours
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

DECLINED = gettext_lazy("%(company)s was not confirmed")
EXPIRED = gettext_lazy("Authorization of %(company)s expired, not confirmed")


def waiting_grant(workspace: Workspace) -> PendingGrant | None:
    """Return the grant that waits for a person here, if any; one whose company is still being read does not."""
    with workspace_in_force(workspace.pk):
        rows = PendingGrant.objects.select_related("attempt__user", "attempt__link").exclude(company_id="")
        found: PendingGrant | None = rows.first()
    return found


@needs(Permission.MANAGE_INTEGRATIONS)
def confirm(*, workspace: Workspace, grant_id: int, actor: User, at: datetime) -> NewConnection:
    """Connect the company that waits. `grant_id` is the one the person saw: a later one is not meant.

    Raises GrantNotPending when it waits no longer, NotEnabled when the plan or the switch is off, CompanyNotAllowed
    when the company cannot be this workspace's any more; that grant is then revoked.
    """
    grant = _grant_seen(workspace, grant_id, at)
    if not (connection_of(workspace).enabled and workspace.may_integrate):
        raise NotEnabled
    company = Company(grant.company_id, grant.company_name, grant.organisation_number, dict(grant.company_facts))
    try:
        return activate(grant=grant, company=company, actor=actor, at=at)
    except CompanyNotAllowed:
        withdraw(grant=grant, at=at)
        raise


@needs(Permission.MANAGE_INTEGRATIONS)
def decline(*, workspace: Workspace, grant_id: int, actor: User, at: datetime) -> RevocationOutcome:
    """Give the permission back: it is the wrong company. Return how it ended at Fortnox. Raises GrantNotPending."""
    grant = _grant_seen(workspace, grant_id, at)
    _record_end(grant, actor, "fortnox.decline", DECLINED, at)
    outcome = withdraw(grant=grant, at=at)
    if outcome is None:
        raise GrantNotPending
    return outcome


def _grant_seen(workspace: Workspace, grant_id: int, at: datetime) -> PendingGrant:
    grant = waiting_grant(workspace)
    if grant is None or grant.pk != grant_id or grant.expires_at <= at:
        raise GrantNotPending
    return grant


def expired_grants(at: datetime) -> QuerySet[PendingGrant]:
    """Grants of all workspaces that nobody confirmed in time, or whose process died while their company was read.

    A copy of the installation gives nothing back: the original may have them in force (F44).
    """
    late = Q(expires_at__lte=at) | Q(company_id="", created_at__lt=at - ABANDONED_AFTER)
    return PendingGrant.everywhere.filter(late, ours())


def expire_grant(*, grant_id: int, at: datetime) -> None:
    """Revoke and remove a grant that ran out, and tell owners and admins how it ended at Fortnox."""
    grant = expired_grants(at).filter(pk=grant_id).select_related("attempt__workspace").first()
    if grant is None:
        return
    _record_end(grant, None, "fortnox.expire", EXPIRED, at)
    outcome = withdraw(grant=grant, at=at)
    if outcome is not None:
        notify_outcome(grant, outcome, at)


def _record_end(grant: PendingGrant, actor: User | None, action: str, words: Promise, at: datetime) -> None:
    """The intent is on record before the call."""
    with transaction.atomic(), workspace_in_force(grant.workspace_id):
        summary = translate_for_workspace(words, company=grant.company_name or "–")
        record(actor=actor, action=action, target=grant, summary=summary, at=at)
