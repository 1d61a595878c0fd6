"""The job that keeps the queue itself small. It runs on the worker's own connection."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.periodic(cron="17 3 * * *")
@app.task(name="kit.delete_old_jobs", queueing_lock="kit.delete_old_jobs", pass_context=False)
async def delete_old_jobs(timestamp: int) -> None:  # noqa: ARG001  # when it was due
    """Delete finished jobs after 30 days; failed ones stay for a person to look at."""
    await app.job_manager.delete_old_jobs(nb_hours=30 * 24)
