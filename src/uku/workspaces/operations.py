"""What can be done to a workspace and its people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import AuditEntry, Membership, Plan, Role, User, Workspace


def create_workspace(
    *, name: str, slug: str, owner: User, at: datetime, plan: str = Plan.TEAM, **card: Any
) -> Workspace:
    """Make a workspace with its one owner. `card` holds the seller's facts, by field name."""
    with transaction.atomic():
        workspace = Workspace.objects.create(name=name, slug=slug, plan=Plan(plan), created_at=at, **card)
        with workspace_in_force(workspace.pk):
            Membership.objects.create(user=owner, role=Role.OWNER)
            record(actor=owner, action="workspace.create", target=workspace, summary=f"{name} was made", at=at)
    return workspace


def add_member(*, workspace: Workspace, user: User, role: str) -> Membership:
    with workspace_in_force(workspace.pk):
        return Membership.objects.create(user=user, role=role)


def set_plan(*, workspace: Workspace, plan: str) -> None:
    workspace.plan = Plan(plan)
    workspace.save(update_fields=["plan"])


def record(
    *,
    actor: User | None,
    action: str,
    target: Any,
    summary: str,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write one line of the audit log, in the transaction of the change itself."""
    AuditEntry.objects.create(
        actor=actor,
        action=action,
        target=f"{type(target).__name__}:{target.pk}",
        summary=summary[:500],
        before=before or {},
        after=after or {},
        at=at,
    )
