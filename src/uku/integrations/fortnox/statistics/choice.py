"""The choice of work statistics: what each month's summary task carries, and so what Authorize asks for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from uku.clients.models import Client
from uku.integrations.fortnox.connection.authorize import stored_connection_of
from uku.integrations.fortnox.connection.guards import is_usable
from uku.integrations.fortnox.health import alerts, sync_issues
from uku.integrations.fortnox.models import RunKind, RunState, SyncRun
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.work import requests
from uku.kit.jobs import SOON
from uku.tasks.operations import plan_summaries
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def choose_statistics(
    *,
    workspace: Workspace,
    actor: User,
    at: datetime,
    chosen: Collection[str],
    title: str,
    topic: str,
    client: Client | None,
    month: date,
) -> None:
    """Store what is to be counted from `month` on and have it counted now; nothing chosen switches it all off.

    Switched off, the rest is kept for later, and so are tasks and their numbers. Raises NotAllowed.
    """
    fields = {name: translate_for_workspace(found.label) for name, found in STATISTICS.items() if name in chosen}
    plan_summaries(actor=actor, at=at, title=title, topic=topic, client=client, fields=fields, month=month)
    connection = stored_connection_of(workspace)
    connection.statistics = list(fields)
    connection.save(update_fields=["statistics"])
    if not fields:  # end what is under way, and solve what stands open about it: nothing will try it again
        for run in SyncRun.objects.filter(kind=RunKind.STATISTICS, state=RunState.RUNNING):
            sync_run.end(run, at=at, state=RunState.CANCELLED)
        sync_issues.solve(company_id=connection.company_id, kind=RunKind.STATISTICS, numbers=[""], at=at)
    elif is_usable(connection):
        requests.request_sync(connection, RunKind.STATISTICS, priority=SOON, full=False, asked_by=actor.pk)
    alerts.review(connection, at=at)
