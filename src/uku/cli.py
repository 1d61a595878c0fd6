"""The `uku` command: serve, worker, migrate, demo, sim, doctor, rotate-keys, workspace, audit, fortnox."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer
from django.core.management import call_command
from django.utils.functional import SimpleLazyObject

from uku import boot
from uku.config import settings_page
from uku.demo.main import run_demo
from uku.kit.children import RestartedChild
from uku.kit.schema import lacks_replaced_migrations
from uku.terminal import console, refuse
from uku.web.server import AddressUnavailable, require_free_port, run_server

if TYPE_CHECKING:
    from uku import commands
else:  # imported when it is first used: its models exist only once Django has started
    commands = SimpleLazyObject(partial(import_module, "uku.commands"))

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
workspace_app = typer.Typer(no_args_is_help=True, help="Make, list and change workspaces.")
fortnox_app = typer.Typer(no_args_is_help=True, help="Look at the Fortnox connections and sync by hand.")
audit_app = typer.Typer(no_args_is_help=True, help="Look whether the audit log is whole.")
app.add_typer(workspace_app, name="workspace")
app.add_typer(audit_app, name="audit")
app.add_typer(fortnox_app, name="fortnox")


def _start(*, as_owner: bool = False) -> None:
    """Start Django; a wrong setting ends the program with a sentence."""
    try:
        boot.start_django(as_owner=as_owner)
    except boot.SettingsError as problem:
        refuse(str(problem))


@app.command()
def migrate() -> None:
    """Bring the database up to this version."""
    _start(as_owner=True)
    if lacks_replaced_migrations():
        refuse(
            "The database is from an older version, and the migrations in between are not in this version any more. "
            "Nothing was changed. Run `uku migrate` with the commit that CHANGELOG.md names, then again here. "
            "A demo can begin anew: make demo ARGS=--reset"
        )
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
    try:
        require_free_port(host, port)
    except AddressUnavailable as problem:
        refuse(str(problem))
    _start()
    commands.store_spooled_tokens()
    worker = RestartedChild(["uku", "worker"]) if with_worker else None
    try:
        run_server(host=host, port=port)
    finally:
        if worker is not None:
            worker.stop()


@app.command()
def worker(concurrency: int = 4) -> None:
    """Run background jobs until told to stop."""
    _start()
    commands.run_jobs(concurrency)


def _require_simulator() -> None:
    if find_spec("fortnox_sim") is None:
        refuse("The simulated Fortnox is not installed: it comes with uku-with-fortnox[demo].")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def sim(context: typer.Context) -> None:
    """Run the simulated Fortnox alone, for this or any other project."""
    _require_simulator()
    from fortnox_sim.__main__ import main as run_simulator  # an installation without the extra `demo` has no simulator

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
    _require_simulator()
    status = run_demo(stop_after=exit_, reset=reset, port=port, fortnox_port=fortnox_port, console=console)
    raise typer.Exit(status)


@app.command()
def settings() -> None:
    """Print the page of all settings, as docs/settings.md has it."""
    sys.stdout.write(settings_page())


@app.command()
def doctor() -> None:
    """Say how this installation stands: database, roles, keys, connections."""
    _start()
    commands.examine_installation()


@app.command("rotate-keys")
def rotate_keys() -> None:
    """Seal stored tokens and second factors under the first of UKU_TOKEN_KEYS; may be stopped and begun again."""
    _start()
    commands.rotate_keys()


@workspace_app.command("list")
def list_workspaces() -> None:
    """List all workspaces with plan and owner."""
    _start()
    commands.list_workspaces()


@workspace_app.command("create")
def create_workspace(name: str, slug: str, owner_email: str, plan: str = "team") -> None:
    """Make a workspace; asks for the owner's password when the person is new."""
    _start()
    commands.create_workspace(name=name, slug=slug, owner_email=owner_email, plan=plan)


@workspace_app.command("set-plan")
def set_plan(slug: str, plan: str) -> None:
    """Change a workspace's plan: free, team or elite."""
    _start()
    commands.set_plan(slug, plan)


@workspace_app.command("members")
def list_members(slug: str) -> None:
    """List who is in a workspace: address, role, and whether the way in is open."""
    _start()
    commands.list_members(slug)


@workspace_app.command("set-owner")
def set_owner(slug: str, email: str) -> None:
    """Make a member the owner, for a firm whose owner is gone. The owner becomes an admin."""
    _start()
    commands.set_owner(slug, email)


@audit_app.command("verify")
def verify_audit(slug: Annotated[str, typer.Argument(help="One workspace; all without it.")] = "") -> None:
    """Recompute the chain of each workspace's audit log, and print its last link to be kept elsewhere."""
    _start()
    commands.verify_audit(slug)


@fortnox_app.command("status")
def fortnox_status() -> None:
    """Show how each connection stands: its state, what to do, and each kind of data, as the Overview does."""
    _start()
    commands.show_fortnox_status()


@fortnox_app.command("adopt")
def fortnox_adopt(
    slug: str, yes: Annotated[bool, typer.Option("--yes", help="Do not ask; the other installation is off.")] = False
) -> None:
    """Take a connection over from another installation, which must be off for good."""
    _start()
    commands.adopt_connection(slug, ask=not yes)


@fortnox_app.command("sync")
def fortnox_sync(slug: str) -> None:
    """Ask for every kind of sync of one workspace now; a worker does the work."""
    _start()
    commands.request_syncs(slug)


@fortnox_app.command("reconcile")
def fortnox_reconcile(slug: str) -> None:
    """Compare one workspace's invoices with Fortnox now; prints each difference and what to do. A worker compares.

    Exit status: 0 equal, 1 different, 2 not compared.
    """
    _start()
    commands.reconcile_invoices(slug)


@fortnox_app.command("reload")
def fortnox_reload(
    slug: str, cancel: Annotated[bool, typer.Option("--cancel", help="Cancel the one that runs.")] = False
) -> None:
    """Read everything of one workspace from Fortnox again; shows how far it is. Ctrl-C leaves it running.

    Exit status: 0 done, 1 stopped or cancelled, 2 refused.
    """
    _start()
    commands.reload_workspace(slug, cancel=cancel)


def main() -> None:
    app()
