"""Jobs that keep the queue itself healthy. They run on the worker's own connection."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.periodic(cron="* * * * *")
@app.task(name="kit.wake_stalled", queueing_lock="kit.wake_stalled", pass_context=False)
async def wake_stalled(timestamp: int) -> None:
    """Give jobs of killed workers back to the queue; until then their lock blocks the company's other jobs."""
    for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=30):
        await app.job_manager.retry_job(stalled)


@app.periodic(cron="17 3 * * *")
@app.task(name="kit.delete_old_jobs", queueing_lock="kit.delete_old_jobs", pass_context=False)
async def delete_old_jobs(timestamp: int) -> None:
    """Delete finished jobs after 30 days; failed ones stay for a person to look at."""
    await app.job_manager.delete_old_jobs(nb_hours=30 * 24)
