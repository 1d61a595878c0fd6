"""Why a plan makes no summary tasks for now. What was missed is caught up when the cause is gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from uku.tasks.models import SummaryPlan


class Pause(TextChoices):
    ARCHIVED = "archived", _("The client is archived")
    FREE = "free", _("Not part of the plan Free")
    DISCONNECTED = "disconnected", _("The books are not connected")


def pauses_of(plans: Collection[SummaryPlan]) -> dict[int, Pause]:
    """Return why plans make no tasks, by id, in one query; their workspace, client and tie's books are loaded."""
    books = {plan.pk: plan.tie.books if plan.tie else plan.workspace for plan in plans}
    gone = SummaryPlan.everywhere.filter(tie=None, disconnected_at__isnull=False)
    disconnected = set(gone.filter(workspace__in=set(books.values())).values_list("workspace_id", flat=True))
    found = {}
    for plan in plans:
        counted = books[plan.pk]
        if plan.client is not None and plan.client.archived_at is not None:
            found[plan.pk] = Pause.ARCHIVED
        elif not (plan.workspace.may_integrate and counted.may_integrate):
            found[plan.pk] = Pause.FREE
        elif counted.pk in disconnected:
            found[plan.pk] = Pause.DISCONNECTED
    return found


def is_paused(plan: SummaryPlan) -> bool:
    return plan.pk in pauses_of([plan])


def note_connected() -> None:
    """The books of the workspace in force are connected: their plans go on."""
    SummaryPlan.objects.filter(tie=None, disconnected_at__isnull=False).update(disconnected_at=None)


def note_disconnected(*, at: datetime) -> None:
    SummaryPlan.objects.filter(tie=None, disconnected_at=None).update(disconnected_at=at)
