"""Which installation a grant belongs to, so that a copy of the database spends none of the original's tokens (F44)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.tokens.grant_state import GrantRestored
from uku.kit.events import publish
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace


def this_instance() -> str:
    """Return this installation's name: UKU_INSTANCE, or its public address."""
    return str(settings.UKU.instance or settings.UKU.public_url)


def is_foreign(connection: Connection) -> bool:
    """Say whether another installation holds this grant: then nothing is sent for it from here."""
    return connection.is_connected and connection.instance not in {"", this_instance()}


def ours() -> Q:
    """Rows of grants that this installation holds, or that are from before grants carried a name."""
    return Q(instance__in=("", this_instance()))


def claim_unnamed() -> None:
    """Take over grants from before grants carried a name; there was one installation then."""
    Connection.everywhere.filter(instance="").exclude(sealed_tokens="").update(instance=this_instance())


def adopt(*, connection: Connection, at: datetime) -> bool:
    """Make a grant this installation's own, on the operator's word; False when it is already.

    The other installation must be off for good: under rotating tokens the two would spend each other's.
    """
    with transaction.atomic(), workspace_in_force(connection.workspace_id):
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if not is_foreign(row):
            return False
        before, row.instance = row.instance, this_instance()
        row.save(update_fields=["instance"])
        summary = translate_for_workspace(
            gettext_lazy("The Fortnox connection was moved here from %(before)s"), before=before
        )
        facts = {"before": {"instance": before}, "after": {"instance": row.instance}}
        record(actor=None, action="fortnox.adopt", target=row, summary=summary, at=at, **facts)
        publish(GrantRestored(row.pk, at))
    return True
