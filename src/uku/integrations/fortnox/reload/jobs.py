"""The job of a reload: does its next piece and asks for itself again; behind all that a person waits for."""

from __future__ import annotations

from uku.integrations.fortnox.jobs import company_lock
from uku.integrations.fortnox.models import Connection, Reload, RunState
from uku.kit import clock
from uku.kit.jobs import LATER, enqueue, enqueue_once, job
from uku.kit.scoping import workspace_in_force


@job(name="fortnox.reload")
def reload(reload_id: int) -> None:
    """Do the next piece of a reload, and ask for the one after it; what is next stands in its row."""
    from uku.integrations.fortnox.reload.steps import take_on

    row = Reload.everywhere.get(pk=reload_id)
    with workspace_in_force(row.workspace_id):
        if take_on(reload_id):
            _wake(row)


def take_up(connection: Connection) -> None:
    """Wake one whose worker died, that rested, or that cannot go on and is to be ended. For the sweep."""
    from uku.integrations.fortnox.reload.steps import is_due

    row = Reload.objects.filter(state=RunState.RUNNING).first()
    if row is not None and is_due(row, connection, clock.now()):
        _wake(row)


def enqueue_reload(row: Reload) -> None:
    """Have a reload begun, or ended, as part of the caller's transaction."""
    enqueue("fortnox.reload", lock=company_lock(row.company_id), priority=LATER, reload_id=row.pk)


def _wake(row: Reload) -> None:
    lock, key = company_lock(row.company_id), f"reload {row.pk}"
    enqueue_once("fortnox.reload", key=key, lock=lock, priority=LATER, reload_id=row.pk)
