"""Many companies on one worker's four places, in virtual time: who is dealt a place, and when."""

from __future__ import annotations

import heapq
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection as database
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import as_dict

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.work import loop
from uku.integrations.fortnox.work.due import CYCLE
from uku.integrations.fortnox.work.step import Needs, Rank, Step, Work
from uku.kit import clock
from uku.workspaces.models import Workspace

OTHERS, PLACES, HUGE = 200, 4, 4
BEGAN = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
PAGES, QUIET = timedelta(seconds=6), timedelta(seconds=0.21 * 4)
"""What ten pages of an import take with what they tell, and the four requests of a quiet cycle at Fortnox' pace."""
SWEEP = timedelta(minutes=1)


class Town:
    """Companies that come due each quarter of an hour, and as many imports that never end as there are places."""

    def __init__(self, huge: set[int]) -> None:
        self.now, self.huge = BEGAN, huge
        self.due: dict[int, datetime] = defaultdict(lambda: BEGAN)
        self.began: dict[int, list[datetime]] = defaultdict(list)

    def do(self, work: Work) -> bool:
        pk = work.connection.pk
        self.began[pk].append(self.now)
        if pk in self.huge:
            self.now += PAGES
        else:
            self.due[pk] = self.now + CYCLE
            self.now += QUIET
        return True

    def live(self, until: datetime) -> None:
        """Let each place take the next job of the queue when it is free, and the sweep run each minute."""
        swept, free = BEGAN, [(BEGAN, place, 0) for place in range(PLACES)]
        while free[0][0] < until:
            self.now, place, job = heapq.heappop(free)
            ask("DELETE FROM procrastinate_jobs WHERE id = %s", job)
            if swept <= self.now:
                jobs.sweep.func(timestamp=0)
                swept += SWEEP
            ((job, arguments),) = ask("SELECT id, args FROM procrastinate_fetch_job_v2(NULL, NULL)")
            if job is None:
                self.now = swept
            else:
                jobs.work.func(**as_dict(arguments))
            heapq.heappush(free, (self.now, place, job or 0))


def ask(sql: str, *parameters: object) -> list[tuple]:
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def town(db, monkeypatch):
    """The companies of a town, on a clock that only their requests move."""
    spaces = Workspace.objects.bulk_create(
        Workspace(name=f"Byrå {number}", slug=f"byra-{number}", created_at=AT) for number in range(OTHERS + HUGE)
    )
    rows = Connection.everywhere.bulk_create(
        Connection(workspace=space, company_id=f"5570{number:03}") for number, space in enumerate(spaces)
    )
    made = Town({row.pk for row in rows[:HUGE]})
    step = Step("cycle", Rank.IMPORT, lambda row: made.due[row.pk], made.do, needs=Needs.NOTHING)
    monkeypatch.setattr(jobs, "STEPS", (step,))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    monkeypatch.setattr(loop.time, "monotonic", lambda: made.now.timestamp())  # noqa: PLW0108  # `now` is another one each time
    jobs.check_all.func(timestamp=0)  # as when a worker starts
    return made


def test_with_200_companies_and_huge_imports_every_other_cycle_keeps_its_quarter_of_an_hour(town):
    """All come due at the same moment, and every place is held by an import. The imports have all time that is left."""
    cycles = 2
    town.live(until=BEGAN + cycles * CYCLE)
    pages = [len(town.began.pop(pk)) for pk in town.huge]
    assert {len(began) for began in town.began.values()} == {cycles}
    assert len(town.began) == OTHERS
    waits = [later - earlier - CYCLE for began in town.began.values() for earlier, later in pairwise(began)]
    assert max(waits) <= 3 * SWEEP
    assert min(pages) * PAGES >= 0.75 * cycles * CYCLE
