"""The company card: the seller on every invoice, changed by hand or taken over from the accounting system."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.kit.identifiers import masked, masked_vat, postcode_digits
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs
from uku.workspaces.seller import DEFAULTED, FACTS, PERSON, InvalidFact, clean_fact, clean_facts, is_empty


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that the accounting system has otherwise."""

    name: str
    ours: Any
    theirs: Any


def differences(workspace: Workspace, proposal: Mapping[str, Any]) -> list[Difference]:
    """Compare the card with what is proposed. A proposal that says nothing, or could not stand, is left out."""
    told = sound_proposal(workspace, proposal)
    ours = {name: getattr(workspace, name) for name in told}
    found = [Difference(name, ours[name], theirs) for name, theirs in told.items() if theirs != ours[name]]
    # All other numbers are stored in one form; a postcode is stored as it was written.
    return [d for d in found if d.name != "postcode" or postcode_digits(d.theirs) != postcode_digits(d.ours)]


def sound_proposal(workspace: Workspace, proposal: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a proposal tells and the card can hold, in the card's order."""
    found: dict[str, Any] = {}
    country = str(proposal.get("country") or workspace.country)
    for name in FACTS:
        if is_empty(proposal.get(name)):
            continue
        with suppress(InvalidFact):
            found[name] = clean_fact(name, proposal[name], country=country)
    return found


class CardChanged(Exception):
    """Somebody changed the card since it was read: nothing was stored (B17)."""


def reading_of(workspace: Workspace) -> str:
    """Return what stands for the card as it was read; it differs as soon as any fact does."""
    facts = [str(getattr(workspace, name)) for name in FACTS]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def is_unstated(workspace: Workspace, name: str) -> bool:
    """Say whether nobody has stated this fact: it is empty, or what every workspace begins with."""
    return is_empty(getattr(workspace, name)) or (name in DEFAULTED and name not in workspace.fact_origins)


def filled_facts(workspace: Workspace) -> dict[str, list[str]]:
    """Return which facts each integration filled and no person has changed since, by its slug, in the card's order."""
    found: dict[str, list[str]] = {}
    for name in FACTS:
        origin = workspace.fact_origins.get(name, PERSON)
        if origin != PERSON:
            found.setdefault(origin, []).append(name)
    return found


def untold_facts(workspace: Workspace, proposal: Mapping[str, Any]) -> list[str]:
    """Return what nobody has stated and the proposal does not tell: only a person can."""
    told = sound_proposal(workspace, proposal)
    country = str(told.get("country") or workspace.country)
    return [name for name in shown_facts(workspace, country) if is_unstated(workspace, name) and name not in told]


def shown_facts(workspace: Workspace, country: str) -> list[str]:
    """Return the facts of a card, in its order: F-tax is Swedish, and elsewhere shown only if it is stated."""
    hidden = "" if country == "SE" or workspace.f_tax is not None else "f_tax"
    return [name for name in FACTS if name != hidden]


@transaction.atomic
@needs(Permission.MANAGE_COMPANY)
def edit_company(
    *, workspace: Workspace, actor: User | None, at: datetime, changes: Mapping[str, Any], reading: str | None = None
) -> list[str]:
    """Change facts of the card; return the names of those that changed.

    `reading` is the card as the person saw it (`reading_of`): what it began with is then stated by this person.
    Raises NotAllowed, InvalidFact, CardChanged.
    """
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    if reading is not None and reading != reading_of(row):
        raise CardChanged
    facts = clean_facts(changes, country=str(changes.get("country", row.country)))
    stated = {*facts, *(DEFAULTED if reading is not None else ())}
    return _store(row, workspace, actor, at, facts, dict.fromkeys(stated, PERSON))


@transaction.atomic
@needs(Permission.MANAGE_COMPANY)
def fill_empty(
    *, workspace: Workspace, actor: User | None, at: datetime, proposal: Mapping[str, Any], source: str
) -> list[str]:
    """Fill what nobody has stated from the proposal of an integration; the rest is never overwritten.

    `source` is the integration's slug. Return the names of the facts that were filled. Raises NotAllowed.
    """
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    unstated = {found.name: found.theirs for found in differences(row, proposal) if is_unstated(row, found.name)}
    return _store(row, workspace, actor, at, unstated, dict.fromkeys(unstated, source))


def _store(
    row: Workspace,
    workspace: Workspace,
    actor: User | None,
    at: datetime,
    facts: Mapping[str, Any],
    origins: Mapping[str, str],
) -> list[str]:
    row.fact_origins = workspace.fact_origins = {**row.fact_origins, **origins}
    changed = [name for name, value in facts.items() if getattr(row, name) != value]
    before = {name: _audit_text(name, getattr(row, name)) for name in changed}
    for name in changed:
        setattr(row, name, facts[name])
        setattr(workspace, name, facts[name])
    row.save(update_fields=[*changed, "fact_origins"])
    if changed:
        with workspace_in_force(row.pk):
            record(
                actor=actor,
                action="company.edit",
                target=row,
                summary=translate_for_workspace(gettext_lazy("Changed the company details")),
                at=at,
                before=before,
                after={name: _audit_text(name, facts[name]) for name in changed},
            )
    return changed


def _audit_text(name: str, value: Any) -> Any:
    """A sole trader's numbers are a person's, and are masked (S45, S51)."""
    if name == "vat_number":
        return masked_vat(str(value))
    return masked(str(value)) if name == "organisation_number" else value
