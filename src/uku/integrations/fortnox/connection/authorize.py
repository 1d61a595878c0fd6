"""Enable, disable, and the way to Fortnox's consent page. Each is its own step; none of them does another's work."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.client.open import oauth_app
from uku.integrations.fortnox.connection.resume import ResumedWork, resume
from uku.integrations.fortnox.connection.scopes import scopes_for
from uku.integrations.fortnox.health import alerts
from uku.integrations.fortnox.models import AuthorizationAttempt, Connection, ConsentLink
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import Membership, User, Workspace
from uku.workspaces.permissions import Permission, may, needs

STATE_LIFE = timedelta(minutes=10)


class NotEnabled(Exception):
    """The integration is off, or the plan has none: enable it first."""


class StateNotValid(Exception):
    """The way back from Fortnox does not fit a way there: wrong, used, late, or somebody else's."""


def connection_of(workspace: Workspace) -> Connection:
    """Return the workspace's connection; before the first Enable it is off and not stored: reading never writes."""
    found: Connection = Connection.everywhere.filter(workspace_id=workspace.pk).first() or Connection()
    found.workspace = workspace
    return found


def stored_connection_of(workspace: Workspace) -> Connection:
    """Return the workspace's row, made now if there is none, and held until the caller's transaction ends."""
    with workspace_in_force(workspace.pk):
        Connection.objects.get_or_create()
        held: Connection = Connection.objects.select_for_update().get()
    return held


@needs(Permission.MANAGE_INTEGRATIONS)
def enable(*, workspace: Workspace, actor: User | None, at: datetime) -> ResumedWork:
    """Switch the integration on and wake what waited. Raises NotEnabled when the plan has no integrations."""
    if not workspace.may_integrate:
        raise NotEnabled
    return _switch(workspace, actor, at, enabled=True)


@needs(Permission.MANAGE_INTEGRATIONS)
def disable(*, workspace: Workspace, actor: User | None, at: datetime) -> None:
    """Switch the integration off; settings, links and tokens stay."""
    _switch(workspace, actor, at, enabled=False)


def _switch(workspace: Workspace, actor: User | None, at: datetime, *, enabled: bool) -> ResumedWork:
    with transaction.atomic(), workspace_in_force(workspace.pk):
        if connection_of(workspace).enabled == enabled:
            return ResumedWork()
        connection = stored_connection_of(workspace)
        before = connection.enabled
        connection.enabled = enabled
        connection.save(update_fields=["enabled"])
        word = "enable" if enabled else "disable"
        record(
            actor=actor,
            action=f"fortnox.{word}",
            target=connection,
            summary=translate_for_workspace(
                gettext_lazy("Fortnox enabled") if enabled else gettext_lazy("Fortnox disabled")
            ),
            at=at,
            before={"enabled": before},
            after={"enabled": enabled},
        )
        if enabled:
            return resume(connection, at=at)
        alerts.review(connection, at=at)
    return ResumedWork()


@needs(Permission.MANAGE_INTEGRATIONS)
def begin_authorization(
    *,
    workspace: Workspace,
    actor: User,
    session_key: str,
    at: datetime,
    service_account: bool | None = None,
    without: Collection[str] = (),
    link: ConsentLink | None = None,
) -> str:
    """Store a single-use state and return the address of the consent page. Raises NotEnabled.

    `actor` answers for the way there and back; through a `link` that is its issuer. `service_account` is the
    installation's setting unless told otherwise. `without` leaves out scopes beyond the first.
    """
    connection = connection_of(workspace)
    if not (connection.enabled and workspace.may_integrate):
        raise NotEnabled
    state, scopes = secrets.token_urlsafe(32), scopes_for(connection, without=without)
    service = settings.UKU.fortnox_service_account if service_account is None else service_account
    with transaction.atomic(), workspace_in_force(workspace.pk):
        attempt = AuthorizationAttempt.objects.create(
            user=actor,
            link=link,
            state_hash=hash_secret(state),
            session_hash=hash_secret(session_key),
            scopes=scopes,
            service_account=service,
            created_at=at,
        )
        record(
            actor=None if link else actor,
            action="fortnox.authorize",
            target=attempt,
            summary=translate_for_workspace(
                gettext_lazy("A person with a link went to Fortnox to authorize")
                if link
                else gettext_lazy("Went to Fortnox to authorize")
            ),
            at=at,
            after={"scopes": scopes, "service_account": service},
        )
    return oauth_app().authorize_url(state=state, scopes=scopes, service_account=service)


def find_attempt(state: str) -> AuthorizationAttempt | None:
    """Return the attempt that a state belongs to, used or not."""
    attempts = AuthorizationAttempt.everywhere.select_related("workspace", "user", "link")
    found: AuthorizationAttempt | None = attempts.filter(state_hash=hash_secret(state)).first() if state else None
    return found


def claim_state(*, state: str, user_id: int | None, session_key: str, at: datetime) -> AuthorizationAttempt:
    """Use up a state and return its attempt. Raises StateNotValid, without saying which rule failed."""
    with transaction.atomic():
        attempts = AuthorizationAttempt.everywhere.select_for_update(of=("self",)).select_related(
            "workspace", "user", "link"
        )
        attempt: AuthorizationAttempt | None = attempts.filter(state_hash=hash_secret(state)).first()
        if attempt is None:
            raise StateNotValid
        is_valid = (
            attempt.used_at is None
            and at - attempt.created_at <= STATE_LIFE
            and belongs_to_browser(attempt, user_id, session_key)
            and may_connect(attempt.workspace, attempt.user)
            and (attempt.link is None or attempt.link.used_at is attempt.link.withdrawn_at is None)
        )
        if is_valid:
            attempt.used_at = at
            attempt.save(update_fields=["used_at"])
        else:
            with workspace_in_force(attempt.workspace_id):
                summary = translate_for_workspace(
                    gettext_lazy(
                        "A return from Fortnox was refused: used before, too late, or from another person or browser"
                    )
                )
                record(actor=None, action="fortnox.refuse", target=attempt, summary=summary, at=at)
    if not is_valid:
        raise StateNotValid
    return attempt


def belongs_to_browser(attempt: AuthorizationAttempt, user_id: int | None, session_key: str) -> bool:
    """Say whether this browser began the attempt; without a link its user must be signed in still."""
    same_session = secrets.compare_digest(attempt.session_hash, hash_secret(session_key))
    return same_session and (attempt.link_id is not None or attempt.user_id == user_id)


def may_connect(workspace: Workspace, user: User) -> bool:
    """Say whether this person may still connect this workspace, and its plan still has integrations."""
    membership: Membership | None = Membership.everywhere.filter(workspace_id=workspace.pk, user_id=user.pk).first()
    mine = membership is not None and may(membership, Permission.MANAGE_INTEGRATIONS)
    return mine and workspace.may_integrate


def membership_of(attempt: AuthorizationAttempt) -> Membership:
    """Return the place in the workspace of the person who began; `claim_state` has seen that it is there."""
    found: Membership = Membership.everywhere.select_related("workspace", "user").get(
        workspace_id=attempt.workspace_id, user_id=attempt.user_id
    )
    return found


def hash_secret(value: str) -> str:
    """Return what is stored of a secret that only has to be recognised: SHA-256, in hexadecimal."""
    return hashlib.sha256(value.encode()).hexdigest()
