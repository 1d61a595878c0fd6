"""The `uku` command: serve, worker, migrate, demo, sim, doctor, rotate-keys, workspace, audit, fortnox."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from uku import boot

if TYPE_CHECKING:  # models exist only once Django has started
    from uku.workspaces.models import Workspace

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
workspace_app = typer.Typer(no_args_is_help=True, help="Make, list and change workspaces.")
fortnox_app = typer.Typer(no_args_is_help=True, help="Look at the Fortnox connections and sync by hand.")
audit_app = typer.Typer(no_args_is_help=True, help="Look whether the audit log is whole.")
app.add_typer(workspace_app, name="workspace")
app.add_typer(audit_app, name="audit")
app.add_typer(fortnox_app, name="fortnox")
console = Console(soft_wrap=True)


def _start(*, as_owner: bool = False) -> None:
    """Start Django; a wrong setting ends the program with a sentence."""
    try:
        boot.start_django(as_owner=as_owner)
    except boot.CannotStart as problem:
        _refuse(str(problem))


def _refuse(sentence: str) -> NoReturn:
    console.print(sentence, style="red", markup=False, highlight=False)
    raise typer.Exit(2)


def _take_in_spool() -> None:
    """Store the tokens that an earlier process had to leave in a file; a database that is away is met again later."""
    from django.db import DatabaseError, connection

    from uku.integrations.fortnox.tokens.store import take_in_all

    try:
        take_in_all()
    except DatabaseError as problem:
        console.print(f"Tokens in files could not be stored yet: {type(problem).__name__}", markup=False)
    finally:
        connection.close()


def _existing_workspace(slug: str) -> Workspace:
    from uku.workspaces.models import Workspace

    return Workspace.objects.filter(slug=slug).first() or _refuse(f"There is no workspace {slug}.")


def _existing_plan(plan: str) -> str:
    from uku.workspaces.models import Plan

    return plan if plan in Plan.values else _refuse(f"There is no plan {plan}; there are {', '.join(Plan.values)}.")


def _free_slug(slug: str) -> str:
    from django.core.validators import slug_re

    from uku.workspaces.models import Workspace

    if not slug_re.match(slug):
        _refuse(f"{slug} cannot stand in an address; use letters a to z, digits, - and _.")
    return _refuse(f"There is a workspace {slug} already.") if Workspace.objects.filter(slug=slug).exists() else slug


@app.command()
def migrate() -> None:
    """Bring the database up to this version."""
    _start(as_owner=True)
    from django.core.management import call_command

    call_command("migrate", verbosity=1)


@app.command()
def serve(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8720,
    with_worker: Annotated[
        bool, typer.Option(help="Run a worker too, for a small firm; it is started again when it dies.")
    ] = False,
) -> None:
    """Answer web requests. With --with-worker everything runs in one process tree."""
    from uku.web.server import CannotListen, require_free_port, run

    try:
        require_free_port(host, port)
    except CannotListen as problem:
        _refuse(str(problem))
    _start()
    _take_in_spool()
    from uku.kit.children import RestartedChild

    worker = RestartedChild(["uku", "worker"]) if with_worker else None
    try:
        run(host=host, port=port)
    finally:
        if worker is not None:
            worker.stop()


@app.command()
def worker(concurrency: int = 4) -> None:
    """Run background jobs until told to stop."""
    _start()
    _take_in_spool()
    from uku.kit.worker import run_worker

    run_worker(concurrency=concurrency)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def sim(context: typer.Context) -> None:
    """Run the simulated Fortnox alone, for this or any other project."""
    from fortnox_sim.__main__ import main as run_simulator

    sys.argv = ["uku sim", *context.args]
    run_simulator()


@app.command()
def demo(
    exit_: Annotated[bool, typer.Option("--exit", help="Stop after the checks, status 0 if all held.")] = False,
    reset: Annotated[bool, typer.Option(help="Throw the demo's data away and start anew.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the web pages; 8720, or a free one, without it.")
    ] = None,
    fortnox_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the simulated Fortnox; 8721, or a free one.")
    ] = None,
) -> None:
    """Run the main job end to end against the simulated Fortnox, check it, then keep serving."""
    from uku.demo.main import run_demo

    status = run_demo(stop_after=exit_, reset=reset, port=port, fortnox_port=fortnox_port, console=console)
    raise typer.Exit(status)


@app.command()
def settings() -> None:
    """Print the page of all settings, as docs/settings.md has it."""
    from uku.config import settings_page

    sys.stdout.write(settings_page())


@app.command()
def doctor() -> None:
    """Say how this installation stands: database, roles, keys, connections."""
    _start()
    from uku.doctor import findings

    bad = False
    for finding in findings():
        bad = bad or not finding.ok
        console.print(f"{'ok ' if finding.ok else 'BAD'} {finding.text}", markup=False, highlight=False)
    raise typer.Exit(1 if bad else 0)


@app.command("rotate-keys")
def rotate_keys() -> None:
    """Seal stored tokens and second factors under the first of UKU_TOKEN_KEYS; may be stopped and begun again."""
    _start()
    from rich.progress import Progress

    from uku.kit import rotation

    try:
        with Progress(console=console) as bar:
            task = bar.add_task("Sealing", total=None)
            for step in rotation.rotate():
                bar.update(task, total=step.total, completed=step.looked_at)
    except rotation.KeyMissing as missing:
        _refuse(
            f"{missing} stored values open under none of UKU_TOKEN_KEYS, so nothing was changed. Put the missing key"
            " back behind the first one and begin again."
        )
    removable, left = rotation.standing()
    for line in [*removable, *left]:
        console.print(line, markup=False, highlight=False)
    raise typer.Exit(1 if left else 0)


@workspace_app.command("list")
def list_workspaces() -> None:
    """List all workspaces with plan and owner."""
    _start()
    from uku.workspaces.models import Membership, Role

    for owner in Membership.everywhere.filter(role=Role.OWNER).select_related("workspace", "user"):
        console.print(f"{owner.workspace.slug}  {owner.workspace.plan}  {owner.user.email}", highlight=False)


@workspace_app.command("create")
def create_workspace(name: str, slug: str, owner_email: str, plan: str = "team") -> None:
    """Make a workspace; asks for the owner's password when the person is new."""
    _start()
    from uku.kit import clock
    from uku.workspaces import operations
    from uku.workspaces.models import User

    slug, plan = _free_slug(slug), _existing_plan(plan)
    owner = User.objects.filter(email=owner_email.lower()).first()
    if owner is None:
        password = typer.prompt("Password for the owner", hide_input=True, confirmation_prompt=True)
        owner = User.objects.create_user(email=owner_email, password=password)
    operations.create_workspace(name=name, slug=slug, owner=owner, at=clock.now(), plan=plan)
    console.print(f"{name} is at /w/{slug}/", highlight=False)


@workspace_app.command("set-plan")
def set_plan(slug: str, plan: str) -> None:
    """Change a workspace's plan: free, team or elite."""
    _start()
    from uku.workspaces import operations

    operations.set_plan(workspace=_existing_workspace(slug), plan=_existing_plan(plan))


@workspace_app.command("members")
def list_members(slug: str) -> None:
    """List who is in a workspace: address, role, and whether the way in is open."""
    _start()
    from uku.workspaces.models import Membership

    people = Membership.everywhere.filter(workspace=_existing_workspace(slug)).select_related("user")
    for member in people.order_by("user__email"):
        status = "active" if member.is_active else "deactivated"
        console.print(f"{member.user.email}  {member.role}  {status}", highlight=False)


@workspace_app.command("set-owner")
def set_owner(slug: str, email: str) -> None:
    """Make a member the owner, for a firm whose owner is gone. The owner becomes an admin."""
    _start()
    from uku.kit import clock
    from uku.workspaces import members
    from uku.workspaces.models import Membership

    workspace = _existing_workspace(slug)
    heir = Membership.everywhere.filter(workspace=workspace, user__email=email.lower()).first()
    if heir is None:
        _refuse(f"{email} is not a member of {slug}.")
    try:
        members.transfer_ownership(workspace=workspace, membership=heir, actor=None, at=clock.now())
    except members.CannotOwn:
        _refuse(f"{email} is the owner already, or is deactivated.")


@audit_app.command("verify")
def verify_audit(slug: Annotated[str, typer.Argument(help="One workspace; all without it.")] = "") -> None:
    """Recompute the chain of each workspace's audit log, and print its last link to be kept elsewhere."""
    _start()
    from uku.workspaces.audit import last_link, verify_chain
    from uku.workspaces.models import Workspace

    broken = False
    for workspace in [_existing_workspace(slug)] if slug else Workspace.objects.order_by("slug"):
        position, digest = last_link(workspace)
        if (place := verify_chain(workspace)) is None:
            line = f"ok  {workspace.slug}: {position} entries, the last one {digest}"
        else:
            line = f"BAD {workspace.slug}: entry {place} was changed, removed or put in"
        broken = broken or place is not None
        console.print(line, markup=False, highlight=False)
    raise typer.Exit(1 if broken else 0)


@fortnox_app.command("status")
def fortnox_status() -> None:
    """Show how each connection stands: its state, what to do, and each kind of data, as the Overview does."""
    _start()
    from uku.integrations.fortnox.health import summary
    from uku.integrations.fortnox.models import Connection

    for connection in Connection.everywhere.select_related("workspace").order_by("workspace__slug"):
        health = summary.health_of(connection)
        console.print(f"{connection.workspace.slug}: {health.card.words}", highlight=False, markup=False)
        if health.trouble is not None:
            console.print(f"  {health.trouble.happened} {health.trouble.remedy}", highlight=False, markup=False)
        for line in summary.lines(health):
            console.print(f"  {line}", highlight=False, markup=False)


@fortnox_app.command("adopt")
def fortnox_adopt(
    slug: str, yes: Annotated[bool, typer.Option("--yes", help="Do not ask; the other installation is off.")] = False
) -> None:
    """Take a connection over from another installation, which must be off for good."""
    _start()
    from uku.integrations.fortnox.models import Connection
    from uku.integrations.fortnox.tokens import installation
    from uku.kit import clock

    connection = Connection.everywhere.filter(workspace=_existing_workspace(slug)).exclude(sealed_tokens="").first()
    if connection is None:
        _refuse(f"Workspace {slug} is not connected to Fortnox.")
    if not installation.is_foreign(connection):
        console.print(f"The connection of {slug} belongs to this installation already.", highlight=False)
        return
    other = connection.instance
    if not yes:
        typer.confirm(f"The connection of {slug} belongs to {other}. Is that installation off for good?", abort=True)
    installation.adopt(connection=connection, at=clock.now())
    console.print(f"The connection of {slug} now belongs to {installation.this_instance()}.", highlight=False)


@fortnox_app.command("sync")
def fortnox_sync(slug: str) -> None:
    """Ask for every kind of sync of one workspace now; a worker does the work."""
    _start()
    from uku.integrations.fortnox.models import Connection, RunKind
    from uku.integrations.fortnox.work import requests
    from uku.kit.jobs import SOON

    connection = Connection.everywhere.filter(workspace=_existing_workspace(slug), enabled=True).first()
    if connection is None:
        _refuse(f"Workspace {slug} has not enabled Fortnox.")
    for kind in RunKind:
        asked = requests.request_sync(connection, kind, priority=SOON)
        console.print(f"{kind.label}: {'asked for' if asked else 'waits already'}", highlight=False)


@fortnox_app.command("reload")
def fortnox_reload(
    slug: str, cancel: Annotated[bool, typer.Option("--cancel", help="Cancel the one that runs.")] = False
) -> None:
    """Read everything of one workspace from Fortnox again; shows how far it is. Ctrl-C leaves it running.

    Exit status: 0 done, 1 stopped or cancelled, 2 refused.
    """
    _start()
    from uku.integrations.fortnox.reload import command
    from uku.kit.scoping import workspace_in_force

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background commands begin with it ignored
    with workspace_in_force(_existing_workspace(slug).pk):
        raise typer.Exit(command.run(console, slug=slug, cancel=cancel))


def main() -> None:
    app()
