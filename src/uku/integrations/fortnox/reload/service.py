"""What a person does with a reload: begin it, cancel it. And its end, which is told."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.connection.guards import require_usable_connection
from uku.integrations.fortnox.models import Reload, ReloadStop, RunState
from uku.integrations.fortnox.reload import queries, report
from uku.integrations.fortnox.reload.progress import expected_requests
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.work.requests import wake_for_reload
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.notices import News, clear, tell
from uku.workspaces.permissions import Permission, needs

NOTICE: Final = "fortnox.reload"


class AlreadyRunning(Exception):
    """One runs already: `reload` is it, or the one that has just ended."""

    def __init__(self, reload: Reload) -> None:
        self.reload = reload
        super().__init__(report.runs_already(reload))


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def begin(*, actor: User | None, at: datetime, builds_months: bool = False) -> Reload:
    """Begin to read everything again; a worker does it. Raises NotAllowed, ConnectionNotUsable, AlreadyRunning.

    `builds_months`: months of the window without a summary task get one, also those before the plan's first month.
    The database holds one running reload a workspace, so that of two presses at once one begins it and the other is
    told who did. An actor of None is the command line.
    """
    connection = require_usable_connection()
    requests = expected_requests(queries.known_counts(connection, at))
    counts = {f"expect_{phase}": count for phase, count in requests.items()}
    try:
        with transaction.atomic():
            made = Reload.objects.create(
                company_id=connection.company_id,
                asked_by=actor,
                started_at=at,
                counts=counts,
                builds_months=builds_months,
            )
    except IntegrityError:
        found = queries.running() or queries.newest(connection.company_id)
        if found is None:  # the refusal was not about a reload
            raise
        raise AlreadyRunning(found) from None
    clear(key=NOTICE, at=at)
    summary = translate_for_workspace(
        gettext_lazy("Reload data from %(name)s, database %(database)s"),
        name=connection.company_name,
        database=connection.company_id,
    )
    record(actor=actor, action="fortnox.reload", target=made, summary=summary, at=at)
    wake_for_reload(made)
    return made


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def ask_to_cancel(*, reload: Reload, actor: User | None, at: datetime) -> bool:
    """Let a reload end at its next page; False when it has ended already. Raises NotAllowed."""
    row = Reload.objects.select_for_update().get(pk=reload.pk)
    if row.state != RunState.RUNNING:
        return False
    if row.cancel_asked_at is None:
        row.cancel_asked_at = at
        row.save(update_fields=["cancel_asked_at"])
        record(
            actor=actor,
            action="fortnox.reload_cancel",
            target=row,
            summary=translate_for_workspace(gettext_lazy("Reload data cancelled")),
            at=at,
        )
        wake_for_reload(row)
    return True


@transaction.atomic
def end(
    reload: Reload, state: RunState, *, at: datetime, stop_reason: ReloadStop | None = None, block_reason: str = ""
) -> None:
    """End a reload and what it was reading, and tell how it ended. One that has ended stays as it did.

    A run that is cut off retires nothing and moves no watermark: only a run that is done does.
    """
    row = Reload.objects.select_for_update().select_related("workspace").get(pk=reload.pk)
    if row.state != RunState.RUNNING:
        return
    for run in row.runs.filter(state=RunState.RUNNING):
        sync_run.end(run, at=at, state=state)
    row.state, row.finished_at = state, at
    row.stop_reason, row.block_reason = stop_reason or "", block_reason
    row.save(update_fields=["state", "finished_at", "stop_reason", "block_reason"])
    clear(key=NOTICE, at=at)
    news = News(
        key=NOTICE,
        title=report.title_of_the_end(row),
        text=report.text_of_the_end(row),
        url=report.address_of(row),
        tone=report.badge(row).tone,
        permission=Permission.MANAGE_INTEGRATIONS,
    )
    tell(news, at=at)
