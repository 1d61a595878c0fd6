"""The `uku` command: serve, worker, migrate, demo, sim, doctor, workspace, fortnox."""

from __future__ import annotations

import subprocess
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
app.add_typer(workspace_app, name="workspace")
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
    port: int = 8720,
    with_worker: Annotated[bool, typer.Option(help="Run a worker too, for a small firm.")] = False,
) -> None:
    """Answer web requests. With --with-worker everything runs in one process tree."""
    _start()
    worker = subprocess.Popen([sys.executable, "-m", "uku", "worker"]) if with_worker else None
    from uku.web.server import run

    try:
        run(host=host, port=port)
    finally:
        if worker is not None:
            worker.terminate()
            worker.wait(timeout=15)


@app.command()
def worker(concurrency: int = 4) -> None:
    """Run background jobs until told to stop."""
    _start()
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
) -> None:
    """Run the main job end to end against the simulated Fortnox, check it, then keep serving."""
    from uku.demo.main import run_demo

    raise typer.Exit(run_demo(stop_after=exit_, reset=reset, console=console))


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


@fortnox_app.command("status")
def fortnox_status() -> None:
    """Show each connection, its company and its newest runs."""
    _start()
    from uku.integrations.fortnox import health
    from uku.integrations.fortnox.models import Connection
    from uku.kit.scoping import workspace_in_force

    for connection in Connection.everywhere.select_related("workspace"):
        with workspace_in_force(connection.workspace_id):
            console.print(f"{connection.workspace.slug}: {health.badge(connection).words}", highlight=False)
            for kind in health.kinds(connection):
                console.print(f"  {kind.label}: {kind.badge.words} {kind.counts}", highlight=False)


@fortnox_app.command("sync")
def fortnox_sync(slug: str) -> None:
    """Ask for every kind of sync of one workspace now; a worker does the work."""
    _start()
    from uku.integrations.fortnox import jobs
    from uku.integrations.fortnox.models import Connection, RunKind
    from uku.kit.jobs import SOON

    connection = Connection.everywhere.filter(workspace=_existing_workspace(slug), enabled=True).first()
    if connection is None:
        _refuse(f"Workspace {slug} has not enabled Fortnox.")
    for kind in RunKind:
        asked = jobs.request_sync(connection, kind, priority=SOON)
        console.print(f"{kind.label}: {'asked for' if asked else 'waits already'}", highlight=False)


def main() -> None:
    app()
