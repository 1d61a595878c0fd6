"""What can be done to a workspace: make it, and change its plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.kit import clock
from uku.kit.events import publish
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import Membership, Plan, Role, User, Workspace
from uku.workspaces.permissions import Permission, needs
from uku.workspaces.seller import PERSON


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """A workspace has another plan. Told inside the transaction that changes it."""

    workspace_id: int
    may_integrate: bool


def create_workspace(
    *, name: str, slug: str, owner: User, at: datetime, plan: str = Plan.TEAM, **card: Any
) -> Workspace:
    """Make a workspace with its one owner. `card` holds the seller's facts, by field name."""
    with transaction.atomic():
        origins = dict.fromkeys(card, PERSON)
        workspace = Workspace.objects.create(
            name=name, slug=slug, plan=Plan(plan), created_at=at, fact_origins=origins, **card
        )
        with workspace_in_force(workspace.pk):
            Membership.objects.create(user=owner, role=Role.OWNER)
            record(
                actor=owner,
                action="workspace.create",
                target=workspace,
                summary=translate_for_workspace(gettext_lazy("%(workspace)s was created"), workspace=name),
                at=at,
            )
    return workspace


@transaction.atomic
@needs(Permission.CHANGE_PLAN)
def set_plan(*, workspace: Workspace, plan: str, actor: User | None = None, at: datetime | None = None) -> None:
    """Change the plan, and that of a firm's company files. What needs a better one pauses until the plan is back.

    An actor of None is the operator. Raises ValueError for a plan that does not exist, and NotAllowed.
    """
    wanted = Plan(plan)
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    before, row.plan = row.plan, wanted
    workspace.plan = wanted
    if before == wanted:
        return
    row.save(update_fields=["plan"])
    with workspace_in_force(row.pk):
        publish(PlanChanged(row.pk, row.may_integrate))
        record(
            actor=actor,
            action="workspace.plan",
            target=row,
            summary=translate_for_workspace(
                gettext_lazy("Plan changed from %(before)s to %(after)s"), before=Plan(before).label, after=wanted.label
            ),
            at=at or clock.now(),
            before={"plan": before},
            after={"plan": str(wanted)},
        )
    for company_file in Workspace.objects.filter(firm=row).order_by("pk"):
        set_plan(workspace=company_file, plan=plan, at=at)


@transaction.atomic
@needs(Permission.MANAGE_MEMBERS)
def add_member(
    *, workspace: Workspace, user: User, role: str, actor: User | None = None, at: datetime | None = None
) -> Membership:
    """Give a person who has an account a place in the workspace. Raises NotAllowed."""
    with workspace_in_force(workspace.pk):
        membership = Membership.objects.create(user=user, role=Role(role))
        record(
            actor=actor,
            action="member.add",
            target=membership,
            summary=translate_for_workspace(
                gettext_lazy("%(person)s joined as %(role)s"), person=user, role=Role(role).label
            ),
            at=at or clock.now(),
            after={"role": str(Role(role)), "active": True},
        )
    return membership
