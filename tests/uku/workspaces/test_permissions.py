"""Who may do what is one table; a refusal says who can."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import Membership, Plan, Role, Workspace
from uku.workspaces.permissions import SWITCHES, TABLE, NotAllowed, Permission, may, require

EVERYONE = {"see", "work_on_tasks", "see_invoices", "draft_invoices"}
SWITCHED = {"see_invoices", "draft_invoices", "issue_invoices", "credit_invoices", "send_invoices"}
MANAGERS = EVERYONE | {
    "edit_clients",
    "edit_products",
    "issue_invoices",
    "credit_invoices",
    "send_invoices",
    "manage_integrations",
    "manage_task_fields",
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


def allowed(member):
    return {permission.name.lower() for permission in Permission if may(member, permission)}


def test_a_members_switches_decide_about_billing():
    nothing, everything = (dict.fromkeys(SWITCHES.values(), value) for value in (False, True))
    assert allowed(Membership(role=Role.MEMBER, **nothing)) == EVERYONE - SWITCHED
    assert allowed(Membership(role=Role.MEMBER, **everything)) == EVERYONE | SWITCHED


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_owners_and_admins_have_all_of_billing_whatever_their_switches_say(role):
    nothing = dict.fromkeys(SWITCHES.values(), False)
    assert allowed(Membership(role=role, **nothing)) == EXPECTED[role]


def test_a_refusal_of_a_switch_says_who_can():
    with pytest.raises(NotAllowed) as refused:
        require(Membership(role=Role.MEMBER), Permission.ISSUE_INVOICES)
    assert refused.value.sentence == (
        "Only a Company Owner, a Company Admin or a Company Member with this permission can issue invoices."
    )


def test_what_a_member_does_not_see_they_do_not_change_by_constraint(workspace, stranger):
    switches = {"may_see_invoices": False, "may_draft_invoices": True}
    with pytest.raises(IntegrityError, match="uku_membership_sees_what_it_changes"), transaction.atomic():
        Membership.everywhere.create(workspace=workspace, user=stranger, **switches)


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
