"""The worker: runs jobs, and is started afresh when the database was away.

After a restart of PostgreSQL the queue's own listener stays deaf without a word, so a watchdog
on a connection of its own looks each second whether the database is there, and starts a new worker after a loss.
On that connection the worker also says every few seconds that it runs, whatever its jobs do.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

import psycopg
import structlog
from django.db import connection as database
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app, connector_params
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from uku.kit.heartbeats import BEAT_EVERY, Beat

log = structlog.get_logger()
LOOK_EVERY = POLL_EVERY = 1.0  # for the database, and for jobs that no notification told of
KEEPER = 0x554B55_01  # the key of the advisory lock for looking after stalled jobs
STALLED_AFTER = 15.0
POOL_PATIENCE = 5.0  # the pool's own 30 s would hold up a stop while the database is away


def run_worker(*, concurrency: int = 4) -> None:
    """Run jobs until SIGTERM or SIGINT; what runs then is run to its end."""
    asyncio.run(_supervise(concurrency))


async def _supervise(concurrency: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    log.info("worker started", concurrency=concurrency)
    beat = Beat()
    while not stop.is_set():
        try:
            await _run_until_lost(stop, concurrency, beat)
        except (ConnectorException, OSError, psycopg.Error) as error:
            log.warning("worker starts again", reason=type(error).__name__)
            await _pause(stop)
    log.info("worker stopped")


async def _run_until_lost(stop: asyncio.Event, concurrency: int, beat: Beat) -> None:
    """Run one worker until told to stop or until the database is lost.

    The watchdog connects first: it fails at once while the database is away, where a pool would wait.
    """
    parameters = database.get_connection_params()
    given = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if parameters.get(name)}
    connector = PsycopgConnector(kwargs=connector_params(), timeout=POOL_PATIENCE)
    async with await psycopg.AsyncConnection.connect(**given, autocommit=True, connect_timeout=5) as session:
        with app.replace_connector(connector):
            async with app.open_async():
                work = app.run_worker_async(
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=POLL_EVERY,
                    shutdown_graceful_timeout=10,
                    update_heartbeat_interval=5,
                    stalled_worker_timeout=STALLED_AFTER,
                    delete_jobs="never",
                )
                await _end_with_first(work, _watch(session, stop), _keep_beating(session, beat))
        await session.execute(*beat.stop())


async def _end_with_first(*parts: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends, then end the others; raise the first error among them."""
    tasks = [asyncio.create_task(part) for part in parts]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def _watch(session: psycopg.AsyncConnection, stop: asyncio.Event) -> None:
    """Look whether the database is there, and give killed workers' jobs back; their locks block others until then.

    One worker at a time looks for stalled jobs: two would give the same job back twice, and it would run twice.
    """
    while not stop.is_set():
        row = await (await session.execute("SELECT pg_try_advisory_lock(%s)", (KEEPER,))).fetchone()
        if row and row[0]:
            await _give_back_stalled()
            await session.execute("SELECT pg_advisory_unlock(%s)", (KEEPER,))
        await _pause(stop)


async def _keep_beating(session: psycopg.AsyncConnection, beat: Beat) -> None:
    """Jobs run in threads of their own, so that none of them holds up a beat."""
    while True:
        await session.execute(*beat.beat())
        await asyncio.sleep(BEAT_EVERY)


async def _give_back_stalled() -> None:
    """Let a dead worker's jobs run again; where one with a job's key waits already, that one does the work."""
    for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        log.warning("stalled job given back", job=stalled.task_name)
        with contextlib.suppress(ConnectorException):  # it has ended meanwhile
            try:
                await app.job_manager.retry_job(stalled)
            except UniqueViolation:
                await app.job_manager.finish_job(stalled, status=Status.FAILED, delete_job=False)


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), LOOK_EVERY)
