"""Jobs of the domain: the month's summary task is opened wherever a plan is active."""

from __future__ import annotations

import structlog

from uku.kit import clock
from uku.kit.jobs import each, job
from uku.kit.scoping import workspace_in_force
from uku.tasks.models import SummaryPlan
from uku.tasks.summaries import open_missing_months

log = structlog.get_logger()


@each("11 * * * *")
@job(name="tasks.open_months")
def open_months(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what is missing stands in the tables
    """Open every month that is due and missing; each workspace by its own zone, and whatever befalls another."""
    failed = None
    for plan in SummaryPlan.everywhere.filter(active=True).select_related("workspace", "client", "tie__books"):
        with workspace_in_force(plan.workspace_id):
            try:
                opened = open_missing_months(plan, at=clock.now())
            except Exception as error:  # told below, when the others have their tasks
                log.exception("months not opened", workspace=plan.workspace_id)
                failed = error
            else:
                log.info("months opened", workspace=plan.workspace_id, opened=len(opened))
    if failed is not None:
        raise failed
