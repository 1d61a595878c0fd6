"""What the commands of `uku.cli` do that need Django: it has started before this module is imported."""

from __future__ import annotations

import signal

import typer
from django.core.validators import slug_re
from django.db import DatabaseError
from django.db import connection as database
from rich.progress import Progress

from uku.doctor import findings
from uku.integrations.fortnox.health import summary
from uku.integrations.fortnox.invoices import command as invoice_command
from uku.integrations.fortnox.models import READ_KINDS, Connection
from uku.integrations.fortnox.reload import command
from uku.integrations.fortnox.tokens import installation
from uku.integrations.fortnox.tokens.store import store_all_spooled
from uku.integrations.fortnox.work import requests
from uku.kit import clock, rotation
from uku.kit.jobs import SOON, enqueue_once
from uku.kit.scoping import workspace_in_force
from uku.kit.worker import run_worker
from uku.terminal import console, refuse, write
from uku.workspaces import members, operations
from uku.workspaces.audit import last_link, verify_chain
from uku.workspaces.models import Membership, Plan, Role, User, Workspace


def store_spooled_tokens() -> None:
    """Store the tokens that an earlier process had to leave in a file; a database that is away is met again later."""
    try:
        store_all_spooled()
    except DatabaseError as error:
        console.print(f"Tokens in files could not be stored yet: {type(error).__name__}", markup=False)
    finally:
        database.close()


def ask_for_thorough_check() -> None:
    """Have every connection looked at once: whatever a worker left undone is found, though nothing woke it."""
    try:
        enqueue_once("fortnox.check_all", key="fortnox check all", lock="fortnox check all", timestamp=0)
    except DatabaseError as error:
        console.print(f"The connections are checked later: {type(error).__name__}", markup=False)
    finally:
        database.close()


def run_jobs(concurrency: int) -> None:
    store_spooled_tokens()
    ask_for_thorough_check()
    run_worker(concurrency=concurrency)


def examine_installation() -> None:
    bad = False
    for finding in findings():
        bad = bad or not finding.ok
        write(f"{'ok ' if finding.ok else 'BAD'} {finding.text}")
    raise typer.Exit(1 if bad else 0)


def rotate_keys() -> None:
    try:
        with Progress(console=console) as bar:
            task = bar.add_task("Sealing", total=None)
            for step in rotation.rotate():
                bar.update(task, total=step.total, completed=step.looked_at)
    except rotation.KeyMissing as missing:
        refuse(
            f"{missing} stored values open under none of UKU_TOKEN_KEYS, so nothing was changed. Put the missing key"
            " back behind the first one and begin again."
        )
    removable, left = rotation.describe_keys()
    for line in [*removable, *left]:
        write(line)
    raise typer.Exit(1 if left else 0)


def list_workspaces() -> None:
    for owner in Membership.everywhere.filter(role=Role.OWNER).select_related("workspace", "user"):
        write(f"{owner.workspace.slug}  {owner.workspace.plan}  {owner.user.email}")


def create_workspace(*, name: str, slug: str, owner_email: str, plan: str) -> None:
    if not slug_re.match(slug):
        refuse(f"{slug} cannot stand in an address; use letters a to z, digits, - and _.")
    if Workspace.objects.filter(slug=slug).exists():
        refuse(f"There is a workspace {slug} already.")
    plan = _existing_plan(plan)
    owner = User.objects.filter(email=owner_email.lower()).first()
    if owner is None:
        password = typer.prompt("Password for the owner", hide_input=True, confirmation_prompt=True)
        owner = User.objects.create_user(email=owner_email, password=password)
    operations.create_workspace(name=name, slug=slug, owner=owner, at=clock.now(), plan=plan)
    console.print(f"{name} is at /w/{slug}/", highlight=False)


def set_plan(slug: str, plan: str) -> None:
    operations.set_plan(workspace=_existing_workspace(slug), plan=_existing_plan(plan))


def list_members(slug: str) -> None:
    people = Membership.everywhere.filter(workspace=_existing_workspace(slug)).select_related("user")
    for member in people.order_by("user__email"):
        status = "active" if member.is_active else "deactivated"
        console.print(f"{member.user.email}  {member.role}  {status}", highlight=False)


def set_owner(slug: str, email: str) -> None:
    workspace = _existing_workspace(slug)
    heir = Membership.everywhere.filter(workspace=workspace, user__email=email.lower()).first()
    if heir is None:
        refuse(f"{email} is not a member of {slug}.")
    try:
        members.transfer_ownership(workspace=workspace, membership=heir, actor=None, at=clock.now())
    except members.IneligibleOwner:
        refuse(f"{email} is the owner already, or is deactivated.")


def verify_audit(slug: str) -> None:
    broken = False
    for workspace in [_existing_workspace(slug)] if slug else Workspace.objects.order_by("slug"):
        position, digest = last_link(workspace)
        if (place := verify_chain(workspace)) is None:
            line = f"ok  {workspace.slug}: {position} entries, the last one {digest}"
        else:
            line = f"BAD {workspace.slug}: entry {place} was changed, removed or put in"
        broken = broken or place is not None
        write(line)
    raise typer.Exit(1 if broken else 0)


def show_fortnox_status() -> None:
    for connection in Connection.everywhere.select_related("workspace").order_by("workspace__slug"):
        health = summary.health_of(connection)
        write(f"{connection.workspace.slug}: {health.card.words}")
        if health.block is not None:
            write(f"  {health.block.happened} {health.block.remedy}")
        for line in summary.lines(health):
            write(f"  {line}")


def adopt_connection(slug: str, *, ask: bool) -> None:
    connection = Connection.everywhere.filter(workspace=_existing_workspace(slug)).exclude(sealed_tokens="").first()
    if connection is None:
        refuse(f"Workspace {slug} is not connected to Fortnox.")
    if not installation.is_foreign(connection):
        console.print(f"The connection of {slug} belongs to this installation already.", highlight=False)
        return
    other = connection.instance
    if ask:
        typer.confirm(f"The connection of {slug} belongs to {other}. Is that installation off for good?", abort=True)
    installation.adopt(connection=connection, at=clock.now())
    console.print(f"The connection of {slug} now belongs to {installation.this_instance()}.", highlight=False)


def request_syncs(slug: str) -> None:
    connection = Connection.everywhere.filter(workspace=_existing_workspace(slug), enabled=True).first()
    if connection is None:
        refuse(f"Workspace {slug} has not enabled Fortnox.")
    for kind in READ_KINDS:
        asked = requests.request_sync(connection, kind, priority=SOON)
        console.print(f"{kind.label}: {'asked for' if asked else 'waits already'}", highlight=False)


def reconcile_invoices(slug: str) -> None:
    with workspace_in_force(_existing_workspace(slug).pk):
        raise typer.Exit(invoice_command.run(write))


def reload_workspace(slug: str, *, cancel: bool) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background commands begin with it ignored
    with workspace_in_force(_existing_workspace(slug).pk):
        raise typer.Exit(command.run(console, slug=slug, cancel=cancel))


def _existing_workspace(slug: str) -> Workspace:
    return Workspace.objects.filter(slug=slug).first() or refuse(f"There is no workspace {slug}.")


def _existing_plan(plan: str) -> str:
    return plan if plan in Plan.values else refuse(f"There is no plan {plan}; there are {', '.join(Plan.values)}.")
