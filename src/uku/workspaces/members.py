"""What can be done to the people of a workspace. It has exactly one owner, who changes only by handing over."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.kit.scoping import current_workspace_id, workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import Membership, Role, User, Workspace
from uku.workspaces.permissions import SWITCHES, Permission, needs

P = ParamSpec("P")
R = TypeVar("R")


class OwnerRoleIsFixed(Exception):
    """The owner's role and place do not change, and nobody else is made owner, but by handing over."""


class SwitchNeedsSight(Exception):
    """Whoever changes invoices must see them."""


class IneligibleOwner(Exception):
    """Only an active member who is not the owner already can be handed the workspace."""


def _one_after_the_other(operation: Callable[P, R]) -> Callable[P, R]:
    """Hold all its people in one order before the actor's role is read, so that two changes of them never cross.

    Each would else hold its actor's row and wait for the other's: PostgreSQL ends one of the two with an error.
    The second one waits here, and is then judged by the roles that the first one left. It is the people that are
    held, not the workspace's row: whoever changes that one holds their own row first (`needs`).
    """

    @functools.wraps(operation)
    def alone(*args: P.args, **kwargs: P.kwargs) -> R:
        workspace_id = getattr(kwargs.get("workspace"), "pk", None) or current_workspace_id()
        people = Membership.everywhere.filter(workspace_id=workspace_id).order_by("pk")
        list(people.select_for_update(no_key=True).values_list("pk"))
        return operation(*args, **kwargs)

    return alone


@transaction.atomic
@_one_after_the_other
@needs(Permission.MANAGE_MEMBERS)
def change_role(*, membership: Membership, role: str, actor: User, at: datetime) -> Membership:
    """Give a member another role; it holds from the person's next request. Raises NotAllowed, OwnerRoleIsFixed."""
    row, wanted = _locked(membership), Role(role)
    if Role.OWNER in {row.role, wanted}:
        raise OwnerRoleIsFixed
    if row.role != wanted:
        before = _audit_text(row)
        row.role = wanted
        row.save(update_fields=["role"])
        _record(
            row,
            before,
            translate_for_workspace(gettext_lazy("%(person)s is now %(role)s"), person=row.user, role=wanted.label),
            "member.role",
            actor,
            at,
        )
    return row


@transaction.atomic
@_one_after_the_other
@needs(Permission.MANAGE_MEMBERS)
def change_billing(*, membership: Membership, allowed: Collection[Permission], actor: User, at: datetime) -> Membership:
    """Give a member exactly these of the billing permissions; they hold from the person's next request.

    Raises NotAllowed, SwitchNeedsSight.
    """
    if allowed and Permission.SEE_INVOICES not in allowed:
        raise SwitchNeedsSight
    row = _locked(membership)
    before = _switches(row)
    for permission, name in SWITCHES.items():
        setattr(row, name, permission in allowed)
    after = _switches(row)
    if before != after:
        row.save(update_fields=list(SWITCHES.values()))
        summary = translate_for_workspace(
            gettext_lazy("The billing permissions of %(person)s were changed"), person=row.user
        )
        record(actor=actor, action="member.billing", target=row, summary=summary, at=at, before=before, after=after)
    return row


@transaction.atomic
@_one_after_the_other
@needs(Permission.MANAGE_MEMBERS)
def deactivate(*, membership: Membership, actor: User, at: datetime) -> Membership:
    """Take a person's way into this workspace away, from the next request on; what they did stays.

    Raises NotAllowed, OwnerRoleIsFixed.
    """
    return _switch(membership, actor, at, active=False)


@transaction.atomic
@_one_after_the_other
@needs(Permission.MANAGE_MEMBERS)
def reactivate(*, membership: Membership, actor: User, at: datetime) -> Membership:
    """Let a person in again, with the role they had. Raises NotAllowed."""
    return _switch(membership, actor, at, active=True)


def _switch(membership: Membership, actor: User, at: datetime, *, active: bool) -> Membership:
    row = _locked(membership)
    if row.role == Role.OWNER:
        raise OwnerRoleIsFixed
    if row.is_active != active:
        before = _audit_text(row)
        row.is_active = active
        row.save(update_fields=["is_active"])
        action, words = "member.deactivate", gettext_lazy("%(person)s was deactivated")
        if active:
            action, words = "member.reactivate", gettext_lazy("%(person)s was reactivated")
        _record(row, before, translate_for_workspace(words, person=row.user), action, actor, at)
    return row


@transaction.atomic
@_one_after_the_other
@needs(Permission.TRANSFER_OWNERSHIP)
def transfer_ownership(*, workspace: Workspace, membership: Membership, actor: User | None, at: datetime) -> None:
    """Make another active member the owner, and the owner an admin, in one transaction.

    An actor of None is the operator, for a firm whose owner is gone. Raises NotAllowed, IneligibleOwner.
    """
    with workspace_in_force(workspace.pk):
        people = {row.pk: row for row in Membership.objects.select_for_update().order_by("pk")}
        owner = next(row for row in people.values() if row.role == Role.OWNER)
        heir = people.get(membership.pk)
        if heir is None or heir == owner or not (heir.is_active and heir.user.is_active):
            raise IneligibleOwner
        owner.role, heir.role = Role.ADMIN, Role.OWNER
        owner.save(update_fields=["role"])  # first: the database holds one owner at a time
        heir.save(update_fields=["role"])
        record(
            actor=actor,
            action="workspace.owner",
            target=workspace,
            summary=translate_for_workspace(
                gettext_lazy("The new owner is %(new)s, after %(old)s"), new=heir.user, old=owner.user
            ),
            at=at,
            before={"owner": owner.user.email},
            after={"owner": heir.user.email},
        )


@transaction.atomic
@needs(Permission.MANAGE_MEMBERS)
def require_second_factor(*, workspace: Workspace, required: bool, actor: User, at: datetime) -> None:
    """Say whether owners and admins of this workspace must have a second factor. Raises NotAllowed."""
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    before = row.second_factor_required
    workspace.second_factor_required = row.second_factor_required = required
    if before == required:
        return
    row.save(update_fields=["second_factor_required"])
    words = gettext_lazy("Owners and admins no longer need a second factor")
    if required:
        words = gettext_lazy("Owners and admins need a second factor")
    with workspace_in_force(row.pk):
        record(
            actor=actor,
            action="workspace.second_factor",
            target=row,
            summary=translate_for_workspace(words),
            at=at,
            before={"required": before},
            after={"required": required},
        )


def _locked(membership: Membership) -> Membership:
    """The row as it is now, of the workspace in force: another workspace's is not found."""
    return Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)


def _switches(row: Membership) -> dict[str, bool]:
    return {name: getattr(row, name) for name in SWITCHES.values()}


def _audit_text(row: Membership) -> dict[str, Any]:
    return {"role": str(row.role), "active": row.is_active}


def _record(
    row: Membership, before: dict[str, Any], summary: str, action: str, actor: User | None, at: datetime
) -> None:
    record(actor=actor, action=action, target=row, summary=summary, at=at, before=before, after=_audit_text(row))
