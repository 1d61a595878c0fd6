"""Making a workspace, and the record of it, which lives or dies with the change."""

from __future__ import annotations

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from tests.uku.conftest import AT, make_user, make_workspace

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.kit.scoping import NoWorkspaceInForce, workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.models import AuditEntry, Membership, Role, User, Workspace
from uku.workspaces.operations import add_member, set_plan
from uku.workspaces.permissions import NotAllowed


class SecondThoughts(Exception):
    pass


def test_a_new_workspace_has_its_owner_and_a_line_in_the_log(workspace, owner):
    assert list(Membership.everywhere.values_list("workspace", "user", "role")) == [(workspace.pk, owner.pk, "owner")]
    entry = AuditEntry.everywhere.get()
    assert (entry.action, entry.summary, entry.actor, entry.target, entry.at) == (
        "workspace.create",
        "Byran was created",
        owner,
        f"Workspace:{workspace.pk}",
        AT,
    )


def test_a_workspace_whose_address_is_taken_leaves_nothing(committed):
    first = make_user("owner@byran.example")
    make_workspace("byran", first)
    with pytest.raises(IntegrityError, match="slug"):
        make_workspace("byran", make_user("other@annan.example"))
    assert (Workspace.objects.count(), Membership.everywhere.count(), AuditEntry.everywhere.count()) == (1, 1, 1)


def test_a_change_that_is_rolled_back_leaves_no_line_in_the_log(committed):
    actor = make_user("owner@byran.example")
    workspace = make_workspace("byran", actor)
    with workspace_in_force(workspace.pk):
        with pytest.raises(SecondThoughts), transaction.atomic():
            create_client(actor=actor, at=AT, name="Åkerlunds Bygg AB")
            raise SecondThoughts
        assert (Client.objects.count(), AuditEntry.objects.count()) == (0, 1)


def test_a_log_that_cannot_be_written_undoes_the_change(committed):
    actor = make_user("owner@byran.example")
    workspace = make_workspace("byran", actor)
    with psycopg.connect(committed.superuser, autocommit=True) as superuser, workspace_in_force(workspace.pk):
        superuser.execute("REVOKE INSERT ON uku_auditentry FROM uku_app")
        try:
            with pytest.raises(DatabaseError, match="permission denied"):
                create_client(actor=actor, at=AT, name="Åkerlunds Bygg AB")
        finally:
            superuser.execute("GRANT INSERT ON uku_auditentry TO uku_app")
        assert (Client.objects.count(), AuditEntry.objects.count()) == (0, 1)


def test_the_app_can_neither_change_nor_delete_a_line(workspace):
    entries = AuditEntry.everywhere.filter(workspace=workspace)
    for attempt in (lambda: entries.update(summary="nothing happened"), lambda: entries._raw_delete(entries.db)):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            attempt()
    assert entries.get().summary == "Byran was created"


def test_a_line_belongs_to_the_workspace_in_force(workspace, owner):
    with pytest.raises(NoWorkspaceInForce):
        record(actor=owner, action="x", target=workspace, summary="y", at=AT)


def test_a_long_summary_is_cut_and_not_refused(scope, owner):
    record(actor=owner, action="x", target=scope, summary="y" * 900, at=AT, before={"a": 1}, after={"a": 2})
    entry = AuditEntry.objects.latest("id")
    assert (len(entry.summary), entry.before, entry.after) == (500, {"a": 1}, {"a": 2})


def test_a_member_is_added_with_a_role(workspace, stranger):
    membership = add_member(workspace=workspace, user=stranger, role=Role.ADMIN)
    assert (membership.workspace, str(membership)) == (workspace, "Anders Annan (Company Admin)")
    assert AuditEntry.everywhere.latest("position").summary == "Anders Annan joined as Company Admin"


def test_a_change_of_plan_is_in_the_log_once(workspace, owner):
    for plan in ("free", "free"):
        set_plan(workspace=workspace, plan=plan, at=AT)
    entry = AuditEntry.everywhere.latest("position")
    assert (entry.actor, entry.action, entry.summary, entry.before, entry.after, entry.position) == (
        None,
        "workspace.plan",
        "Plan changed from Team to Free",
        {"plan": "team"},
        {"plan": "free"},
        2,
    )
    workspace.refresh_from_db()
    assert workspace.plan == "free"


def test_a_plan_is_the_owners_to_change(workspace, owner, admin):
    with pytest.raises(NotAllowed, match="Only a Company Owner can change the plan."):
        set_plan(workspace=workspace, plan="elite", actor=admin, at=AT)
    set_plan(workspace=workspace, plan="elite", actor=owner, at=AT)
    workspace.refresh_from_db()
    assert workspace.plan == "elite"


def test_a_plan_that_does_not_exist_is_refused(workspace):
    set_plan(workspace=workspace, plan="free")
    with pytest.raises(ValueError, match="gold"):
        set_plan(workspace=workspace, plan="gold")
    workspace.refresh_from_db()
    assert workspace.plan == "free"


def test_people_are_known_by_their_e_mail_whatever_its_case(db):
    make_user("Anna.Ek@Byran.Example")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("anna.ek@byran.example")
    assert [str(user) for user in User.objects.all()] == ["anna.ek@byran.example"]
