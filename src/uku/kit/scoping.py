"""The workspace in force. A tenant query without one fails instead of showing everybody's rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import models

_in_force: ContextVar[int | None] = ContextVar("workspace_in_force", default=None)
M = TypeVar("M", bound=models.Model)


class NoWorkspaceInForce(RuntimeError):
    """A tenant table was asked without a workspace in force. Use `workspace_in_force` round the work."""


@contextmanager
def workspace_in_force(workspace_id: int) -> Iterator[None]:
    """Restrict every tenant query inside the block to one workspace."""
    token = _in_force.set(workspace_id)
    try:
        yield
    finally:
        _in_force.reset(token)


def current_workspace_id() -> int:
    """Return the id of the workspace in force. Raises NoWorkspaceInForce."""
    workspace_id = _in_force.get()
    if workspace_id is None:
        raise NoWorkspaceInForce
    return workspace_id


class ScopedQuerySet(models.QuerySet[M]):
    """Makes rows of the workspace in force, also through `get_or_create` and related managers."""

    def create(self, **values: Any) -> M:
        if "workspace" not in values:
            values.setdefault("workspace_id", current_workspace_id())
        return super().create(**values)


class ScopedManager(models.Manager[M]):
    """Sees only rows of the workspace in force."""

    def get_queryset(self) -> ScopedQuerySet[M]:
        rows: ScopedQuerySet[M] = ScopedQuerySet(self.model, using=self._db)
        return rows.filter(workspace_id=current_workspace_id())

    def update_many(self, rows: Sequence[M], names: Iterable[str]) -> None:
        """Store fields of rows that are loaded whole and locked, in one statement.

        A text longer than its column is refused. `bulk_update` would cut it, since it casts to the column's type.
        """
        if rows:
            self.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=list(names))


class TenantModel(models.Model):
    """A row that belongs to one workspace."""

    workspace = models.ForeignKey("uku.Workspace", on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()
    everywhere = models.Manager()  # noqa: DJ012  # for sweeps and the isolation tests; never in a page

    class Meta:
        abstract = True
        base_manager_name = "everywhere"


def composite_key(table: str, column: str, target: str) -> tuple[str, str]:
    """Return the SQL, forward and back, that ties a reference to the same workspace as the row itself.

    Django has no composite foreign keys, so migrations add them with RunSQL. The target gets a unique
    key over (workspace, id), which PostgreSQL needs for the reference.
    """
    name = f"{table}_{column}_same_workspace"
    unique = f"{target}_workspace_id_id"
    forward = f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = '{unique}') THEN
            ALTER TABLE {target} ADD CONSTRAINT {unique} UNIQUE (workspace_id, id);
          END IF;
        END $$;
        ALTER TABLE {table} ADD CONSTRAINT {name}
          FOREIGN KEY (workspace_id, {column}) REFERENCES {target} (workspace_id, id)
          DEFERRABLE INITIALLY DEFERRED;
    """
    return forward, f"ALTER TABLE {table} DROP CONSTRAINT {name};"
