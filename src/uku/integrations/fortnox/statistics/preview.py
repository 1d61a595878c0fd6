"""One month counted for every statistic that may be read, so that a person sees the numbers before choosing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import OuterRef, Subquery

from fortnox_api import FortnoxError
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.health.messages import error_in_words
from uku.integrations.fortnox.models import Connection, RequestedPreview
from uku.integrations.fortnox.statistics.counts import sources_of
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.integrations.fortnox.statistics.sync import OF_ONE_SOURCE, figures_of, source_is_permitted
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.integrations.fortnox.work.due import wake
from uku.integrations.fortnox.work.step import Rank, Step, Work
from uku.kit import clock
from uku.kit.jobs import SOON
from uku.tasks.models import MonthFigure
from uku.tasks.summaries import plan_of_books, take_in_figures
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def request_preview(
    *,
    workspace: Workspace,  # noqa: ARG001  # both are asked for the permission
    connection: Connection,
    month: date,
    actor: User,  # noqa: ARG001
    at: datetime,
) -> None:
    """Have a month counted now; the month asked for last is the one that is shown. Raises NotAllowed."""
    facts = {"month": month, "asked_at": at, "done_at": None, "failed": ""}
    RequestedPreview.objects.update_or_create(company_id=connection.company_id, defaults=facts)
    wake(connection, at=at, priority=SOON)


def preview_of(company_id: str) -> RequestedPreview | None:
    return RequestedPreview.objects.filter(company_id=company_id).first()


def figures_for(company_id: str, month: date) -> dict[str, MonthFigure]:
    """Return what a company's own books are known to say of a month, by statistic."""
    figures = MonthFigure.objects.filter(plan__tie=None, plan__company=company_id, month=month)
    return {figure.statistic: figure for figure in figures}


def _count_preview(work: Work) -> bool:
    """Count the month that was asked for; what Fortnox refuses or does not answer is told beside the numbers."""
    connection, at = work.connection, clock.now()
    asked = RequestedPreview.objects.get(company_id=connection.company_id)
    plan = plan_of_books(connection.company_id)
    failed = ""
    try:
        with open_fortnox(connection, work.make_way) as fortnox:
            for source, names in sources_of(STATISTICS).items():
                if not source_is_permitted(connection, source):
                    continue
                try:
                    figures = figures_of(fortnox, connection, source, names, [asked.month], None)
                except OF_ONE_SOURCE as error:
                    note_failure(connection, error)
                    failed = failed or error_in_words(error)
                else:
                    take_in_figures(plan, figures, at=at)
    except FortnoxError as error:
        note_failure(connection, error)
        failed = error_in_words(error)
    unchanged = RequestedPreview.objects.filter(pk=asked.pk, asked_at=asked.asked_at)
    unchanged.update(done_at=clock.now(), failed=failed[:300])
    return not failed


PREVIEW: Final = Step(
    "preview",
    Rank.PERSON,
    lambda row: row.preview_asked,
    _count_preview,
    {
        "preview_asked": Subquery(
            RequestedPreview.everywhere.filter(
                done_at=None, workspace=OuterRef("workspace"), company_id=OuterRef("company_id")
            ).values("asked_at")[:1]
        )
    },
)
