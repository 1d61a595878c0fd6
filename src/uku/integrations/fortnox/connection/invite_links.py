"""The link for a Fortnox administrator without an account here: it shows the connect page and nothing else.

It carries its issuer's authority, which is checked again at every step. The secret in its address is kept as a hash.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.connection.authorize import (
    NotEnabled,
    begin_authorization,
    connection_of,
    hash_secret,
    may_connect,
)
from uku.integrations.fortnox.models import ConsentLink
from uku.kit.scoping import workspace_in_force
from uku.kit.times import show_time
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

LINK_LIFE = timedelta(days=7)


class LinkNotValid(Exception):
    """The link is unknown, used, withdrawn or too old, or its issuer can connect no more. Nobody learns which."""


@needs(Permission.MANAGE_INTEGRATIONS)
def make_link(*, workspace: Workspace, actor: User, at: datetime) -> str:
    """Make a link and return its address, which cannot be shown again. Raises NotEnabled."""
    if not (connection_of(workspace).enabled and workspace.may_integrate):
        raise NotEnabled
    token = secrets.token_urlsafe(32)
    with transaction.atomic(), workspace_in_force(workspace.pk):
        link = ConsentLink.objects.create(
            issuer=actor, token_hash=hash_secret(token), created_at=at, expires_at=at + LINK_LIFE
        )
        summary = translate_for_workspace(gettext_lazy("Created a link for a Fortnox administrator"))
        after = {"expires_at": show_time(link.expires_at, workspace.time_zone)}
        record(actor=actor, action="fortnox.consent_link", target=link, summary=summary, at=at, after=after)
    return str(settings.UKU.public_url + reverse("fortnox-consent-link", kwargs={"token": token}))


@needs(Permission.MANAGE_INTEGRATIONS)
def withdraw_link(*, workspace: Workspace, link_id: int, actor: User, at: datetime) -> bool:
    """Make a link useless; False when it was used or withdrawn already."""
    with transaction.atomic(), workspace_in_force(workspace.pk):
        link = ConsentLink.objects.select_for_update().filter(pk=link_id, used_at=None, withdrawn_at=None).first()
        if link is None:
            return False
        link.withdrawn_at = at
        link.save(update_fields=["withdrawn_at"])
        summary = translate_for_workspace(gettext_lazy("Withdrew a link for a Fortnox administrator"))
        record(actor=actor, action="fortnox.withdraw_consent_link", target=link, summary=summary, at=at)
    return True


def active_links(workspace: Workspace, at: datetime) -> QuerySet[ConsentLink]:
    """Return the links that still lead somewhere, newest first."""
    rows = ConsentLink.everywhere.filter(workspace=workspace, used_at=None, withdrawn_at=None, expires_at__gt=at)
    return rows.select_related("issuer").order_by("-id")


def find_link(*, token: str, at: datetime) -> ConsentLink:
    """Return the link behind an address. Raises LinkNotValid."""
    rows = ConsentLink.everywhere.select_related("workspace", "issuer")
    link: ConsentLink | None = rows.filter(token_hash=hash_secret(token)).first()
    if link is None or link.used_at or link.withdrawn_at or link.expires_at <= at:
        raise LinkNotValid
    if not (may_connect(link.workspace, link.issuer) and connection_of(link.workspace).enabled):
        raise LinkNotValid
    return link


def begin_authorization_through(*, link: ConsentLink, session_key: str, at: datetime) -> str:
    """Return the address of the consent page for a visitor; the state is bound to the link and this browser."""
    return begin_authorization(workspace=link.workspace, actor=link.issuer, session_key=session_key, at=at, link=link)
