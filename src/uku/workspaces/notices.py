"""What people are told: the bell, and one e-mail a cause. A notice is open until its cure clears it (decision 11)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from uku.kit.jobs import SOON, enqueue
from uku.kit.scoping import current_workspace_id
from uku.workspaces.models import Membership, Notice, NoticeReading, User
from uku.workspaces.permissions import Permission, may

ONE_OPEN = "uku_notice_one_open"
LONGEST_TITLE, LONGEST_TEXT = 200, 1000


@dataclass(frozen=True, slots=True)
class News:
    """What happened, for one person (`user`) or for everybody whose role has the permission.

    `key` names the cause; `url` is a path in this installation.
    """

    key: str
    title: str
    text: str = ""
    url: str = ""
    tone: str = "neutral"
    permission: Permission = Permission.SEE
    user: User | None = None
    by_mail: bool = False


def tell(news: News, *, at: datetime) -> bool:
    """Open a notice in the workspace in force; False when its cause is told already and not cleared.

    The e-mail, if there is to be one, is a job in the caller's transaction. Of two workers that tell the same
    cause at once, one opens it; the other finds so, with its own transaction unharmed.
    """
    if Notice.objects.filter(key=news.key, cleared_at=None).exists():
        return False
    facts = {field.name: getattr(news, field.name) for field in fields(news)}
    facts |= {"permission": news.permission.name, "title": news.title[:LONGEST_TITLE], "text": news.text[:LONGEST_TEXT]}
    try:
        with transaction.atomic():  # a savepoint, so that losing the race does not poison the caller's transaction
            notice = Notice.objects.create(**facts, opened_at=at)
            if news.by_mail:
                lock = f"mail:{current_workspace_id()}"
                enqueue("workspaces.mail_notice", lock=lock, priority=SOON, notice_id=notice.pk)
    except IntegrityError as error:
        if ONE_OPEN not in str(error):
            raise
        return False
    return True


def clear(*, key: str, at: datetime) -> bool:
    """Clear the open notice of a cause in the workspace in force; say whether there was one."""
    return bool(Notice.objects.filter(key=key, cleared_at=None).update(cleared_at=at))


def shown_to(membership: Membership) -> QuerySet[Notice]:
    """Return the notices of the workspace in force that are for this member, each with `is_read`."""
    allowed = [permission.name for permission in Permission if may(membership, permission)]
    mine = Q(user_id=membership.user_id) | Q(user=None, permission__in=allowed)
    readings = NoticeReading.objects.filter(notice=OuterRef("pk"), user_id=membership.user_id)
    return Notice.objects.filter(mine).annotate(is_read=Exists(readings))


def unread(membership: Membership) -> QuerySet[Notice]:
    """Return what the bell counts: open, for this member, and not read yet."""
    mine = shown_to(membership).filter(cleared_at=None)
    return mine.exclude(pk__in=NoticeReading.objects.filter(user_id=membership.user_id).values("notice_id"))


def mark_read(notices: QuerySet[Notice], *, membership: Membership, at: datetime) -> int:
    """Note that the member has seen these; twice does no harm. Return how many there were."""
    fresh = list(notices.values_list("pk", flat=True))
    NoticeReading.objects.bulk_create(
        [
            NoticeReading(workspace_id=membership.workspace_id, notice_id=pk, user_id=membership.user_id, at=at)
            for pk in fresh
        ],
        ignore_conflicts=True,
    )
    return len(fresh)
