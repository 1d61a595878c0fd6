"""Enable, authorize, callback, disconnect. Each is its own step; none of them does another's work."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from fortnox_api import CompanyInformation, FortnoxError, TokenSet
from uku.clients.matching import normalise_number
from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.gateway import oauth_app, open_with
from uku.integrations.fortnox.models import Attempt, Connection, RunKind
from uku.integrations.fortnox.statistics import STATISTICS
from uku.integrations.fortnox.tokens import open_tokens, refuse_inside_transaction, seal_tokens
from uku.kit.scoping import workspace_in_force
from uku.kit.secrets import CannotOpen
from uku.workspaces.models import Membership, User, Workspace
from uku.workspaces.operations import record
from uku.workspaces.permissions import Permission, may

STATE_LIFE = timedelta(minutes=10)
# One Kundfaktura licence covers all of these (spec section 6).
FIRST_SCOPES = ("invoice", "customer", "article", "companyinformation", "payment", "settings")


class NotEnabled(Exception):
    """The integration is off, or the plan has none: enable it first."""


class StateRefused(Exception):
    """The way back from Fortnox does not fit a way there: wrong, used, late, or somebody else's."""


@dataclass(frozen=True, slots=True)
class CompanyRefused(Exception):
    """The grant reaches a company that this workspace may not connect. The grant was revoked."""

    sentence: str


def connection_of(workspace: Workspace) -> Connection:
    """Return the workspace's connection, made on first sight; it starts off."""
    with workspace_in_force(workspace.pk):
        return Connection.objects.get_or_create()[0]


def enable(*, workspace: Workspace, actor: User, at: datetime) -> None:
    """Switch the integration on. Raises NotEnabled when the plan has no integrations."""
    if not workspace.may_integrate:
        raise NotEnabled
    _switch(workspace, actor, at, enabled=True)


def disable(*, workspace: Workspace, actor: User, at: datetime) -> None:
    """Switch the integration off; settings, links and tokens stay."""
    _switch(workspace, actor, at, enabled=False)


def _switch(workspace: Workspace, actor: User, at: datetime, *, enabled: bool) -> None:
    with transaction.atomic():
        connection = connection_of(workspace)
        connection.enabled = enabled
        connection.save(update_fields=["enabled"])
        word = "enable" if enabled else "disable"
        record(actor=actor, action=f"fortnox.{word}", target=connection, summary=f"Fortnox {word}d", at=at)


def scopes_for(connection: Connection) -> list[str]:
    """Return what to ask for: the first scopes, and what the chosen statistics need beyond them."""
    chosen = [STATISTICS[name].scope for name in connection.statistics if name in STATISTICS]
    return [*FIRST_SCOPES, *(scope for scope in chosen if scope)]


def lacking_scopes(connection: Connection) -> list[str]:
    """Name what the chosen statistics need and the grant does not have: Authorize asks for it."""
    if not connection.is_connected:
        return []
    return [scope for scope in scopes_for(connection) if scope not in connection.scopes]


def is_other_company(workspace: Workspace, connection: Connection) -> bool:
    """Say whether the connected company's organisation number is not the workspace's own."""
    ours, theirs = normalise_number(workspace.organisation_number), normalise_number(connection.organisation_number)
    return bool(ours and theirs and ours != theirs)


def begin(*, workspace: Workspace, user: User, session_key: str, service_account: bool, at: datetime) -> str:
    """Store a single-use state and return the address of the consent page. Raises NotEnabled."""
    connection = connection_of(workspace)
    if not (connection.enabled and workspace.may_integrate):
        raise NotEnabled
    state, scopes = secrets.token_urlsafe(32), scopes_for(connection)
    Attempt.objects.create(
        user=user, state_hash=_hash(state), session_hash=_hash(session_key), scopes=scopes, created_at=at
    )
    return oauth_app().authorize_url(state=state, scopes=scopes, service_account=service_account)


def claim_state(*, state: str, user_id: int | None, session_key: str, at: datetime) -> Attempt:
    """Use up a state and return its attempt. Raises StateRefused, without saying which rule failed."""
    with transaction.atomic():
        attempt = (
            Attempt.everywhere.select_for_update(of=("self",))
            .select_related("workspace")
            .filter(state_hash=_hash(state))
            .first()
        )
        if attempt is None or not _may_return(attempt, user_id, session_key, at):
            raise StateRefused
        attempt.used_at = at
        attempt.save(update_fields=["used_at"])
    return attempt


def _may_return(attempt: Attempt, user_id: int | None, session_key: str, at: datetime) -> bool:
    membership = Membership.everywhere.filter(workspace_id=attempt.workspace_id, user_id=attempt.user_id).first()
    return (
        attempt.used_at is None
        and at - attempt.created_at <= STATE_LIFE
        and attempt.user_id == user_id
        and secrets.compare_digest(attempt.session_hash, _hash(session_key))
        and attempt.workspace.may_integrate
        and isinstance(membership, Membership)
        and may(membership, Permission.MANAGE_INTEGRATIONS)
    )


def complete(*, attempt: Attempt, code: str, at: datetime) -> Connection:
    """Exchange the code, see which company it reaches, and store the grant.

    Raises FortnoxError when Fortnox refuses, CompanyRefused when the company is not this workspace's;
    either way nothing is stored, and a grant that was given is revoked.
    """
    refuse_inside_transaction()
    tokens = oauth_app().exchange_code(code)
    try:
        with open_with(tokens) as fortnox:
            company = fortnox.company.get()
        _refuse_other_companies(attempt, company)
        return _store_grant(attempt, tokens, company, at)
    except IntegrityError as error:  # another workspace was a moment quicker
        revoke(tokens)
        raise _taken(company) from error
    except Exception:
        revoke(tokens)
        raise


def _refuse_other_companies(attempt: Attempt, company: CompanyInformation) -> None:
    mine = connection_of(attempt.workspace)
    if mine.is_connected and mine.company_id != company.database_number:
        raise CompanyRefused(
            f"This workspace is connected to {mine.company_name}, and you chose {company.name}."
            " Click Disconnect on the Overview tab first, then Authorize again and pick the right company."
        )
    taken = Connection.everywhere.filter(company_id=company.database_number).exclude(sealed_tokens="")
    if taken.exclude(workspace_id=attempt.workspace_id).exists():
        raise _taken(company)


def _taken(company: CompanyInformation) -> CompanyRefused:
    return CompanyRefused(
        f"{company.name} is already connected to another workspace. Disconnect it there first, or pick another company."
    )


def _store_grant(attempt: Attempt, tokens: TokenSet, company: CompanyInformation, at: datetime) -> Connection:
    with transaction.atomic(), workspace_in_force(attempt.workspace_id):
        connection = Connection.objects.select_for_update().get()
        connection.company_id, connection.company_name = company.database_number, company.name
        connection.organisation_number = company.organisation_number or ""
        connection.scopes = sorted(tokens.scopes)
        connection.authorized_by, connection.authorized_at = attempt.user, at
        connection.sealed_tokens = seal_tokens(connection.pk, tokens)
        connection.generation += 1
        connection.refresh_started_at, connection.refreshed_at = None, at
        connection.trouble = connection.trouble_text = ""
        connection.save()
        summary = f"Fortnox connected to {company.name}, database {company.database_number}"
        record(actor=attempt.user, action="fortnox.connect", target=connection, summary=summary, at=at)
        for kind in (RunKind.CUSTOMERS, RunKind.ARTICLES):
            jobs.enqueue_import(connection, kind)
        jobs.enqueue_held_pushes(connection)
    return connection


def disconnect(*, workspace: Workspace, actor: User, at: datetime) -> bool:
    """Forget the tokens and the company, then revoke the token at Fortnox; return whether that worked.

    Clients, invoices, links and settings stay; queued pushes are held.
    """
    with transaction.atomic(), workspace_in_force(workspace.pk):
        connection = Connection.objects.select_for_update().get()
        if not connection.is_connected:
            return True
        tokens = _openable(connection)
        summary = f"Fortnox disconnected from {connection.company_name}"
        connection.sealed_tokens = connection.company_id = connection.company_name = ""
        connection.organisation_number = connection.trouble = connection.trouble_text = ""
        connection.scopes, connection.refresh_started_at = [], None
        connection.generation += 1
        connection.save()
        record(actor=actor, action="fortnox.disconnect", target=connection, summary=summary, at=at)
    return tokens is not None and revoke(tokens)


def _openable(connection: Connection) -> TokenSet | None:
    """Return the tokens; None when their key is gone: then they cannot be revoked, only forgotten."""
    try:
        return open_tokens(connection)
    except CannotOpen:
        return None


def revoke(tokens: TokenSet) -> bool:
    """Revoke a grant at Fortnox. A failure changes nothing here: the tokens are gone from us already."""
    if tokens.refresh_token is None:
        return False
    try:
        return oauth_app().revoke(tokens.refresh_token)
    except FortnoxError:
        return False


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
