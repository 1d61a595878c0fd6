"""One e-mail a notice, claimed before it is sent, tried again only where nothing was sent (decision 11)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import override

from uku.workspaces.mail import Email, Outcome, link, send
from uku.workspaces.models import Membership, Notice
from uku.workspaces.permissions import Permission, may
from uku.workspaces.redaction import masked_text

MOST_ATTEMPTS = 9
FIRST_WAIT = timedelta(minutes=5)


def is_due(*, opened_at: datetime, attempts: int, now: datetime) -> bool:
    """Say whether an e-mail may be tried now: at once, then after 5, 10, 20 … minutes, nine times in 11 hours."""
    if attempts >= MOST_ATTEMPTS:
        return False
    wait = FIRST_WAIT * 2 ** (attempts - 1) if attempts else timedelta()
    return now >= opened_at + wait


def mail_one(notice_id: int, *, at: datetime) -> Outcome | None:
    """Send the e-mail of one notice; None when it is sent, claimed, cleared or not due."""
    notice = Notice.everywhere.select_related("workspace", "user").filter(pk=notice_id).first()
    if notice is None or not is_due(opened_at=notice.opened_at, attempts=notice.mail_attempts, now=at):
        return None
    waiting = Notice.everywhere.filter(pk=notice_id, by_mail=True, mailed_at=None, cleared_at=None)
    # The claim is committed before anything is sent: a crash from here on sends nothing, and never twice.
    if not waiting.update(mailed_at=at, mail_attempts=F("mail_attempts") + 1):
        return None
    outcome = send(_email(notice))
    if outcome == Outcome.REFUSED:
        Notice.everywhere.filter(pk=notice_id).update(mailed_at=None)
    return outcome


def mail_waiting(*, at: datetime) -> None:
    """Try what waits in every workspace: what a mail server refused, and what a lost job left."""
    waiting = Notice.everywhere.filter(by_mail=True, mailed_at=None, cleared_at=None, mail_attempts__lt=MOST_ATTEMPTS)
    for notice_id in list(waiting.order_by("pk").values_list("pk", flat=True)):
        mail_one(notice_id, at=at)


def _email(notice: Notice) -> Email:
    """One message for all who can act on it: they are colleagues of one firm."""
    with override(notice.workspace.language):
        facts = {
            "title": masked_text(" ".join(notice.title.split())),
            "text": masked_text(notice.text),
            "link": link(notice.url),
            "workspace": notice.workspace.name,
        }
        return Email(_readers(notice), f"{notice.title} ({notice.workspace.name})", "notice", facts)


def _readers(notice: Notice) -> list[str]:
    """The person it is for, else the active members who have the permission."""
    members = (
        Membership.everywhere.filter(workspace_id=notice.workspace_id, is_active=True, user__is_active=True)
        .select_related("user")
        .order_by("pk")
    )
    if notice.user_id is not None:
        return [member.user.email for member in members if member.user_id == notice.user_id]
    return [member.user.email for member in members if may(member, Permission[notice.permission])]
