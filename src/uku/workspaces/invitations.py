"""Invitations: a place in the workspace offered by e-mail, taken once, within seven days.

The secret in the link is made by the job that sends the e-mail and stands nowhere else: here is its hash only,
and no job carries it. An answer to the person who invites never tells whether the address has an account (S24).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, override

from uku.kit.jobs import SOON, enqueue
from uku.kit.scoping import current_workspace_id, workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.mail import Email, link, send
from uku.workspaces.members import OwnerRoleIsFixed
from uku.workspaces.models import Invitation, Membership, Role, User, Workspace
from uku.workspaces.permissions import Permission, needs

LIFE = timedelta(days=7)
LONGEST_ADDRESS = 254


class NotAnAddress(ValueError):
    """The text is not exactly one e-mail address."""


class AlreadyMember(Exception):
    """The person stands in the member list. `membership` is theirs; it may be a deactivated one."""

    def __init__(self, membership: Membership) -> None:
        self.membership = membership
        super().__init__(membership.pk)


class InvitationGone(Exception):
    """Used, withdrawn, expired or never made: the person with the link is not told which."""


class AccountExists(Exception):
    """The invited address has an account: its person signs in to accept."""


def clean_address(text: str) -> str:
    """Return the one address that a text holds, in small letters. Raises NotAnAddress (B16)."""
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise NotAnAddress(text[:LONGEST_ADDRESS]) from None
    if len(address) > LONGEST_ADDRESS or address.startswith("-") or not address.isprintable():
        raise NotAnAddress(text[:LONGEST_ADDRESS])
    return address


@transaction.atomic
@needs(Permission.MANAGE_MEMBERS)
def invite(*, email: str, role: str, actor: User, at: datetime) -> Invitation:
    """Offer an address a place in the workspace in force; an open offer to it is replaced. The e-mail is a job.

    Raises NotAllowed, NotAnAddress, AlreadyMember, and OwnerRoleIsFixed for the owner's role.
    """
    address, wanted = clean_address(email), Role(role)
    if wanted == Role.OWNER:
        raise OwnerRoleIsFixed
    _one_at_a_time()
    member = Membership.objects.select_related("user").filter(user__email=address).first()
    if isinstance(member, Membership):
        raise AlreadyMember(member)
    _open().filter(email=address).update(withdrawn_at=at)
    invitation = Invitation.objects.create(
        email=address,
        role=wanted,
        token_hash=_hash(secrets.token_urlsafe(32)),
        invited_by=actor,
        created_at=at,
        expires_at=at + LIFE,
    )
    _send_later(invitation)
    _record(
        invitation,
        actor,
        "member.invite",
        translate_for_workspace(
            gettext_lazy("%(address)s was invited as %(role)s"), address=address, role=wanted.label
        ),
        at,
    )
    return invitation


@transaction.atomic
@needs(Permission.MANAGE_MEMBERS)
def resend(*, invitation: Invitation, actor: User, at: datetime) -> Invitation:
    """Send the e-mail again with a new link for seven days; the old link is dead. Raises NotAllowed, InvitationGone."""
    row = _locked(invitation)
    row.token_hash, row.expires_at = _hash(secrets.token_urlsafe(32)), at + LIFE
    row.mailed_at, row.mail_outcome = None, ""
    row.save(update_fields=["token_hash", "expires_at", "mailed_at", "mail_outcome"])
    _send_later(row)
    _record(
        row,
        actor,
        "member.invite_again",
        translate_for_workspace(gettext_lazy("%(address)s was invited again"), address=row.email),
        at,
    )
    return row


@transaction.atomic
@needs(Permission.MANAGE_MEMBERS)
def withdraw(*, invitation: Invitation, actor: User, at: datetime) -> None:
    """Take an invitation back; its link is dead. Raises NotAllowed, InvitationGone."""
    row = _locked(invitation)
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    _record(
        row,
        actor,
        "member.uninvite",
        translate_for_workspace(gettext_lazy("The invitation of %(address)s was withdrawn"), address=row.email),
        at,
    )


def deliver(*, invitation_id: int, at: datetime) -> None:
    """Make the secret, store its hash, send the e-mail, store how that ended.

    A job that is repeated after a crash sends another link, and the newest one works. The outcome belongs to its own
    link: where somebody asked for a new one during the conversation, that one still waits for its e-mail.
    """
    row = Invitation.everywhere.select_related("workspace", "invited_by").filter(pk=invitation_id).first()
    if row is None or row.accepted_at or row.withdrawn_at or row.mail_outcome:
        return
    secret = secrets.token_urlsafe(32)
    Invitation.everywhere.filter(pk=row.pk).update(token_hash=_hash(secret))
    outcome = send(_email(row, secret))
    Invitation.everywhere.filter(pk=row.pk, token_hash=_hash(secret)).update(mail_outcome=outcome, mailed_at=at)


def find(*, secret: str, at: datetime) -> Invitation:
    """Return the open invitation that a link belongs to, with its workspace. Raises InvitationGone."""
    found = (
        Invitation.everywhere.select_related("workspace", "invited_by")
        .filter(token_hash=_hash(secret), accepted_at=None, withdrawn_at=None, expires_at__gt=at)
        .first()
    )
    if found is None:
        raise InvitationGone
    return found


def has_account(invitation: Invitation) -> bool:
    """Say whether the invited address signs in here already; only the person with the link learns it."""
    return User.objects.filter(email=invitation.email).exists()


@transaction.atomic
def accept(*, secret: str, user: User, at: datetime) -> Membership:
    """Take the offered place for a signed-in person with the invited address. Raises InvitationGone."""
    invitation = _claim(secret, at)
    if user.email != invitation.email or not user.is_active:
        raise InvitationGone
    return _join(invitation, user, at)


@transaction.atomic
def accept_as_new(*, secret: str, name: str, password: str, at: datetime) -> Membership:
    """Make an account for the invited address and take the place. Raises InvitationGone, AccountExists.

    The password has passed the rules for passwords.
    """
    invitation = _claim(secret, at)
    if has_account(invitation):
        raise AccountExists
    try:
        with transaction.atomic():
            user = get_user_model().objects.create_user(email=invitation.email, password=password, name=name)
    except IntegrityError:  # another invitation of the same address was a moment quicker
        raise AccountExists from None
    return _join(invitation, user, at)


def _claim(secret: str, at: datetime) -> Invitation:
    """Hold the invitation and its workspace's people until the transaction ends: a link works once."""
    with workspace_in_force(find(secret=secret, at=at).workspace_id):
        _one_at_a_time()
    return find(secret=secret, at=at)


def _join(invitation: Invitation, user: User, at: datetime) -> Membership:
    with workspace_in_force(invitation.workspace_id):
        membership, made = Membership.objects.get_or_create(user=user, defaults={"role": invitation.role})
        if not membership.is_active:
            raise InvitationGone  # deactivated meanwhile: an old link does not undo that
        invitation.accepted_at = at
        invitation.save(update_fields=["accepted_at"])
        record(
            actor=user,
            action="member.join",
            target=membership,
            summary=translate_for_workspace(gettext_lazy("%(address)s accepted the invitation"), address=user.email),
            at=at,
            after={"role": str(membership.role), "active": True, "new": made},
        )
    return membership


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None)


def _locked(invitation: Invitation) -> Invitation:
    _one_at_a_time()
    row = _open().filter(pk=invitation.pk).first()
    if row is None:
        raise InvitationGone
    return row


def _one_at_a_time() -> None:
    """Changes to who is invited wait for each other in one workspace, so that none of them is decided twice."""
    Workspace.objects.select_for_update(no_key=True).get(pk=current_workspace_id())


def _send_later(invitation: Invitation) -> None:
    enqueue(
        "workspaces.mail_invitation", lock=f"invitation {invitation.pk}", priority=SOON, invitation_id=invitation.pk
    )


def _record(invitation: Invitation, actor: User, action: str, summary: str, at: datetime) -> None:
    after = {"email": invitation.email, "role": str(invitation.role)}
    record(actor=actor, action=action, target=invitation, summary=summary, at=at, after=after)


def _email(invitation: Invitation, secret: str) -> Email:
    """The link is made of the configured address, never of a request's Host (B22)."""
    workspace = invitation.workspace
    with override(workspace.language):
        words = {"who": invitation.invited_by, "workspace": workspace.name}
        subject = gettext("%(who)s invites you to %(workspace)s") % words
        facts = {**words, "role": Role(invitation.role).label, "days": LIFE.days}
        facts["link"] = link(reverse("invitation-open", kwargs={"secret": secret}))
        return Email([invitation.email], subject, "invitation", facts)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
