"""Where sealed tokens lie, for the rotation of keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from uku.integrations.fortnox.models import Connection, PendingGrant, Revocation
from uku.kit import clock, rotation
from uku.kit.rotation import key_ring
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record


@dataclass(frozen=True, slots=True)
class Column:
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
                _record(self._rows().get(pk=pk))
        return bool(changed)

    def _rows(self) -> models.QuerySet[Any]:
        found: models.QuerySet[Any] = self.model._base_manager.all()  # noqa: SLF001  # the scoped one sees one workspace
        return found


def register() -> None:
    for model, name in ((Connection, "sealed_tokens"), (PendingGrant, "sealed_tokens"), (Revocation, "sealed_token")):
        rotation.register(f"{model.__name__}.{name}", Column(model, name))


def _record(row: Any) -> None:
    with workspace_in_force(row.workspace_id):
        summary = _("Stored Fortnox tokens were sealed under key %(key)s") % {"key": key_ring().names[0]}
        record(actor=None, action="fortnox.rotate_keys", target=row, summary=summary, at=clock.now())
