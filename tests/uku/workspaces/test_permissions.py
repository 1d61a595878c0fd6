"""Who may do what is one table; a refusal says who can."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import Membership, Plan, Role, Workspace
from uku.workspaces.permissions import TABLE, NotAllowed, Permission, may, require

EVERYONE = {"see", "work_on_tasks"}
MANAGERS = EVERYONE | {
    "edit_clients",
    "edit_products",
    "edit_invoices",
    "manage_integrations",
    "manage_company",
    "manage_members",
    "see_audit",
    "see_personal_numbers",
}
EXPECTED = {Role.OWNER: MANAGERS | {"transfer_ownership", "change_plan"}, Role.ADMIN: MANAGERS, Role.MEMBER: EVERYONE}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_exactly_what_its_line_of_the_table_says(role):
    member = Membership(role=role)
    assert {permission.name.lower() for permission in Permission if may(member, permission)} == EXPECTED[role]


def test_every_permission_is_in_the_table_and_the_owner_has_it():
    assert set(TABLE) == set(Permission)
    assert [permission for permission, roles in TABLE.items() if Role.OWNER not in roles] == []


@pytest.mark.parametrize("role", Role)
def test_who_was_deactivated_may_do_nothing(role):
    member = Membership(role=role, is_active=False)
    assert [permission for permission in Permission if may(member, permission)] == []


def test_a_refusal_says_who_can():
    with pytest.raises(NotAllowed) as refused:
        require(Membership(role=Role.MEMBER), Permission.MANAGE_INTEGRATIONS)
    assert refused.value.sentence == "Only a Company Owner or Company Admin can change integrations."
    assert refused.value.permission == Permission.MANAGE_INTEGRATIONS


def test_what_is_allowed_is_not_refused():
    require(Membership(role=Role.ADMIN), Permission.MANAGE_INTEGRATIONS)


def test_a_workspace_has_one_owner_by_constraint(workspace, stranger):
    with pytest.raises(IntegrityError, match="uku_membership_one_owner"), transaction.atomic():
        Membership.everywhere.create(workspace=workspace, user=stranger, role=Role.OWNER)


def test_a_person_is_a_member_once(workspace, owner):
    with pytest.raises(IntegrityError, match="uku_membership_once"), transaction.atomic():
        Membership.everywhere.create(workspace=workspace, user=owner, role=Role.MEMBER)


def test_a_person_may_belong_to_several_workspaces(workspace, other_workspace, owner):
    with workspace_in_force(other_workspace.pk):
        Membership.objects.create(user=owner, role=Role.MEMBER)
    theirs = Membership.everywhere.filter(user=owner).order_by("id")
    assert list(theirs.values_list("workspace", "role")) == [(workspace.pk, "owner"), (other_workspace.pk, "member")]


@pytest.mark.parametrize(("plan", "allowed"), [(Plan.FREE, False), (Plan.TEAM, True), (Plan.ELITE, True)])
def test_integrations_are_part_of_team_and_elite(plan, allowed):
    assert Workspace(plan=plan).may_integrate is allowed
