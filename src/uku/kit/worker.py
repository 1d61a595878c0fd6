"""The worker: runs jobs, and is started afresh when the database was away.

After a restart of PostgreSQL the queue's own listener stays deaf without a word (engineering 4), so a watchdog
on a connection of its own looks each second whether the database is there, and starts a new worker after a loss.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal

import psycopg
import structlog
from django.db import connection as database
from procrastinate.contrib.django import app

log = structlog.get_logger()
LOOK_EVERY = 1.0
STALLED_AFTER = 15.0


class DatabaseLost(Exception):
    """The watchdog's connection broke."""


def run_worker(*, concurrency: int = 4) -> None:
    """Run jobs until SIGTERM or SIGINT; what runs then is given ten seconds to end."""
    asyncio.run(_supervise(concurrency))


async def _supervise(concurrency: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    log.info("worker started", concurrency=concurrency)
    while not stop.is_set():
        try:
            await _one_life(stop, concurrency)
        except (DatabaseLost, OSError, psycopg.Error) as error:
            log.warning("worker starts again", reason=type(error).__name__)
            await _pause(stop)
    log.info("worker stopped")


async def _one_life(stop: asyncio.Event, concurrency: int) -> None:
    """Run one worker until told to stop or until the database is lost."""
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # the Django connector
    with app.replace_connector(connector):
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=LOOK_EVERY,
                    shutdown_graceful_timeout=10,
                    update_heartbeat_interval=5,
                    stalled_worker_timeout=STALLED_AFTER,
                    delete_jobs="never",
                )
            )
            watch = asyncio.create_task(_watch(stop))
            await asyncio.wait({worker, watch}, return_when=asyncio.FIRST_COMPLETED)
            await _end(worker, watch)


async def _end(worker: asyncio.Task[None], watch: asyncio.Task[None]) -> None:
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch


async def _watch(stop: asyncio.Event) -> None:
    """Look whether the database is there, and give killed workers' jobs back. Raises DatabaseLost."""
    parameters = database.get_connection_params()
    wanted = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if parameters.get(name)}
    try:
        async with await psycopg.AsyncConnection.connect(**wanted, autocommit=True, connect_timeout=5) as session:
            while not stop.is_set():
                await session.execute("SELECT 1")
                for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
                    log.warning("stalled job given back", job=stalled.task_name)
                    await app.job_manager.retry_job(stalled)
                await _pause(stop)
    except psycopg.Error as error:
        raise DatabaseLost from error


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), LOOK_EVERY)
