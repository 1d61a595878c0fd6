"""Who may do what, as one table."""

from __future__ import annotations

from enum import StrEnum

from uku.workspaces.models import Membership, Role

EVERYONE = frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER})
MANAGERS = frozenset({Role.OWNER, Role.ADMIN})
OWNER_ONLY = frozenset({Role.OWNER})


class Permission(StrEnum):
    """What a person can ask for. The value is the middle of the sentence that refuses it."""

    SEE = "see this page"
    EDIT_CLIENTS = "change clients"
    EDIT_PRODUCTS = "change products"
    EDIT_INVOICES = "make and issue invoices"
    WORK_ON_TASKS = "work on tasks"
    MANAGE_INTEGRATIONS = "change integrations"


TABLE: dict[Permission, frozenset[Role]] = {
    Permission.SEE: EVERYONE,
    Permission.EDIT_CLIENTS: MANAGERS,
    Permission.EDIT_PRODUCTS: MANAGERS,
    Permission.EDIT_INVOICES: MANAGERS,
    Permission.WORK_ON_TASKS: EVERYONE,
    Permission.MANAGE_INTEGRATIONS: MANAGERS,
}


class NotAllowed(Exception):
    """The role may not do this. `sentence` says who can."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        roles = [role.label for role in Role if role in TABLE[permission]]
        self.sentence = f"Only a {' or '.join(map(str, roles))} can {permission.value}."
        super().__init__(self.sentence)


def may(membership: Membership, permission: Permission) -> bool:
    return membership.is_active and Role(membership.role) in TABLE[permission]


def require(membership: Membership, permission: Permission) -> None:
    """Raise NotAllowed unless the member may do this."""
    if not may(membership, permission):
        raise NotAllowed(permission)
