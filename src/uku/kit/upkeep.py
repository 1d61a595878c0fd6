"""The jobs that look after the installation itself: the queue kept small, the operator told."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.contrib.sessions.backends.db import SessionStore

from uku.kit import clock
from uku.kit.alarms import mail_new_alarms
from uku.kit.heartbeats import delete_old_heartbeats
from uku.kit.jobs import delete_succeeded_jobs, each, job
from uku.kit.shared_cache import SharedCache

log = structlog.get_logger()
JOBS_STAY = timedelta(days=30)


@each("17 3 * * *")
@job(name="kit.delete_old_jobs")
def delete_old_jobs(timestamp: int) -> None:  # noqa: ARG001  # when it was due; jobs go by the real clock
    """Delete jobs 30 days after they succeeded; failed ones stay for a person to look at."""
    log.info("old jobs deleted", count=delete_succeeded_jobs(age=JOBS_STAY))


@each("* * * * *")
@job(name="kit.mail_alarms")
def mail_alarms(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what is new stands in the table
    """Tell the operator about faults of the installation."""
    mail_new_alarms(at=clock.now())


@each("37 3 * * *")
@job(name="kit.delete_ended")
def delete_ended(timestamp: int) -> None:  # noqa: ARG001  # when it was due; all go by the real clock
    """Throw away counters of tries, sign-ins and workers that have ended; nobody sees them any more."""
    SharedCache("", {}).delete_ended()
    SessionStore.clear_expired()
    delete_old_heartbeats()
