"""Jobs of the workspace: e-mail of notices and invitations."""

from __future__ import annotations

from uku.kit import clock
from uku.kit.jobs import each, job
from uku.workspaces import notice_mail
from uku.workspaces.invitations import deliver


@job(name="workspaces.mail_notice")
def mail_notice(notice_id: int) -> None:
    """Send the one e-mail of a notice."""
    notice_mail.mail_one(notice_id, at=clock.now())


@each("*/5 * * * *")
@job(name="workspaces.mail_due")
def mail_due(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what waits stands in the tables
    """Try again what a mail server refused."""
    notice_mail.mail_waiting(at=clock.now())


@job(name="workspaces.mail_invitation")
def mail_invitation(invitation_id: int) -> None:
    """Send the e-mail of an invitation."""
    deliver(invitation_id=invitation_id, at=clock.now())
