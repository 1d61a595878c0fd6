"""Every way of making a row fills in the workspace in force; none of them crosses it."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import ObjectDoesNotExist
from tests.uku.conftest import AT

from uku.clients.models import Client
from uku.kit.scoping import NoWorkspaceInForce, current_workspace_id, workspace_in_force
from uku.tasks.models import Task, TaskField, Topic


def test_each_way_to_make_a_row_fills_in_the_workspace(scope):
    made = [
        Topic.objects.create(name="create"),
        Topic.objects.get_or_create(name="get or create")[0],
        Topic.objects.update_or_create(name="update or create")[0],
        Topic.objects.filter(name="of a queryset").get_or_create(name="of a queryset")[0],
    ]
    assert [topic.workspace_id for topic in made] == [scope.pk] * 4


def test_a_related_manager_fills_in_the_workspace_too(scope):
    client = Client.objects.create(name="Åkerlunds Bygg AB", created_at=AT)
    task = client.tasks.create(title="Bokslut", due_date=AT.date(), created_at=AT)
    field = TaskField.objects.create(name="Vouchers")
    value, made = task.values.get_or_create(field=field, defaults={"value": 3})
    assert (task.workspace_id, value.workspace_id, made) == (scope.pk, scope.pk, True)


def test_get_or_create_does_not_find_another_workspaces_row(workspace, other_workspace):
    with workspace_in_force(other_workspace.pk):
        theirs = Topic.objects.create(name="Bokslut")
    with workspace_in_force(workspace.pk):
        ours, made = Topic.objects.get_or_create(name="Bokslut")
    assert (made, ours.pk != theirs.pk, ours.workspace_id) == (True, True, workspace.pk)


def test_a_row_of_another_workspace_cannot_be_fetched_changed_or_deleted(workspace, other_workspace):
    with workspace_in_force(other_workspace.pk):
        theirs = Topic.objects.create(name="Bokslut")
    with workspace_in_force(workspace.pk):
        with pytest.raises(ObjectDoesNotExist):
            Topic.objects.get(pk=theirs.pk)
        assert Topic.objects.filter(pk=theirs.pk).update(name="Ours now") == 0
        assert Topic.objects.filter(pk=theirs.pk).delete() == (0, {})
    assert Topic.everywhere.get(pk=theirs.pk).name == "Bokslut"


def test_a_related_manager_without_a_workspace_in_force_raises(workspace):
    with workspace_in_force(workspace.pk):
        client = Client.objects.create(name="Åkerlunds Bygg AB", created_at=AT)
    with pytest.raises(NoWorkspaceInForce):
        client.tasks.count()


def test_the_inner_workspace_is_in_force_and_the_outer_one_again_afterwards(workspace, other_workspace):
    with workspace_in_force(workspace.pk):
        with pytest.raises(KeyError), workspace_in_force(other_workspace.pk):
            assert current_workspace_id() == other_workspace.pk
            raise KeyError
        assert current_workspace_id() == workspace.pk
    with pytest.raises(NoWorkspaceInForce):
        current_workspace_id()


def test_a_thread_does_not_inherit_the_workspace_in_force():
    seen = []

    def look():
        try:
            seen.append(current_workspace_id())
        except NoWorkspaceInForce:
            seen.append(None)

    with workspace_in_force(1):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [None]


def test_a_row_made_by_hand_needs_its_workspace_named(scope, other_workspace):
    task = Task.everywhere.create(workspace=other_workspace, title="Theirs", due_date=AT.date(), created_at=AT)
    assert (task.workspace_id, Task.objects.count()) == (other_workspace.pk, 0)
