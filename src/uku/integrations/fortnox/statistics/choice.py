"""The choice of work statistics: what each month's summary task carries, and so what Authorize asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.clients.models import Client
from uku.integrations.fortnox.connection.authorize import stored_connection_of
from uku.integrations.fortnox.connection.guards import is_usable
from uku.integrations.fortnox.health import alerts, sync_issues
from uku.integrations.fortnox.models import Connection, CountedSource, RunKind, RunState, SyncRun, VoucherKind
from uku.integrations.fortnox.statistics.definitions import Source
from uku.integrations.fortnox.statistics.voucher_series import series_of
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.work import requests
from uku.kit.jobs import NORMAL, SOON
from uku.tasks.pauses import note_disconnected
from uku.tasks.summaries import MonthsOpened, Schedule, latest_plan, plan_for_company, plan_summaries
from uku.workspaces.audit import record
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
    fields: Mapping[str, str],
    title: str,
    topic: str,
    client: Client | None,
    schedule: Schedule,
) -> None:
    """Store what is to be counted, each in the field of this name, and have it counted now.

    Nothing chosen switches it all off; the rest is kept for later, and so are tasks and their numbers. Raises
    NotAllowed, FieldNotUsable.
    """
    connection, plan = stored_connection_of(workspace), latest_plan()
    if plan is not None and connection.company_id:
        plan_for_company(plan, connection.company_id, at=at)  # what is chosen here is for the books connected now
    plan_summaries(actor=actor, at=at, title=title, topic=topic, client=client, fields=fields, schedule=schedule)
    if not connection.is_connected:
        note_disconnected(at=at)
    connection.statistics = list(fields)
    connection.save(update_fields=["statistics"])
    if not fields:  # end what is under way, and solve what stands open about it: nothing will try it again
        for run in SyncRun.objects.filter(kind=RunKind.STATISTICS, state=RunState.RUNNING):
            sync_run.end(run, at=at, state=RunState.CANCELLED)
        sync_issues.solve(company_id=connection.company_id, kind=RunKind.STATISTICS, numbers=[""], at=at)
    elif is_usable(connection):
        requests.request_sync(connection, RunKind.STATISTICS, priority=SOON, full=False, asked_by=actor.pk)
    alerts.review(connection, at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def choose_kinds(*, company_id: str, kinds: Mapping[str, VoucherKind], actor: User, at: datetime) -> bool:
    """Store which kind of voucher each series holds, and have the books counted again; False when nothing changed."""
    changed = [series for series in series_of(company_id) if kinds.get(series.code, series.kind) != series.kind]
    if not changed:
        return False
    before = {series.code: series.kind for series in changed}
    for series in changed:
        series.kind, series.chosen_by = kinds[series.code], actor
        series.save(update_fields=["kind", "chosen_by"])
    CountedSource.objects.filter(company_id=company_id, source=Source.BOOKS).delete()
    record(
        actor=actor,
        action="summaries.voucher_series",
        target=changed[0],
        summary=translate_for_workspace(gettext_lazy("Kinds of voucher series changed")),
        at=at,
        before=before,
        after={series.code: str(series.kind) for series in changed},
    )
    return True


def count_opened_months(fact: MonthsOpened) -> None:
    """Have the figures read when summary tasks were made: they show the books as they are then."""
    connection = Connection.objects.select_related("workspace").filter(workspace_id=fact.workspace_id).first()
    if connection is not None and is_usable(connection):
        requests.request_sync(connection, RunKind.STATISTICS, priority=NORMAL, full=False, asked_by=None)
