"""Every operation that a person can ask for checks the person's role, whoever calls it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import threading
from pathlib import Path

import pytest
from django.db import connection, transaction
from tests.uku.conftest import AT, make_user, make_workspace

import uku
from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.kit.scoping import workspace_in_force
from uku.workspaces.members import change_billing, change_role, deactivate
from uku.workspaces.models import AuditEntry, Membership, Role
from uku.workspaces.operations import add_member
from uku.workspaces.permissions import NotAllowed, Permission, may, needs, who_can

ROOT = Path(uku.__file__).parent
OPERATING = ("uku.workspaces", "uku.clients", "uku.products", "uku.invoices", "uku.tasks", "uku.integrations")
# They write down what was done and decide nothing.
WRITERS = {f"uku.workspaces.audit.{name}" for name in ("record", "record_many", "record_of_person")}
PAGES = [*ROOT.glob("web/**/*.py"), *ROOT.glob("integrations/*/views/*.py")]


def modules():
    for package in OPERATING:
        top = importlib.import_module(package)
        yield top
        for found in pkgutil.walk_packages(top.__path__, f"{package}."):
            if ".migrations" not in found.name and "__main__" not in found.name:
                yield importlib.import_module(found.name)


def operations():
    """Return every public function of the domain and the integrations that takes an actor, by its full name."""
    found = {}
    for module in modules():
        for name, thing in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(thing) or thing.__module__ != module.__name__:
                continue
            if "actor" in inspect.signature(thing).parameters:
                found[f"{module.__name__}.{name}"] = thing
    return {name: thing for name, thing in found.items() if name not in WRITERS}


def test_every_operation_with_an_actor_is_guarded():
    """S63: the check stands in the operation, so that bulk, API and pages share it."""
    assert len(operations()) >= 20
    assert [name for name, operation in operations().items() if not hasattr(operation, "permission")] == []


def asking(permission):
    """An operation that does nothing but ask."""

    @needs(permission)
    def ask(*, actor):
        return actor

    return ask


def refusal(operation, actor):
    """What an operation says that was asked for with nothing but its actor; None when it begins to work."""
    nothing = dict.fromkeys(inspect.signature(operation).parameters)
    try:
        operation(**{**nothing, "actor": actor})
    except NotAllowed as refused:
        return refused.sentence
    return None


@pytest.mark.parametrize("role", Role)
def test_an_operation_refuses_exactly_the_roles_that_the_table_leaves_out(role, workspace, owner):
    """S63: the matrix of roles and operations. What is refused is refused before anything is read or written."""
    actor = owner if role == Role.OWNER else make_user(f"{role}@byran.example")
    if role != Role.OWNER:
        add_member(workspace=workspace, user=actor, role=role)
    membership = Membership.everywhere.get(user=actor)
    entries = AuditEntry.everywhere.count()
    expected = {
        permission: None if may(membership, permission) else f"Only a {who_can(permission)} can {permission.label}."
        for permission in Permission
    }
    asked = {name: operation for name, operation in operations().items() if expected[operation.permission] is not None}
    with workspace_in_force(workspace.pk):
        assert {permission: refusal(asking(permission), actor) for permission in Permission} == expected
        told = {name: refusal(operation, actor) for name, operation in asked.items()}
    assert told == {name: expected[operation.permission] for name, operation in asked.items()}
    assert (told == {}) is (role == Role.OWNER)
    assert AuditEntry.everywhere.count() == entries


def test_a_stranger_and_a_deactivated_person_are_refused_like_a_member(workspace, admin, stranger):
    membership = Membership.everywhere.get(user=admin)
    with workspace_in_force(workspace.pk):
        deactivate(membership=membership, actor=workspace.memberships.get(role="owner").user, at=AT)
        for person in (admin, stranger):
            with pytest.raises(NotAllowed, match="Only a Company Owner or Company Admin can change clients."):
                create_client(actor=person, at=AT, name="Åkerlunds Bygg AB")
        assert Client.objects.count() == 0


def test_a_billing_permission_given_or_taken_holds_from_the_next_act(scope, owner, member):
    membership = Membership.objects.get(user=member)
    ask = asking(Permission.ISSUE_INVOICES)
    with pytest.raises(NotAllowed):
        ask(actor=member)
    change_billing(
        membership=membership,
        allowed=[Permission.SEE_INVOICES, Permission.ISSUE_INVOICES],
        actor=owner,
        at=AT,
    )
    assert ask(actor=member) == member
    with transaction.atomic():
        assert ask(actor=member) == member
    with pytest.raises(NotAllowed, match="can create and edit drafts of invoices"):
        asking(Permission.DRAFT_INVOICES)(actor=member)


def test_another_workspaces_role_does_not_count(workspace, other_workspace, owner):
    with workspace_in_force(other_workspace.pk), pytest.raises(NotAllowed):
        create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB")


def test_a_role_taken_away_at_the_same_moment_is_waited_for(committed):
    """S64: who acts holds the role until the act is done; who takes it away waits, and the next act is refused."""
    owner, admin = make_user("owner@byran.example"), make_user("admin@byran.example")
    workspace = make_workspace("byran", owner)
    membership = add_member(workspace=workspace, user=admin, role="admin")
    order = []

    def demote():
        with workspace_in_force(workspace.pk):
            change_role(membership=membership, role="member", actor=owner, at=AT)
        order.append("demoted")
        connection.close()

    with workspace_in_force(workspace.pk):
        with transaction.atomic():
            create_client(actor=admin, at=AT, name="Åkerlunds Bygg AB")
            other = threading.Thread(target=demote)
            other.start()
            other.join(0.5)
            order.append("made")
        other.join(30)
        with pytest.raises(NotAllowed):
            create_client(actor=admin, at=AT, name="Berg AB")
    assert order == ["made", "demoted"]
    assert [str(c) for c in Client.everywhere.all()] == ["Åkerlunds Bygg AB"]


def test_colleagues_and_a_persons_own_windows_do_not_wait_for_each_other(committed):
    owner = make_user("owner@byran.example")
    workspace = make_workspace("byran", owner)
    held = []

    def read():
        with workspace_in_force(workspace.pk), transaction.atomic():
            held.append(asking(create_client.permission)(actor=owner))
        connection.close()

    with workspace_in_force(workspace.pk), transaction.atomic():
        asking(create_client.permission)(actor=owner)
        other = threading.Thread(target=read)
        other.start()
        other.join(30)
        assert held == [owner]


def asked_by_pages():
    """Yield each call of an operation in a page: where it is, and what it passes as `actor`."""
    names = {name.rpartition(".")[2] for name in operations()}
    for path in PAGES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            name = getattr(called, "attr", getattr(called, "id", ""))
            if name in names:
                actors = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "actor"]
                together = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg is None]
                yield f"{path.relative_to(ROOT)}:{node.lineno} {name}", actors + actors_in(tree, together)


def actors_in(tree, names):
    """What the dicts of these names, as in `**by`, give as `actor`."""
    dicts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict) and ast.unparse(node.target) in names
    ]
    pairs = [pair for each in dicts for pair in zip(each.keys, each.values, strict=True)]
    return [ast.unparse(value) for key, value in pairs if key is not None and ast.unparse(key) == "'actor'"]


def test_no_page_acts_as_uku_itself():
    """Pages pass the signed-in person, a form what it was given; none leaves the actor out or makes it nobody."""
    asked = dict(asked_by_pages())
    assert len(asked) >= 15
    assert {where.split("/")[0] for where in asked} == {"web", "integrations"}
    assert {where: what for where, what in asked.items() if what not in [["request.user"], ["actor"]]} == {}
