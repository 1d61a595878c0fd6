"""How the connection stands, derived from facts: one state for the card, last and next run per kind of data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from uku.integrations.fortnox.failures import Explanation
from uku.integrations.fortnox.jobs import EVERY
from uku.integrations.fortnox.models import Connection, Run, RunKind, RunState
from uku.integrations.fortnox.syncing import NOT_PERMITTED
from uku.integrations.registry import Badge


@dataclass(frozen=True, slots=True)
class KindHealth:
    """One kind of data: its newest run and when the next is due."""

    label: str
    badge: Badge
    last_success: datetime | None
    next_at: datetime | None
    counts: str


def badge(connection: Connection) -> Badge:
    """The card's one state at a glance."""
    if connection.is_connected and connection.enabled and not connection.workspace.may_integrate:
        return Badge(_("Paused"), "neutral")
    if not connection.enabled:
        return Badge(_("Paused"), "neutral") if connection.is_connected else Badge(_("Off"), "neutral")
    if not connection.is_connected:
        return Badge(_("Enabled, not connected"), "neutral")
    if trouble_of(connection):
        return Badge(_("Needs attention"), "bad")
    return Badge(_("Connected to %(name)s") % {"name": connection.company_name}, "good")


def trouble_of(connection: Connection) -> Explanation | None:
    """Say what is wrong with the connection, what it means, and the one thing to do; None when all is well."""
    if connection.trouble:
        return Explanation(
            _("The connection to Fortnox stopped working."),
            _("Fortnox no longer accepts our sign-in: nothing syncs until someone authorizes again."),
            _("Click Authorize on the Connect to Fortnox tab. Everything that is queued then goes on by itself."),
        )
    refused = [str(run.get_kind_display()) for run in _newest_runs(connection) if run.trouble == NOT_PERMITTED]
    if not (connection.is_connected and refused):
        return None
    return Explanation(
        _("Fortnox refused part of the sync: %(kinds)s.") % {"kinds": ", ".join(refused)},
        _("A permission or licence is missing in Fortnox for this data. Everything else goes on."),
        _("Check the licences in Fortnox, then click Authorize on the Connect to Fortnox tab."),
    )


def _newest_runs(connection: Connection) -> list[Run]:
    """The newest run of each kind, with the workspace named, since banners are made outside a scope too."""
    runs = Run.everywhere.filter(workspace_id=connection.workspace_id, company_id=connection.company_id)
    return list(runs.order_by("kind", "-id").distinct("kind"))


def kinds(connection: Connection) -> list[KindHealth]:
    return [_kind(connection, kind) for kind in RunKind]


def _kind(connection: Connection, kind: RunKind) -> KindHealth:
    runs = Run.objects.filter(kind=kind, company_id=connection.company_id).order_by("-id")
    newest, done = runs.first(), runs.filter(state=RunState.DONE).first()
    next_at = newest.started_at + EVERY[kind] if newest and connection.is_connected else None
    return KindHealth(
        label=str(kind.label),
        badge=run_badge(newest),
        last_success=done.finished_at if done else None,
        next_at=next_at,
        counts=", ".join(f"{name} {value}" for name, value in newest.counts.items()) if newest else "",
    )


def run_badge(run: Run | None) -> Badge:
    if run is None:
        return Badge(_("Not run yet"), "neutral")
    if run.state == RunState.RUNNING:
        return Badge(_("Running"), "moving")
    if run.trouble == NOT_PERMITTED:
        return Badge(_("Not permitted"), "bad")
    return Badge(_("Done"), "good") if run.state == RunState.DONE else Badge(_("Stopped"), "bad")
