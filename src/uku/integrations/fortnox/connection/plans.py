"""What a change of plan means here. A lapsed plan pauses syncs and holds pushes; nothing is deleted."""

from __future__ import annotations

from uku.integrations.fortnox.connection.resume import resume
from uku.integrations.fortnox.models import Connection
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
        for connection in Connection.objects.select_related("workspace"):
            resume(connection, at=clock.now())
