"""Who may do what, as one table, and the one way to ask it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import connection, models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.kit.scoping import current_workspace_id
from uku.workspaces.models import Membership, Role

P = ParamSpec("P")
R = TypeVar("R")

EVERYONE = frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER})
MANAGERS = frozenset({Role.OWNER, Role.ADMIN})
OWNER_ONLY = frozenset({Role.OWNER})


class Permission(models.TextChoices):
    """What a person can ask for. The label is the middle of the sentence that refuses it."""

    SEE = "see", _("see this page")
    EDIT_CLIENTS = "edit_clients", _("change clients")
    SEE_PERSONAL_NUMBERS = "see_personal_numbers", _("see personal numbers in full")
    EDIT_PRODUCTS = "edit_products", _("change products")
    SEE_INVOICES = "see_invoices", _("see invoices")
    DRAFT_INVOICES = "draft_invoices", _("create and edit drafts of invoices")
    ISSUE_INVOICES = "issue_invoices", _("issue invoices")
    CREDIT_INVOICES = "credit_invoices", _("credit and cancel invoices")
    SEND_INVOICES = "send_invoices", _("send invoices to clients")
    WORK_ON_TASKS = "work_on_tasks", _("work on tasks")
    MANAGE_TASK_FIELDS = "manage_task_fields", _("change the fields of tasks")
    MANAGE_INTEGRATIONS = "manage_integrations", _("change integrations")
    MANAGE_COMPANY = "manage_company", _("change the company details")
    MANAGE_MEMBERS = "manage_members", _("invite people and change their roles")
    SEE_AUDIT = "see_audit", _("read the audit log")
    TRANSFER_OWNERSHIP = "transfer_ownership", _("make another member the owner")
    CHANGE_PLAN = "change_plan", _("change the plan")


TABLE: dict[Permission, frozenset[Role]] = {
    Permission.SEE: EVERYONE,
    Permission.EDIT_CLIENTS: MANAGERS,
    Permission.SEE_PERSONAL_NUMBERS: MANAGERS,
    Permission.EDIT_PRODUCTS: MANAGERS,
    Permission.SEE_INVOICES: MANAGERS,
    Permission.DRAFT_INVOICES: MANAGERS,
    Permission.ISSUE_INVOICES: MANAGERS,
    Permission.CREDIT_INVOICES: MANAGERS,
    Permission.SEND_INVOICES: MANAGERS,
    Permission.WORK_ON_TASKS: EVERYONE,
    Permission.MANAGE_TASK_FIELDS: MANAGERS,
    Permission.MANAGE_INTEGRATIONS: MANAGERS,
    Permission.MANAGE_COMPANY: MANAGERS,
    Permission.MANAGE_MEMBERS: MANAGERS,
    Permission.SEE_AUDIT: MANAGERS,
    Permission.TRANSFER_OWNERSHIP: OWNER_ONLY,
    Permission.CHANGE_PLAN: OWNER_ONLY,
}
SWITCHES: dict[Permission, str] = {
    Permission.SEE_INVOICES: "may_see_invoices",
    Permission.DRAFT_INVOICES: "may_draft_invoices",
    Permission.ISSUE_INVOICES: "may_issue_invoices",
    Permission.CREDIT_INVOICES: "may_credit_invoices",
    Permission.SEND_INVOICES: "may_send_invoices",
}
"""What a member has by a switch of their membership; whose role is in the table has it anyway."""


def who_can(permission: Permission) -> str:
    """Name who has the permission: `Company Owner or Company Admin`."""
    if permission in SWITCHES:
        return gettext("Company Owner, a Company Admin or a Company Member with this permission")
    return gettext(" or ").join(str(role.label) for role in Role if role in TABLE[permission])


class NotAllowed(Exception):
    """The person may not do this. `sentence` says who can."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        words = {"roles": who_can(permission), "action": permission.label}
        self.sentence = gettext("Only a %(roles)s can %(action)s.") % words
        super().__init__(self.sentence)


def may(membership: Membership, permission: Permission) -> bool:
    """Say whether the role has the permission, or the member's own switch gives it."""
    switch = SWITCHES.get(permission)
    switched_on = switch is not None and bool(getattr(membership, switch))
    return membership.is_active and (switched_on or Role(membership.role) in TABLE[permission])


def require(membership: Membership, permission: Permission) -> None:
    """Raise NotAllowed unless the member may do this."""
    if not may(membership, permission):
        raise NotAllowed(permission)


def needs(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let an operation run only for an `actor` who has the permission, whoever calls it.

    The workspace is the `workspace` argument, else the one in force. An actor of None is Uku itself: a job, or
    the operator's command line; pages and the API always pass a person. Raises NotAllowed.

    Under `@transaction.atomic` role and switches are read and held in the transaction that acts on them (S64): who
    takes them away at that moment waits, or is waited for. An operation that calls outside cannot have that;
    it asks right before it begins.
    """

    def guard(operation: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(operation)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            actor = kwargs.get("actor")
            if actor is not None:
                _require_of(actor, kwargs.get("workspace"), permission)
            return operation(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # the test of all operations reads it
        return guarded

    return guard


# Others may read the row and hold it too, so that colleagues and a person's own windows do not wait for each other.
_HELD = """
SELECT id, workspace_id, user_id, role, is_active,
  may_see_invoices, may_draft_invoices, may_issue_invoices, may_credit_invoices, may_send_invoices
FROM uku_membership WHERE workspace_id = %s AND user_id = %s AND is_active FOR SHARE
"""


def _require_of(actor: Any, workspace: object, permission: Permission) -> None:
    workspace_id = getattr(workspace, "pk", None) or current_workspace_id()
    membership: Membership | None
    if connection.in_atomic_block:
        membership = next(iter(Membership.everywhere.raw(_HELD, [workspace_id, actor.pk])), None)
    else:
        membership = Membership.everywhere.filter(workspace_id=workspace_id, user_id=actor.pk, is_active=True).first()
    if membership is None:
        raise NotAllowed(permission)
    require(membership, permission)
