"""Background jobs: wake-ups that join the caller's transaction. The only importer of Procrastinate.

Jobs carry ids and do whatever is due; what is due, and when, stands in our own tables.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, ParamSpec, TypeVar

import structlog
from django.db import close_old_connections, connection, transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.tasks import Task

P = ParamSpec("P")
R = TypeVar("R")
JobTask = Task[..., Any, Any]

_stopping = threading.Event()
_SOMEBODY_WAITS = """
    SELECT 1 FROM procrastinate_jobs AS job
    WHERE job.status = 'todo' AND job.priority >= %(priority)s AND job.lock <> %(lock)s
      AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
      AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS other WHERE other.lock = job.lock AND other.status = 'doing'
      )
    LIMIT 1
"""
_HAS_JOB = """
    SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = %(lock)s AND status IN ('todo', 'doing'))
"""
_RAISE = f"""
    WITH raised AS (
      UPDATE procrastinate_jobs SET priority = %(priority)s
      WHERE lock = %(lock)s AND status = 'todo' AND priority < %(priority)s
    )
    {_HAS_JOB}
"""  # noqa: S608  # the inner query is ours

_NEXT_IDS = "SELECT id FROM procrastinate_jobs WHERE id > %(after)s ORDER BY id LIMIT %(slice)s"
_OLD_OF = """
    SELECT job_id FROM procrastinate_events WHERE job_id = ANY(%(ids)s)
    GROUP BY job_id HAVING max(at) < now() - %(age)s
"""
_DELETE = "DELETE FROM procrastinate_jobs WHERE id = ANY(%(ids)s) AND status = 'succeeded'"
SLICE: Final = 1000
"""Jobs that are looked at together when old ones are deleted."""

SOON, NORMAL, LATER = 10, 0, -10  # a person waits; the daily run; details nobody looks at yet


def job(*, name: str) -> Callable[[Callable[P, R]], JobTask]:
    """Register a function as a background job. The name is a contract: renamed only with an alias."""

    def register(function: Callable[P, R]) -> JobTask:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            close_old_connections()
            with structlog.contextvars.bound_contextvars(job=name):
                try:
                    return function(*args, **kwargs)
                finally:
                    close_old_connections()

        return app.task(name=name)(run)

    return register


def each(cron: str) -> Callable[[JobTask], JobTask]:
    """Run a job on a schedule. A late worker may skip a time, so the job looks at what is missing."""

    def register(task: JobTask) -> JobTask:
        app.periodic(cron=cron)(task)
        return task

    return register


def enqueue(name: str, *, lock: str, priority: int = NORMAL, **arguments: Any) -> None:
    """Store a job in the caller's transaction: it exists if, and only if, the transaction commits.

    It is asked for by its name, so that an operation need not import the job that calls it. Jobs with the same lock run
    one at a time, in order of priority and age.
    """
    _deferrer(name, lock=lock, priority=priority).defer(**arguments)


def enqueue_once(name: str, *, key: str, lock: str, priority: int = NORMAL, **arguments: Any) -> bool:
    """Store a job unless one with this key waits already; say whether it was stored.

    For sweeps, schedules and buttons. It opens a short transaction of its own and raises RuntimeError inside
    another, because a second writer would wait for the first one's commit (decision 3).
    """
    try:
        with transaction.atomic(durable=True):
            _deferrer(name, lock=lock, priority=priority, queueing_lock=key).defer(**arguments)
    except exceptions.AlreadyEnqueued:
        return False
    return True


def _deferrer(name: str, **options: Any) -> Any:
    """The worker swaps the app's connector for its own, and a plain defer() there would survive a rollback.

    So the job manager is always ours, on Django's connection (decision 3).
    """
    deferrer = app.configure_task(name, **options)
    deferrer.job_manager = JobManager(DjangoConnector())
    return deferrer


def somebody_waits(*, besides: str) -> bool:
    """Say whether a job that a person waits for could run now, if a place were free: not one of this lock."""
    with connection.cursor() as cursor:
        cursor.execute(_SOMEBODY_WAITS, {"priority": SOON, "lock": besides})
        return cursor.fetchone() is not None


def has_job(*, lock: str) -> bool:
    """Say whether a job of a lock waits or runs."""
    with connection.cursor() as cursor:
        cursor.execute(_HAS_JOB, {"lock": lock})
        return bool(cursor.fetchone()[0])


def raise_priority(*, lock: str, priority: int) -> bool:
    """Let the jobs of a lock that wait go before others, from the commit of the caller's transaction on.

    Say, as `has_job` does, whether there are any.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, {"priority": priority, "lock": lock})
        return bool(cursor.fetchone()[0])


def delete_succeeded_jobs(*, age: timedelta) -> int:
    """Delete the jobs that succeeded so long ago, a slice a transaction; return how many. Failed ones stay.

    Jobs are looked at in the order they were stored until a slice holds none whose last event is as old.
    """
    deleted = last = 0
    with connection.cursor() as cursor:

        def ask_for_ids(sql: str, **facts: Any) -> list[int]:
            cursor.execute(sql, facts)
            return [row[0] for row in cursor.fetchall()]

        while ids := ask_for_ids(_NEXT_IDS, after=last, slice=SLICE):
            last = ids[-1]
            old = ask_for_ids(_OLD_OF, ids=ids, age=age)
            if not old:
                break
            cursor.execute(_DELETE, {"ids": old})
            deleted += cursor.rowcount
    return deleted


def stop_jobs() -> None:
    """Ask the jobs of this process to end soon: they look at `is_stopping` between their steps."""
    _stopping.set()


def is_stopping() -> bool:
    return _stopping.is_set()


def registered_names() -> set[str]:
    """Return the names of all our registered jobs."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]  # theirs
    return {name for name in app.tasks if not name.startswith(("procrastinate.", "builtin:"))}


__all__ = [
    "LATER",
    "NORMAL",
    "SOON",
    "Job",
    "delete_succeeded_jobs",
    "each",
    "enqueue",
    "enqueue_once",
    "has_job",
    "is_stopping",
    "job",
    "raise_priority",
    "registered_names",
    "somebody_waits",
    "stop_jobs",
]
