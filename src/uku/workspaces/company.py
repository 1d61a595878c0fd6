"""The company card: the seller on every invoice, changed by hand or taken over from the accounting system."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from uku.kit.identifiers import masked, postcode_digits
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs
from uku.workspaces.seller import FACTS, UnsoundFact, is_empty, sound, sound_fact


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that the accounting system has otherwise."""

    name: str
    ours: Any
    theirs: Any


def differences(workspace: Workspace, proposal: Mapping[str, Any]) -> list[Difference]:
    """Compare the card with what is proposed. A proposal that says nothing, or could not stand, is left out."""
    found = []
    country = str(proposal.get("country") or workspace.country)
    for name in FACTS:
        if name not in proposal or is_empty(proposal[name]) or proposal[name] is None:
            continue
        try:
            theirs = sound_fact(name, proposal[name], country=country)
        except UnsoundFact:
            continue
        if not _is_same(name, theirs, getattr(workspace, name)):
            found.append(Difference(name, getattr(workspace, name), theirs))
    return found


def _is_same(name: str, theirs: Any, ours: Any) -> bool:
    """All other numbers are stored in one form; a postcode is stored as it was written."""
    return bool(theirs == ours) or (name == "postcode" and postcode_digits(theirs) == postcode_digits(ours))


class CardChanged(Exception):
    """Somebody changed the card since it was read: nothing was stored (reliability B17)."""


def reading_of(workspace: Workspace) -> str:
    """Return what stands for the card as it was read; it differs as soon as any fact does."""
    facts = [str(getattr(workspace, name)) for name in FACTS]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@transaction.atomic
@needs(Permission.MANAGE_COMPANY)
def edit_company(
    *, workspace: Workspace, actor: User | None, at: datetime, changes: Mapping[str, Any], reading: str | None = None
) -> list[str]:
    """Change facts of the card; return the names of those that changed.

    `reading` is the card as the person saw it (`reading_of`). Raises NotAllowed, UnsoundFact, CardChanged.
    """
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    if reading is not None and reading != reading_of(row):
        raise CardChanged
    return _store(row, workspace, actor, at, sound(changes, country=str(changes.get("country", row.country))))


@transaction.atomic
@needs(Permission.MANAGE_COMPANY)
def fill_empty(*, workspace: Workspace, actor: User | None, at: datetime, proposal: Mapping[str, Any]) -> list[str]:
    """Fill what is empty on the card from a proposal; what stands there is never overwritten. Raises NotAllowed.

    The answer is the names of the facts that were filled.
    """
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    empty = {d.name: d.theirs for d in differences(row, proposal) if is_empty(d.ours)}
    return _store(row, workspace, actor, at, empty)


def _store(
    row: Workspace, workspace: Workspace, actor: User | None, at: datetime, facts: Mapping[str, Any]
) -> list[str]:
    changed = [name for name, value in facts.items() if getattr(row, name) != value]
    if not changed:
        return []
    before = {name: _told(name, getattr(row, name)) for name in changed}
    for name in changed:
        setattr(row, name, facts[name])
        setattr(workspace, name, facts[name])
    row.save(update_fields=changed)
    with workspace_in_force(row.pk):
        record(
            actor=actor,
            action="company.edit",
            target=row,
            summary=f"Company facts changed: {', '.join(changed)}",
            at=at,
            before=before,
            after={name: _told(name, facts[name]) for name in changed},
        )
    return changed


def _told(name: str, value: Any) -> Any:
    """A sole trader's numbers are a person's, and are masked (reliability S45, S51)."""
    return masked(str(value)) if name in {"organisation_number", "vat_number"} else value
