"""Whether anything may be asked of Fortnox now: each button and its operation decide by this one answer (spec 4)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uku.integrations.fortnox.models import Connection

ON_FREE = _("Nothing was done: integrations are part of the Team and Elite plans. Upgrade, and all goes on by itself.")
DISABLED = _("Nothing was done: Fortnox is disabled. Click Enable on the Overview tab first.")
NOT_CONNECTED = _("Fortnox is not connected. Click Authorize on the Connect to Fortnox tab first.")
RESTS = _("Nothing was done: the connection to Fortnox rests. The Overview tab says why and what to do.")


class NotWorking(Exception):
    """Nothing can be asked of Fortnox now. The text says why and what to do."""


def works(connection: Connection) -> bool:
    """Say whether the connection takes orders now: on, allowed by the plan, connected, and not blocked."""
    return _hindrance(connection) is None


def working_connection() -> Connection:
    """Return the connection of the workspace in force. Raises NotWorking."""
    connection = refuse_while_off()
    if (why := _hindrance(connection)) is not None:
        raise NotWorking(str(why))
    return connection


def refuse_while_off() -> Connection:
    """Return the connection of the workspace in force. Raises NotWorking when it is disabled or the plan has none."""
    connection = Connection.objects.select_related("workspace").first()
    if connection is None:
        raise NotWorking(str(DISABLED))
    if (why := _off(connection)) is not None:
        raise NotWorking(str(why))
    return connection


def _off(connection: Connection) -> Promise | None:
    if not connection.workspace.may_integrate:
        return ON_FREE
    return None if connection.enabled else DISABLED


def _hindrance(connection: Connection) -> Promise | None:
    if (why := _off(connection)) is not None:
        return why
    if not connection.is_connected:
        return NOT_CONNECTED
    return RESTS if connection.block_reason else None
