"""The key ring: which sealed value is under which key, moving all to the first, and tokens that no key opens.

It seals Fortnox tokens and, of the workspaces' people, the secrets of second factors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from uku.integrations.fortnox.connection.facts import begin_trouble, end_trouble
from uku.integrations.fortnox.connection.tokens import key_ring, open_tokens
from uku.integrations.fortnox.models import Connection, ConnectionTrouble, PendingGrant, Revocation
from uku.kit import clock
from uku.kit.alarms import clear_alarm, is_open, raise_alarm
from uku.kit.scoping import workspace_in_force
from uku.kit.secrets import CannotOpen
from uku.workspaces import factors
from uku.workspaces.audit import record

ALARM = "fortnox.token_key"
BATCH = 100
SEALED: tuple[tuple[type[models.Model], str], ...] = (
    (Connection, "sealed_tokens"),
    (PendingGrant, "sealed_tokens"),
    (Revocation, "sealed_token"),
)


class KeyMissing(Exception):
    """Something is sealed under a key that is not on the ring: nothing is rotated before it is back."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is: rows looked at, rows sealed anew, rows in all."""

    looked_at: int
    resealed: int
    total: int


def sealed_under() -> Counter[str]:
    """Count the sealed values by the name of their key; "" for those that no key on the ring opens (S38)."""
    ring = key_ring()
    values = [sealed for model, column in SEALED for _pk, sealed in _rows(model, column)]
    values += [sealed for _pk, sealed in factors.sealed_secrets()]
    return Counter(ring.name_for(sealed) or "" for sealed in values)


def rotate() -> Iterator[Progress]:
    """Seal everything under the first key, batch by batch. Raises KeyMissing before anything is changed.

    May be stopped at any moment and begun again: what is under the first key is passed over. A refresh that stores new
    tokens meanwhile wins, since each row changes only if it still holds what was read.
    """
    counts = sealed_under()
    if counts[""]:
        raise KeyMissing(counts[""])
    total, looked_at, resealed = counts.total(), 0, 0
    for model, column in SEALED:
        for pk, sealed in _rows(model, column):
            resealed += _reseal(model, column, pk, sealed)
            looked_at += 1
            if looked_at % BATCH == 0 or looked_at == total:
                yield Progress(looked_at, resealed, total)
    for pk, sealed in factors.sealed_secrets():
        resealed += _reseal_factor(pk, sealed)
        looked_at += 1
        if looked_at % BATCH == 0 or looked_at == total:
            yield Progress(looked_at, resealed, total)


def standing() -> tuple[list[str], list[str]]:
    """Say, in sentences, which keys may be taken off the ring, and which values still need an old or missing one."""
    counts, ring = sealed_under(), key_ring()
    removable = [_("Key %(key)s seals nothing and may be removed.") % {"key": key} for key in ring.names[1:]]
    idle = [line for line, key in zip(removable, ring.names[1:], strict=True) if not counts[key]]
    old = [
        _("%(count)d stored values are still under key %(key)s: run `uku rotate-keys`.")
        % {"count": counts[key], "key": key}
        for key in ring.names[1:]
        if counts[key]
    ]
    lost = [_("%(count)d stored values open under no key of UKU_TOKEN_KEYS.") % {"count": counts[""]}]
    return idle, old + (lost if counts[""] else [])


def note_readability(connection: Connection, at: datetime) -> bool:
    """Say whether the stored tokens open. What no key opens is marked, told to the operator, and kept (F43)."""
    try:
        open_tokens(connection)
    except CannotOpen:
        _mark_unreadable(connection, at)
        return False
    if connection.trouble == ConnectionTrouble.UNREADABLE:
        end_trouble(connection, ConnectionTrouble.UNREADABLE, at=at)
        connection.refresh_from_db()
        _clear_alarm_of_the_last(at)
    return True


def _mark_unreadable(connection: Connection, at: datetime) -> None:
    if connection.trouble == ConnectionTrouble.UNREADABLE and is_open(ALARM):
        return
    same = Connection.everywhere.filter(pk=connection.pk, sealed_tokens=connection.sealed_tokens)
    begin_trouble(same, ConnectionTrouble.UNREADABLE, "", at)
    text = _(
        "Stored Fortnox tokens are sealed under a key that UKU_TOKEN_KEYS does not hold. Their connections stand still;"
        " nothing was deleted or sent. Put the missing key back behind the first one and restart: they go on by"
        " themselves. If the key is gone for good, each customer has to authorize again."
    )
    raise_alarm(key=ALARM, text=text, at=at)


def _clear_alarm_of_the_last(at: datetime) -> None:
    if not Connection.everywhere.filter(trouble=ConnectionTrouble.UNREADABLE).exists():
        clear_alarm(key=ALARM, at=at)


def _rows(model: type[models.Model], column: str) -> Iterator[tuple[int, str]]:
    """Every sealed value, in order, read in batches."""
    filled = _everything(model).exclude(**{column: ""}).order_by("pk")
    last = 0
    while batch := list(filled.filter(pk__gt=last).values_list("pk", column)[:BATCH]):
        yield from batch
        last = batch[-1][0]


def _reseal(model: type[models.Model], column: str, pk: int, sealed: str) -> bool:
    """Move one row to the first key; False when it is there already, or when somebody stored something newer."""
    ring = key_ring()
    if ring.name_for(sealed) == ring.names[0]:
        return False
    with transaction.atomic():
        changed = _everything(model).filter(pk=pk, **{column: sealed}).update(**{column: ring.reseal(sealed)})
        if changed:
            _record(_everything(model).get(pk=pk), ring.names[0])
    return bool(changed)


def _reseal_factor(pk: int, sealed: str) -> bool:
    """Move the secret of one second factor. It belongs to a person and to no workspace, so no audit log has a line."""
    ring = key_ring()
    if ring.name_for(sealed) == ring.names[0]:
        return False
    return factors.replace_secret(pk, sealed, ring.reseal(sealed))


def _record(row: Any, key: str) -> None:
    with workspace_in_force(row.workspace_id):
        summary = _("Stored Fortnox tokens were sealed under key %(key)s") % {"key": key}
        record(actor=None, action="fortnox.rotate_keys", target=row, summary=summary, at=clock.now())


def _everything(model: type[models.Model]) -> models.QuerySet[Any]:
    """All rows, of all workspaces."""
    found: models.QuerySet[Any] = model._base_manager.all()  # noqa: SLF001  # the scoped one sees one workspace
    return found
