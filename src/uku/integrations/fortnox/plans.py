"""What a change of plan means here. A lapsed plan pauses syncs and holds pushes; nothing is deleted."""

from __future__ import annotations

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.models import Connection, RunKind
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.workspaces.operations import PlanChanged


def take_up_again(fact: PlanChanged) -> None:
    """Wake what a lapsed plan held back, in the transaction that gives the plan back.

    Nothing has to stop when a plan lapses: every job asks for the plan right before it works.
    """
    if not fact.may_integrate:
        return
    with workspace_in_force(fact.workspace_id):
        at = clock.now()
        Connection.objects.update(resumed_at=at)
        living = Connection.objects.filter(enabled=True, trouble="").exclude(sealed_tokens="")
        connection = living.first()
        if connection is None:
            return
        jobs.enqueue_held_pushes(connection)
        for kind in RunKind:
            if jobs.is_due(connection, kind, jobs.EVERY[kind], at):
                jobs.enqueue_import(connection, kind)
