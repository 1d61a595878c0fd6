"""The jobs that look after the installation itself: the queue kept small, the operator told."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from procrastinate.contrib.django import app

from uku.kit import clock
from uku.kit.alarms import mail_new_alarms
from uku.kit.heartbeats import delete_old_heartbeats
from uku.kit.jobs import each, job
from uku.kit.shared_cache import SharedCache


@app.periodic(cron="17 3 * * *")
@app.task(name="kit.delete_old_jobs", queueing_lock="kit.delete_old_jobs", pass_context=False)
async def delete_old_jobs(timestamp: int) -> None:  # noqa: ARG001  # when it was due
    """Delete finished jobs after 30 days; failed ones stay for a person to look at."""
    await app.job_manager.delete_old_jobs(nb_hours=30 * 24)


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
