"""No row without its workspace, no reference across workspaces, no query without a workspace in force."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from tests.uku.conftest import AT

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.invoices.models import Invoice
from uku.kit.scoping import NoWorkspaceInForce, TenantModel, workspace_in_force
from uku.workspaces.models import AuditEntry

FREE_OF_A_WORKSPACE = {
    "uku.User",
    "uku.Workspace",
    "uku.ClockOffset",
    "uku.Alarm",
    "uku.SharedValue",
    "uku.WorkerHeartbeat",
    "fortnox.Pace",
}


def our_models():
    return [model for label in ("uku", "fortnox") for model in apps.get_app_config(label).get_models()]


def test_every_table_of_ours_carries_the_workspace_or_is_on_the_short_list():
    without = {model._meta.label for model in our_models() if not issubclass(model, TenantModel)}
    assert without == FREE_OF_A_WORKSPACE


def tenant_references() -> set[tuple[str, str]]:
    return {
        (model._meta.db_table, field.column)
        for model in our_models()
        for field in model._meta.get_fields()
        if issubclass(model, TenantModel)
        and field.concrete
        and field.is_relation
        and issubclass(field.related_model, TenantModel)
    }


def test_every_reference_between_tenant_tables_holds_the_workspace_too(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' AND array_length(conkey, 1) = 2")
        found = {name for (name,) in cursor.fetchall()}
    assert found == {f"{table}_{column}_same_workspace" for table, column in tenant_references()}


def test_a_query_without_a_workspace_in_force_raises(db):
    with pytest.raises(NoWorkspaceInForce):
        Client.objects.count()


def test_a_query_sees_only_the_workspace_in_force(workspace, other_workspace):
    with workspace_in_force(workspace.pk):
        create_client(actor=None, at=AT, name="Mine")
    with workspace_in_force(other_workspace.pk):
        create_client(actor=None, at=AT, name="Theirs")
        assert [client.name for client in Client.objects.all()] == ["Theirs"]
        assert [c.name for c in Client.objects.get_queryset().filter(name="Mine")] == []


def test_the_database_refuses_an_invoice_for_another_workspaces_client(workspace, other_workspace):
    with workspace_in_force(other_workspace.pk):
        theirs = create_client(actor=None, at=AT, name="Theirs")
    dates = {"invoice_date": AT.date(), "due_date": AT.date(), "created_at": AT}
    with pytest.raises(IntegrityError, match="uku_invoice_client_id_same_workspace"), transaction.atomic():
        Invoice.everywhere.create(workspace=workspace, client=theirs, reference="R", **dates)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_app_can_add_to_the_audit_log_but_not_change_it(workspace):
    assert AuditEntry.everywhere.filter(workspace=workspace).count() == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants"
            " WHERE table_name = 'uku_auditentry' AND grantee = 'uku_app'"
        )
        assert {row[0] for row in cursor.fetchall()} == {"SELECT", "INSERT"}
