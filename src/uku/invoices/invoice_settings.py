"""How the firm bills: when tasks are, how invoices reach clients, the text on late interest, when to remind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from uku.invoices.delivery_models import DeliveryWay, InvoiceSettings
from uku.kit.scoping import current_workspace_id
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

FIELDS = ("way", "remind_after", "late_interest", "bill_open_tasks")


def settings_of() -> InvoiceSettings:
    """The settings of the workspace in force; the defaults where nobody has chosen."""
    found: InvoiceSettings | None = InvoiceSettings.objects.first()
    return found or InvoiceSettings(workspace_id=current_workspace_id())


@transaction.atomic
@needs(Permission.MANAGE_COMPANY)
def save_settings(
    *, workspace: Workspace, way: DeliveryWay, remind_after: int, late_interest: str, actor: User, at: datetime
) -> None:
    """Store how invoices are brought from now on. Raises NotAllowed."""
    changes = {"way": way, "remind_after": remind_after, "late_interest": late_interest}
    words = gettext_lazy("Changed how invoices are sent to clients")
    _save(workspace, changes, words, actor=actor, at=at)


@transaction.atomic
@needs(Permission.MANAGE_TASK_FIELDS)
def set_billing_of_tasks(*, workspace: Workspace, bill_open_tasks: bool, actor: User, at: datetime) -> None:
    """Say whether a number of a task is billed before the task is finished, too. Raises NotAllowed."""
    words = gettext_lazy("Changed when tasks are billed")
    _save(workspace, {"bill_open_tasks": bill_open_tasks}, words, actor=actor, at=at)


def _save(workspace: Workspace, changes: Mapping[str, Any], words: Promise, *, actor: User, at: datetime) -> None:
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    settings = settings_of()
    before = {name: getattr(settings, name) for name in FIELDS}
    for name, value in changes.items():
        setattr(settings, name, value)
    after = {name: getattr(settings, name) for name in FIELDS}
    if before == after and settings.pk:
        return
    settings.save()
    summary = translate_for_workspace(words)
    record(actor=actor, action="invoice.settings", target=settings, summary=summary, at=at, before=before, after=after)
