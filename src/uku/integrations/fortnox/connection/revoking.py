"""Ending a grant at Fortnox: the intent is stored with what it belongs to, then the call is made once.

The token is deleted here whatever the answer (reliability S33). A process that dies before the answer leaves the
intent, and the sweep finishes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from fortnox_api import AppCredentialsWrong, FortnoxError, TokenSet
from uku.integrations.fortnox.connection.gateway import oauth_app
from uku.integrations.fortnox.connection.instances import ours, this_instance
from uku.integrations.fortnox.connection.sealed import open_refresh_token, seal_refresh_token
from uku.integrations.fortnox.connection.tokens import refuse_inside_transaction
from uku.integrations.fortnox.models import Connection, Revocation
from uku.kit.scoping import workspace_in_force
from uku.kit.secrets import CannotOpen
from uku.workspaces.audit import record
from uku.workspaces.notices import News, tell
from uku.workspaces.permissions import Permission

log = structlog.get_logger()
LEFT_BEHIND = timedelta(minutes=2)  # longer than the calls of a request take


class Farewell(Enum):
    """How a grant ended at Fortnox."""

    ENDED = "ended"
    """The token is revoked, and nothing more can be minted."""
    STILL_OPEN = "still open"
    """The token is revoked, but the company's consent still gives access tokens."""
    UNCONFIRMED = "unconfirmed"
    """Fortnox did not confirm: the grant may live on there."""
    LEFT_ALONE = "left alone"
    """Another installation holds the grant: nothing may be sent for it from here (F44)."""


def set_aside(
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


def carry_out(revocation: Revocation, *, at: datetime) -> Farewell:
    """Revoke the token at Fortnox and forget it here; see whether the consent still mints. Never raises FortnoxError.

    Revoking twice is harmless: Fortnox confirms unknown tokens too.
    """
    refuse_inside_transaction()
    farewell = _ask(revocation)
    with transaction.atomic(), workspace_in_force(revocation.workspace_id):
        gone, _rows = Revocation.objects.filter(pk=revocation.pk).delete()
        if gone:
            name = revocation.company_name or "an unknown company"
            summary = f"Fortnox's permission for {name}: {farewell.value}"
            record(actor=None, action="fortnox.revoke", target=revocation, summary=summary, at=at)
    return farewell


def _ask(revocation: Revocation) -> Farewell:
    try:
        if not oauth_app().revoke(open_refresh_token(revocation)):
            return Farewell.UNCONFIRMED
        return Farewell.STILL_OPEN if _still_mints(revocation) else Farewell.ENDED
    except CannotOpen:
        return Farewell.UNCONFIRMED
    except FortnoxError as error:
        log.warning("not revoked", error=type(error).__name__, uid=error.request_id)
        return Farewell.UNCONFIRMED


def _still_mints(revocation: Revocation) -> bool:
    """Try once whether the company's consent outlived its token (spec section 6). What it gives is thrown away.

    Nothing is tried for a company that is connected here: its consent is in use. Raises FortnoxError when the answer
    says neither.
    """
    in_use = Connection.everywhere.filter(company_id=revocation.company_id).exclude(sealed_tokens="").exists()
    if in_use or not (revocation.service_account and revocation.company_id):
        return False
    try:
        oauth_app().client_credentials(revocation.company_id)
    except AppCredentialsWrong:
        raise
    except FortnoxError as error:
        if error.transient:
            raise
        return False
    return True


def left_behind(at: datetime) -> QuerySet[Revocation]:
    """Revocations of all workspaces whose process died before they ended. Another installation ends its own."""
    return Revocation.everywhere.filter(ours(), created_at__lt=at - LEFT_BEHIND)


def finish(*, revocation_id: int, at: datetime) -> None:
    """Carry out a revocation that was left behind, and tell owners and admins when Fortnox may still give access."""
    row = Revocation.everywhere.select_related("workspace").filter(pk=revocation_id).first()
    if row is None:
        return
    if carry_out(row, at=at) is not Farewell.ENDED:
        with workspace_in_force(row.workspace_id):
            tell(_still_there(row), at=at)


def _still_there(row: Revocation) -> News:
    return News(
        key=f"fortnox revocation {row.pk}",
        title=_("Fortnox may still give Uku access to %(name)s") % {"name": row.company_name or "–"},
        text=_(
            "Uku has forgotten its token, but Fortnox did not confirm that the permission ended. Remove the"
            " integration in Fortnox under Administrera användare → Hantera integrationer."
        ),
        url=reverse("fortnox:overview", kwargs={"slug": row.workspace.slug}),
        tone="warning",
        permission=Permission.MANAGE_INTEGRATIONS,
    )


def revoke_quietly(tokens: TokenSet) -> None:
    """Revoke a grant that was never stored. A failure changes nothing here."""
    try:
        if tokens.refresh_token:
            oauth_app().revoke(tokens.refresh_token)
    except FortnoxError as error:
        log.warning("not revoked", error=type(error).__name__, uid=error.request_id)
