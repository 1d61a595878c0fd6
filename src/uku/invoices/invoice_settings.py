"""How the firm brings invoices to its clients: the way, the text on late interest, when to remind."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.invoices.delivery_models import DeliveryWay, InvoiceSettings
from uku.kit.scoping import current_workspace_id
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

FIELDS = ("way", "remind_after", "late_interest")


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
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    settings = settings_of()
    before = {name: getattr(settings, name) for name in FIELDS}
    settings.way, settings.remind_after, settings.late_interest = way, remind_after, late_interest
    after = {name: getattr(settings, name) for name in FIELDS}
    if before == after and settings.pk:
        return
    settings.save()
    summary = translate_for_workspace(gettext_lazy("Changed how invoices are sent to clients"))
    record(actor=actor, action="invoice.settings", target=settings, summary=summary, at=at, before=before, after=after)
