"""Whether anything may be asked of Fortnox now: each button and its operation decide by this one answer."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uku.integrations.fortnox.models import Connection

ON_FREE = _(
    "Nothing was done: integrations are part of the Team and Elite plans. After an upgrade,"
    " syncing continues automatically."
)
DISABLED = _("Nothing was done: Fortnox is disabled. Click Enable on the Overview tab first.")
NOT_CONNECTED = _("Fortnox is not connected. Click Authorize on the Connect to Fortnox tab first.")
BLOCKED = _("Nothing was done: the connection to Fortnox does not work now. The Overview tab says why and what to do.")


class ConnectionNotUsable(Exception):
    """Nothing can be asked of Fortnox now. The text says why and what to do."""


def is_usable(connection: Connection) -> bool:
    """Say whether the connection takes orders now: on, allowed by the plan, connected, and not blocked."""
    return _why_not_usable(connection) is None


def require_usable_connection() -> Connection:
    """Return the connection of the workspace in force. Raises ConnectionNotUsable."""
    connection = require_enabled_connection()
    if (why := _why_not_usable(connection)) is not None:
        raise ConnectionNotUsable(str(why))
    return connection


def require_enabled_connection() -> Connection:
    """Return the connection of the workspace in force.

    Raises ConnectionNotUsable when it is disabled or the plan has none.
    """
    connection = Connection.objects.select_related("workspace").first()
    if connection is None:
        raise ConnectionNotUsable(str(DISABLED))
    if (why := _why_not_enabled(connection)) is not None:
        raise ConnectionNotUsable(str(why))
    return connection


def _why_not_enabled(connection: Connection) -> Promise | None:
    if not connection.workspace.may_integrate:
        return ON_FREE
    return None if connection.enabled else DISABLED


def _why_not_usable(connection: Connection) -> Promise | None:
    if (why := _why_not_enabled(connection)) is not None:
        return why
    if not connection.is_connected:
        return NOT_CONNECTED
    return BLOCKED if connection.block_reason else None
