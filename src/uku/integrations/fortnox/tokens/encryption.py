"""Tokens at rest: sealed under the key ring and bound to their row, so that a copy elsewhere does not open (S36).

Where no key of the ring opens them, their connection rests, the operator is told, and nothing is deleted (F43).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fortnox_api import TokenSet
from uku.integrations.fortnox.models import BlockReason, Connection, PendingGrant, Revocation
from uku.integrations.fortnox.tokens.grant_state import NotConnected, block, unblock
from uku.kit import clock, rotation
from uku.kit.alarms import clear_alarm, is_open, raise_alarm
from uku.kit.rotation import key_ring
from uku.kit.scoping import workspace_in_force
from uku.kit.secrets import CannotOpen, Place
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace

ALARM = "fortnox.token_key"


def seal_tokens(connection_id: int, tokens: TokenSet) -> str:
    """Return the tokens as the column of this connection holds them."""
    return _seal(tokens, Place("fortnox_connection", "sealed_tokens", str(connection_id)))


def open_tokens(connection: Connection) -> TokenSet:
    """Return the tokens. Raises NotConnected, or CannotOpen when the key is not on the ring."""
    if not connection.sealed_tokens:
        raise NotConnected(connection.pk)
    return _open(connection.sealed_tokens, Place("fortnox_connection", "sealed_tokens", str(connection.pk)))


def seal_grant(grant: PendingGrant, tokens: TokenSet) -> str:
    """Return the tokens as the column of this grant holds them; the row has its id already."""
    return _seal(tokens, Place("fortnox_pendinggrant", "sealed_tokens", str(grant.pk)))


def open_grant(grant: PendingGrant) -> TokenSet:
    """Return the tokens of a grant that waits. Raises CannotOpen when the key is not on the ring."""
    return _open(grant.sealed_tokens, Place("fortnox_pendinggrant", "sealed_tokens", str(grant.pk)))


def seal_refresh_token(revocation: Revocation, refresh_token: str) -> str:
    return key_ring().seal(refresh_token, Place("fortnox_revocation", "sealed_token", str(revocation.pk)))


def open_refresh_token(revocation: Revocation) -> str:
    """Return the token. Raises CannotOpen when the key is not on the ring."""
    return key_ring().open(revocation.sealed_token, Place("fortnox_revocation", "sealed_token", str(revocation.pk)))


def _seal(tokens: TokenSet, place: Place) -> str:
    content = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "scopes": sorted(tokens.scopes),
        "expires_at": tokens.expires_at.isoformat(),
    }
    return key_ring().seal(json.dumps(content), place)


def _open(sealed: str, place: Place) -> TokenSet:
    content = json.loads(key_ring().open(sealed, place))
    return TokenSet(
        access_token=content["access_token"],
        refresh_token=content["refresh_token"],
        scopes=frozenset(content["scopes"]),
        expires_at=datetime.fromisoformat(content["expires_at"]),
    )


def open_or_mark_unreadable(connection: Connection, at: datetime) -> TokenSet | None:
    """Return the stored tokens. What no key opens is marked, told to the operator, and kept: then None (F43)."""
    try:
        tokens = open_tokens(connection)
    except CannotOpen:
        if connection.block_reason != BlockReason.UNREADABLE or not is_open(ALARM):
            same = Connection.everywhere.filter(pk=connection.pk, sealed_tokens=connection.sealed_tokens)
            block(same, BlockReason.UNREADABLE, "", at)
            text = _(
                "Stored Fortnox tokens are encrypted with a key that is not in UKU_TOKEN_KEYS. Their connections do"
                " not sync. Nothing was deleted or sent. Put the missing key back after the first one and restart:"
                " syncing then continues automatically. If the key is lost, each customer must authorize again."
            )
            raise_alarm(key=ALARM, text=text, at=at)
        return None
    if connection.block_reason == BlockReason.UNREADABLE:
        unblock(connection, BlockReason.UNREADABLE, at=at)
        connection.refresh_from_db()
        if not Connection.everywhere.filter(block_reason=BlockReason.UNREADABLE).exists():
            clear_alarm(key=ALARM, at=at)
    return tokens


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed tokens, over all workspaces. Each move has its line in the workspace's audit log."""

    model: type[models.Model]
    name: str

    def values(self) -> Iterator[tuple[int, str]]:
        filled = self._rows().exclude(**{self.name: ""}).order_by("pk")
        last = 0
        while batch := list(filled.filter(pk__gt=last).values_list("pk", self.name)[: rotation.BATCH]):
            yield from batch
            last = batch[-1][0]

    def replace(self, pk: int, before: str, after: str) -> bool:
        with transaction.atomic():
            changed = self._rows().filter(pk=pk, **{self.name: before}).update(**{self.name: after})
            if changed:
                row = self._rows().get(pk=pk)
                with workspace_in_force(row.workspace_id):
                    summary = translate_for_workspace(
                        gettext_lazy("Stored Fortnox tokens were encrypted with key %(key)s"), key=key_ring().names[0]
                    )
                    record(actor=None, action="fortnox.rotate_keys", target=row, summary=summary, at=clock.now())
        return bool(changed)

    def _rows(self) -> models.QuerySet[Any]:
        found: models.QuerySet[Any] = self.model._base_manager.all()  # noqa: SLF001  # the scoped one sees one workspace
        return found


def register_for_rotation() -> None:
    for model, name in ((Connection, "sealed_tokens"), (PendingGrant, "sealed_tokens"), (Revocation, "sealed_token")):
        rotation.register(f"{model.__name__}.{name}", SealedColumn(model, name))
