"""Invitations: offered by e-mail, taken once, within seven days, and told to nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from tests.uku.conftest import AT, PASSWORD

from uku.kit.scoping import workspace_in_force
from uku.workspaces import invitations
from uku.workspaces.models import AuditEntry, Invitation, Membership, User

NEW = "new@byran.example"


@pytest.fixture
def invite(scope, owner):
    """Invite and send the e-mail; return the invitation and the secret in its link."""

    def go(email=NEW, role="member", at=AT):
        mail.outbox.clear()
        invitation = invitations.invite(email=email, role=role, actor=owner, at=at)
        invitations.deliver(invitation_id=invitation.pk, at=at)
        invitation.refresh_from_db()
        return invitation, secret_of(mail.outbox[0])

    return go


def secret_of(message):
    (path,) = re.findall(r"http://localhost:8720/invitation/([^/\s]+)/", message.body)
    return path


def test_an_invitation_is_mailed_with_a_link_of_the_public_address(invite, owner):
    """B22: no request, so no Host, is anywhere near the link."""
    invitation, secret = invite(role="admin")
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([NEW], "Olga Owner invites you to Byran")
    assert "Olga Owner invites you to Byran in Uku, as Company Admin." in message.body
    assert invitations.find(secret=secret, at=AT) == invitation
    assert (invitation.mail_outcome, invitation.mailed_at) == ("sent", AT)


def test_the_secret_stands_nowhere_but_in_the_mail(invite, db):
    _invitation, secret = invite()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(args::text, ' ') FROM procrastinate_jobs")
        assert secret not in str(cursor.fetchone()[0])
        for table in ("uku_invitation", "uku_auditentry"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert secret not in str(cursor.fetchone()[0])


def test_the_mail_is_a_job_of_the_same_transaction(invite, scope):
    invitation, _secret = invite()
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs WHERE task_name = 'workspaces.mail_invitation'")
        ((_name, args),) = cursor.fetchall()
    assert str(invitation.pk) in str(args)


def test_a_repeated_job_sends_nothing_twice(invite):
    invitation, _secret = invite()
    invitations.deliver(invitation_id=invitation.pk, at=AT)
    assert len(mail.outbox) == 1


def test_a_new_person_joins_once(invite, scope):
    _invitation, secret = invite(role="admin")
    membership = invitations.accept_as_new(secret=secret, name="Nils Ny", password=PASSWORD, at=AT)
    user = User.objects.get(email=NEW)
    assert (membership.user, membership.role, user.name, user.check_password(PASSWORD)) == (
        user,
        "admin",
        "Nils Ny",
        True,
    )
    entry = AuditEntry.objects.latest("position")
    assert (entry.actor, entry.action, entry.summary) == (user, "member.join", f"{NEW} accepted the invitation")
    for again in (
        lambda: invitations.accept_as_new(secret=secret, name="x", password=PASSWORD, at=AT),
        lambda: invitations.accept(secret=secret, user=user, at=AT),
    ):
        with pytest.raises(invitations.InvitationGone):
            again()


def test_a_person_with_an_account_joins_signed_in(invite, scope, stranger):
    _invitation, secret = invite(email="Owner@Annan.Example")
    with pytest.raises(invitations.AccountExists):
        invitations.accept_as_new(secret=secret, name="x", password=PASSWORD, at=AT)
    assert invitations.accept(secret=secret, user=stranger, at=AT).role == "member"


def test_a_link_is_for_its_address_only(invite, stranger):
    _invitation, secret = invite()
    with pytest.raises(invitations.InvitationGone):
        invitations.accept(secret=secret, user=stranger, at=AT)
    assert Membership.everywhere.filter(user=stranger).count() == 0


def test_a_link_dies_after_seven_days(invite):
    _invitation, secret = invite()
    assert invitations.find(secret=secret, at=AT + timedelta(days=7) - timedelta(seconds=1))
    with pytest.raises(invitations.InvitationGone):
        invitations.find(secret=secret, at=AT + timedelta(days=7))


def test_a_withdrawn_invitation_has_a_dead_link(invite, owner):
    invitation, secret = invite()
    invitations.withdraw(invitation=invitation, actor=owner, at=AT)
    with pytest.raises(invitations.InvitationGone):
        invitations.find(secret=secret, at=AT)
    for act in (invitations.withdraw, invitations.resend):
        with pytest.raises(invitations.InvitationGone):
            act(invitation=invitation, actor=owner, at=AT)


def test_sending_again_makes_a_new_link_and_seven_new_days(invite, owner):
    invitation, old = invite()
    later = AT + timedelta(days=8)
    invitations.resend(invitation=invitation, actor=owner, at=later)
    invitations.deliver(invitation_id=invitation.pk, at=later)
    new = secret_of(mail.outbox[1])
    assert invitations.find(secret=new, at=later) == invitation
    with pytest.raises(invitations.InvitationGone):
        invitations.find(secret=old, at=AT)


def test_inviting_again_replaces_the_first_invitation(invite, scope):
    _first, old = invite()
    second, new = invite(role="admin")
    assert list(Invitation.objects.filter(withdrawn_at=None)) == [second]
    assert invitations.find(secret=new, at=AT).role == "admin"
    with pytest.raises(invitations.InvitationGone):
        invitations.find(secret=old, at=AT)


def test_who_is_on_the_list_is_not_invited(invite, scope, member):
    with pytest.raises(invitations.AlreadyMember):
        invite(email="Member@Byran.Example")


def test_an_old_link_does_not_undo_a_deactivation(invite, scope, stranger):
    _invitation, secret = invite(email=stranger.email)
    Membership.objects.create(user=stranger, role="member", is_active=False)
    with pytest.raises(invitations.InvitationGone):
        invitations.accept(secret=secret, user=stranger, at=AT)
    assert Membership.objects.get(user=stranger).is_active is False


def test_the_owners_role_is_not_offered(invite):
    with pytest.raises(invitations.OwnerRoleIsFixed):
        invite(role="owner")


@pytest.mark.parametrize(
    "text",
    [
        "a@byran.example\r\nBcc: b@annan.example",
        "a@byran.example\nBcc:b@annan.example",
        "a@byran.example, b@annan.example",
        "a@byran.example b@annan.example",
        "-oQ/tmp@byran.example",
        f"{'a' * 241}@byran.example",  # 255 characters
        "Anna <a@byran.example>",
        "a@b@byran.example",
        "",
    ],
)
def test_what_is_not_exactly_one_address_is_refused(invite, scope, text):
    """B16"""
    with pytest.raises(invitations.NotAnAddress):
        invitations.invite(email=text, role="member", actor=Membership.objects.get(role="owner").user, at=AT)
    assert (Invitation.objects.count(), mail.outbox) == (0, [])


def test_an_international_domain_is_encoded_and_has_one_recipient(invite):
    """B16"""
    invite(email="anna@räksmörgås.example")
    assert mail.outbox[0].recipients() == ["anna@räksmörgås.example"]
    assert "To: anna@xn--rksmrgs-5wao1o.example" in mail.outbox[0].message().as_string()


def test_a_name_with_a_line_break_starts_no_header(scope, owner, invite):
    """B16"""
    scope.name = "Byran\r\nBcc: b@annan.example"
    scope.save()
    invite()
    message = mail.outbox[0].message()
    assert message["Bcc"] is None
    assert message["Subject"] == "Olga Owner invites you to Byran Bcc: b@annan.example"


def test_two_workspaces_can_invite_the_same_person(invite, scope, other_workspace, stranger):
    invite()
    with workspace_in_force(other_workspace.pk):
        invitations.invite(email=NEW, role="member", actor=stranger, at=AT)
    assert Invitation.everywhere.filter(email=NEW, withdrawn_at=None).count() == 2


def test_a_mail_server_that_refuses_is_told_on_the_invitation(scope, owner, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    invitation = invitations.invite(email=NEW, role="member", actor=owner, at=AT)
    invitations.deliver(invitation_id=invitation.pk, at=AT)
    invitation.refresh_from_db()
    assert invitation.mail_outcome == "refused"


class AskedAgain(EmailBackend):
    """A mail server so slow that somebody asks for a new link during its conversation."""

    def send_messages(self, messages):
        done = super().send_messages(messages)
        invitation = Invitation.objects.get()
        if AuditEntry.objects.filter(action="member.invite_again").count() == 0:
            invitations.resend(invitation=invitation, actor=invitation.invited_by, at=AT)
        return done


def test_a_link_asked_for_while_the_last_one_is_sent_is_sent_too(invite, settings):
    """Else the person would hold a dead link, and the list would say that the new one was sent."""
    settings.EMAIL_BACKEND = f"{__name__}.AskedAgain"
    invitation, first = invite()
    assert invitation.mail_outcome == ""
    with pytest.raises(invitations.InvitationGone):
        invitations.find(secret=first, at=AT)
    invitations.deliver(invitation_id=invitation.pk, at=AT)
    invitation.refresh_from_db()
    assert invitation.mail_outcome == "sent"
    assert invitations.find(secret=secret_of(mail.outbox[1]), at=AT) == invitation
