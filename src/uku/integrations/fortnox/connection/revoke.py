"""Ending a grant at Fortnox: the intent is stored with what it belongs to, then the call is made once.

The token is deleted here whatever the answer (S33). A process that dies before the answer leaves the
intent, and the sweep finishes it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from fortnox_api import FortnoxError, GrantRevoked, TokenSet
from uku.integrations.fortnox.client.open import oauth_app
from uku.integrations.fortnox.connection.errors import means_of, remedy_of, title_of
from uku.integrations.fortnox.models import Connection, ReadKind, Revocation, RevocationOutcome
from uku.integrations.fortnox.tokens.encryption import open_refresh_token, seal_refresh_token
from uku.integrations.fortnox.tokens.installation import ours, this_instance
from uku.integrations.fortnox.tokens.store import refuse_inside_transaction
from uku.integrations.fortnox.work import requests
from uku.kit.scoping import workspace_in_force
from uku.kit.secrets import CannotOpen
from uku.workspaces.audit import record
from uku.workspaces.language import workspace_language
from uku.workspaces.models import Workspace
from uku.workspaces.notices import News, tell
from uku.workspaces.permissions import Permission

log = structlog.get_logger()
ABANDONED_AFTER = timedelta(minutes=2)  # longer than the calls of a request take


def store_revocation(
    opened: Callable[[], TokenSet], *, company_id: str, company_name: str, service_account: bool, at: datetime
) -> Revocation | None:
    """Store the intent to revoke, in the caller's transaction and in the workspace in force.

    None when there is nothing to revoke with: no refresh token, or no key opens it, and it can only be forgotten.
    """
    try:
        refresh_token = opened().refresh_token
    except CannotOpen:
        refresh_token = None
    if refresh_token is None:
        return None
    row = Revocation.objects.create(
        company_id=company_id,
        company_name=company_name,
        service_account=service_account,
        instance=this_instance(),
        created_at=at,
    )
    row.sealed_token = seal_refresh_token(row, refresh_token)
    row.save(update_fields=["sealed_token"])
    return row


def carry_out_revocation(revocation: Revocation, *, at: datetime) -> RevocationOutcome:
    """Revoke the token at Fortnox and delete it here; see whether access outlived it. Never raises FortnoxError.

    Revoking twice is harmless: Fortnox confirms unknown tokens too. Whoever is connected to the company is looked at
    again: what one consent loses, another one may lose too.
    """
    refuse_inside_transaction()
    outcome = RevocationOutcome.NOT_KNOWN
    try:
        outcome = _revoke_and_verify(revocation)
    except CannotOpen:
        log.warning("not revoked", error="no key opens the token")
    except FortnoxError as error:
        log.warning("not revoked", error=type(error).__name__, uid=error.request_id)
    with transaction.atomic(), workspace_in_force(revocation.workspace_id):
        gone, _rows = Revocation.objects.filter(pk=revocation.pk).delete()
        if gone:
            with workspace_language():
                summary = title_of(outcome, revocation.company_name)
            after = {"outcome": outcome.value}
            record(actor=None, action="fortnox.revoke", target=revocation, summary=summary, at=at, after=after)
    for connection in Connection.everywhere.filter(company_id=revocation.company_id).exclude(sealed_tokens=""):
        with workspace_in_force(connection.workspace_id):
            requests.request_read(connection, ReadKind.GRANT)
    return outcome


def _revoke_and_verify(revocation: Revocation) -> RevocationOutcome:
    """Revoke the token and ask once for new ones: only Fortnox' refusal of the grant itself proves that it ended.

    A missing licence, or an app that may not mint at all (`unauthorized_client`), says nothing about the
    consent. Raises FortnoxError for every other response, and CannotOpen.
    """
    app, token = oauth_app(), open_refresh_token(revocation)
    if not app.revoke(token) or (revocation.service_account and not revocation.company_id):
        return RevocationOutcome.NOT_KNOWN
    try:
        if revocation.service_account:
            app.client_credentials(revocation.company_id)  # what it gives is thrown away
        elif again := app.refresh(token).refresh_token:
            with suppress(FortnoxError):  # how that ends changes nothing in what is told
                app.revoke(again)
    except GrantRevoked as error:
        return RevocationOutcome.CONFIRMED if error.code == "invalid_grant" else RevocationOutcome.NOT_KNOWN
    return RevocationOutcome.STILL_ALIVE


def abandoned_revocations(at: datetime) -> QuerySet[Revocation]:
    """Revocations of all workspaces whose process died before they ended. Another installation ends its own."""
    return Revocation.everywhere.filter(ours(), created_at__lt=at - ABANDONED_AFTER)


def finish_revocation(*, revocation_id: int, at: datetime) -> None:
    """Carry out a revocation that was left behind, and tell owners and admins unless it is known to have ended."""
    row = Revocation.everywhere.filter(pk=revocation_id).first()
    if row is None:
        return
    outcome = carry_out_revocation(row, at=at)
    if outcome != RevocationOutcome.CONFIRMED:
        notify_outcome(outcome, key=str(row.pk), name=row.company_name, workspace=row.workspace, at=at)


def notify_outcome(outcome: RevocationOutcome, *, key: str, name: str, workspace: Workspace, at: datetime) -> None:
    """Tell owners and admins how a grant ended that nobody on a page is told about."""
    news = News(
        key=f"fortnox revocation {key}",
        title=title_of(outcome, name),
        text=f"{means_of(outcome)} {remedy_of(outcome)}".strip(),
        url=reverse("fortnox:overview", kwargs={"slug": workspace.slug}),
        tone="neutral" if outcome == RevocationOutcome.CONFIRMED else "warning",
        permission=Permission.MANAGE_INTEGRATIONS,
    )
    with workspace_in_force(workspace.pk):
        tell(news, at=at)
