"""Tokens that no key of the ring opens: their connection rests, the operator is told, and nothing is deleted (F43)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from uku.integrations.fortnox.models import BlockReason, Connection
from uku.integrations.fortnox.tokens.grant_state import block, unblock
from uku.integrations.fortnox.tokens.store import open_tokens
from uku.kit.alarms import clear_alarm, is_open, raise_alarm
from uku.kit.secrets import CannotOpen

ALARM = "fortnox.token_key"


def note_readability(connection: Connection, at: datetime) -> bool:
    """Say whether the stored tokens open. What no key opens is marked, told to the operator, and kept (F43)."""
    try:
        open_tokens(connection)
    except CannotOpen:
        _mark_unreadable(connection, at)
        return False
    if connection.block_reason == BlockReason.UNREADABLE:
        unblock(connection, BlockReason.UNREADABLE, at=at)
        connection.refresh_from_db()
        _clear_alarm_of_the_last(at)
    return True


def _mark_unreadable(connection: Connection, at: datetime) -> None:
    if connection.block_reason == BlockReason.UNREADABLE and is_open(ALARM):
        return
    same = Connection.everywhere.filter(pk=connection.pk, sealed_tokens=connection.sealed_tokens)
    block(same, BlockReason.UNREADABLE, "", at)
    text = _(
        "Stored Fortnox tokens are sealed under a key that UKU_TOKEN_KEYS does not hold. Their connections stand still;"
        " nothing was deleted or sent. Put the missing key back behind the first one and restart: they go on by"
        " themselves. If the key is gone for good, each customer has to authorize again."
    )
    raise_alarm(key=ALARM, text=text, at=at)


def _clear_alarm_of_the_last(at: datetime) -> None:
    if not Connection.everywhere.filter(block_reason=BlockReason.UNREADABLE).exists():
        clear_alarm(key=ALARM, at=at)
