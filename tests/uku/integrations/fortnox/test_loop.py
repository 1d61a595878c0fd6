"""The loop of one company: which step comes next, what waits, what rests, and that no wake-up is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.uku.integrations.fortnox.conftest import end_rests, lose_jobs

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def step(name, rank="IMPORT", *, find_due=lambda _row: None, do=lambda _work: True, **facts):
    from uku.integrations.fortnox.work.step import Rank, Step

    return Step(name, Rank[rank], find_due, do, **facts)


@pytest.fixture
def told(connection):
    """A connection with steps of our own: each name in `due` is due since that time until it is done."""
    from uku.integrations.fortnox.models import DueWork
    from uku.integrations.fortnox.work import loop

    end_rests()

    class Told:
        def __init__(self) -> None:
            self.due: dict[str, datetime] = {}
            self.done: list[str] = []

        def step(self, name, rank="IMPORT", *, do=None, **facts):
            def act(work):
                self.done.append(name)
                if do is None:
                    self.due.pop(name, None)
                    return True
                return do(work)

            return step(name, rank, find_due=lambda _row: self.due.get(name), do=act, **facts)

        def run(self, *steps) -> list[str]:
            self.done.clear()
            loop.run(connection.pk, connection.company_id, steps)
            return list(self.done)

        def row(self):
            return DueWork.objects.get(connection=connection)

    return Told()


# Which comes first


def test_the_most_urgent_step_goes_first_and_of_equals_the_one_that_waited_longest():
    from uku.integrations.fortnox.work.loop import Due, choose

    found = [
        Due(step("import"), timedelta(minutes=9)),
        Due(step("export", "PERSON"), timedelta(seconds=1)),
        Due(step("record", "PERSON"), timedelta(seconds=2)),
    ]
    assert [choose(found, done, {}).name for done in (0, 2, 4)] == ["record"] * 3


def test_with_every_kind_always_due_each_has_its_turn_within_thirty_steps():
    from uku.integrations.fortnox.work.loop import Due, choose
    from uku.integrations.fortnox.work.step import Rank
    from uku.integrations.fortnox.work.steps import STEPS

    found = [Due(each, timedelta(days=order)) for order, each in enumerate(STEPS)]
    for first in range(0, 300, 30):
        turns: dict[str, int] = {}
        chosen = []
        for done in range(first + 30):
            chosen.append(choose(found, done, turns).name)
            turns[chosen[-1]] = done
        assert set(chosen[first:]) == {each.name for each in STEPS}, first
        urgent = {each.name for each in STEPS if each.rank == Rank.PERSON}
        assert set(chosen[first::2]) == urgent  # in turn


def test_work_that_has_no_date_of_its_own_takes_its_turn_and_leaves_the_next_to_the_others(told):
    """Thousands of details, due since ever, do not hold up a reload until the last of them is read."""

    def read(_work):
        if "reload" in told.done or len(told.done) == 20:
            told.due.pop("details")
        return True

    told.due = {"details": datetime(1970, 1, 1, tzinfo=UTC), "reload": AT}
    done = told.run(told.step("details", "DETAIL", do=read), told.step("reload", "RELOAD"))
    assert done == ["details", "reload", "details"]


def test_the_loop_goes_on_until_nothing_is_due_and_stores_when_to_look_again(told, later_at):
    told.due = {"one": AT, "two": AT}
    ahead = step("ahead", find_due=lambda _row: later_at)
    assert told.run(told.step("one"), told.step("two"), ahead) == ["one", "two"]
    assert (told.row().due_at, told.row().real_due_at) == (later_at, None)


@pytest.fixture
def later_at():
    from uku.kit import clock

    return clock.now() + timedelta(minutes=15)


# Waking


def test_one_job_is_enough_however_often_a_connection_is_woken(told, connection, queue):
    from uku.integrations.fortnox.work import due
    from uku.kit import clock

    told.run()
    before = told.row().wake_no
    for _ in range(3):
        due.wake(connection, at=clock.now())
    place = {"connection_id": connection.pk, "company_id": connection.company_id}
    assert (queue("work"), told.row().wake_no) == ([("fortnox.work", place)], before + 3)


def test_a_wake_up_does_not_wait_for_the_sweep_where_something_came_due_by_the_clock(told, connection, queue):
    from uku.integrations.fortnox.models import DueWork
    from uku.integrations.fortnox.work import due
    from uku.kit import clock

    told.run()
    DueWork.objects.update(due_at=clock.now())
    due.wake(connection, at=clock.now())
    assert [name for name, _ in queue()] == ["fortnox.work"]


def test_what_came_due_by_the_clock_alone_holds_no_wake_up_back(told, connection, queue):
    from uku.integrations.fortnox.models import DueWork
    from uku.integrations.fortnox.work import due
    from uku.kit import clock

    told.run()
    DueWork.objects.filter(connection=connection).update(due_at=clock.now())  # and no sweep has seen it
    due.wake(connection, at=clock.now())
    assert len(queue("work")) == 1


def test_what_a_person_waits_for_lifts_the_job_that_waits_already(told, connection):
    from django.db import connection as database

    from uku.integrations.fortnox.work import due
    from uku.kit import clock
    from uku.kit.jobs import SOON

    told.run()
    due.wake(connection, at=clock.now())
    due.wake(connection, at=clock.now(), priority=SOON)
    with database.cursor() as cursor:
        cursor.execute("SELECT priority FROM procrastinate_jobs WHERE status = 'todo'")
        assert cursor.fetchall() == [(SOON,)]


def test_a_wake_up_between_the_look_and_its_end_is_seen(told, connection):
    from uku.integrations.fortnox.work import due
    from uku.kit import clock

    def look(_row):
        """Be woken while the loop looks for the last time, behind the step that now has something to do."""
        if not told.done:
            told.due["export"] = AT
            told.done.append("woken")
            due.wake(connection, at=clock.now())

    assert told.run(told.step("export"), step("quiet", find_due=look)) == ["woken", "export"]
    assert told.row().real_due_at is None


def test_the_sweep_asks_for_all_that_is_due_by_either_clock_in_one_query(told, connection, django_assert_num_queries):
    from uku.integrations.fortnox.models import DueWork
    from uku.integrations.fortnox.work import due
    from uku.kit import clock
    from uku.kit.clock import database_now

    told.run()
    place, rows = [(connection.pk, connection.company_id)], DueWork.objects.filter(connection=connection)
    at = clock.now()
    with django_assert_num_queries(1):
        assert list(due.due_connections(at)) == []
    rows.update(due_at=at)
    assert list(due.due_connections(at)) == place
    rows.update(due_at=None, real_due_at=database_now())
    assert list(due.due_connections(at)) == place


# Failing


def test_a_step_that_fails_rests_alone_and_longer_each_time(told, move_clock):
    from uku.integrations.fortnox.models import StepRest

    def fail(_work):
        raise ValueError("nobody foresaw this")

    told.due = {"bad": AT, "good": AT}
    steps = told.step("bad", do=fail), told.step("good", "STATISTICS")
    assert told.run(*steps) == ["bad", "good"]
    assert told.run(*steps) == []
    move_clock(seconds=301)
    assert told.run(*steps) == ["bad"]
    assert StepRest.objects.get().failures == 2
    move_clock(seconds=301 + 301)
    assert told.run(*steps) == []


def test_a_step_that_succeeds_forgets_its_rest(told, move_clock):
    from uku.integrations.fortnox.models import StepRest

    told.due = {"shaky": AT}
    assert told.run(told.step("shaky", do=lambda _work: False)) == ["shaky"]
    move_clock(seconds=301)
    assert told.run(told.step("shaky")) == ["shaky"]
    assert not StepRest.objects.exists()


def test_in_an_outage_one_step_is_tried_for_all_and_its_success_lets_the_others_go_on(told, move_clock):
    from uku.integrations.fortnox.work.step import Needs

    down = [True]

    def ask(name):
        def act(_work):
            if not down[0]:
                told.due.pop(name)
            return not down[0]

        return told.step(name, do=act)

    names = ("one", "two", "three")
    steps = [ask(name) for name in names]
    told.due = dict.fromkeys(names, AT)
    assert told.run(*steps) == ["one", "two"]
    for at, tried in ((301, 1), (601, 0), (902, 1), (2103, 1)):
        move_clock(seconds=at)
        assert len(told.run(*steps)) == tried
    told.due["review"] = AT
    assert told.run(told.step("review", needs=Needs.NOTHING), *steps) == ["review"]  # asks Fortnox nothing
    down[0] = False
    move_clock(seconds=4000)
    assert sorted(told.run(*steps)) == sorted(names)


def test_one_kind_of_data_that_fails_holds_up_no_other(told, move_clock):
    told.due = {"bad": AT}
    steps = told.step("bad", do=lambda _work: False), told.step("good"), told.step("better")
    for at in (0, 301, 902):
        move_clock(seconds=at)
        told.due |= {"good": AT, "better": AT}
        assert told.run(*steps) == ["bad", "good", "better"]


def test_a_step_that_fails_by_our_own_error_is_no_outage(told):
    def fail(_work):
        raise ValueError("nobody foresaw this")

    told.due = dict.fromkeys(("one", "two", "three"), AT)
    assert told.run(*(told.step(name, do=fail) for name in told.due)) == ["one", "two", "three"]


# Making way


def test_what_a_person_waits_for_goes_between_two_requests_of_background_work(told, connection):
    from uku.integrations.fortnox.work import due
    from uku.kit import clock

    def read_much(work):
        work.make_way()
        told.due["export"] = AT
        due.wake(connection, at=clock.now())
        work.make_way()
        told.done.append("second request")
        told.due.pop("import")
        return True

    told.due = {"import": AT}
    assert told.run(told.step("import", do=read_much), told.step("export", "PERSON")) == [
        "import",
        "export",
        "second request",
    ]


def test_thousands_of_invoices_do_not_hold_background_work_up_for_ever(told, connection):
    from uku.integrations.fortnox.work import due
    from uku.kit import clock

    def read(work):
        due.wake(connection, at=clock.now())
        for _ in range(2):
            work.make_way()
            told.done.append("request")
        told.due.clear()
        return True

    told.due = {"import": AT, "export": AT}
    export = told.step("export", "PERSON", do=lambda _work: True)  # another one is due right after it
    done = told.run(told.step("import", do=read), export)
    assert done == ["export", "import", *["export"] * 4, "request", *["export"] * 4, "request"]


def test_a_loop_that_another_one_has_overtaken_sends_and_stores_nothing_more(told, connection):
    from uku.integrations.fortnox.work import due

    def freeze(work):
        due.begin(connection)  # another worker took the job over meanwhile
        work.make_way()
        told.done.append("sent")
        return True

    told.due = {"import": AT, "other": AT}
    assert told.run(told.step("import", do=freeze), told.step("other", "STATISTICS")) == ["import"]
    assert told.row().fence == 2


def test_a_worker_that_is_to_end_leaves_the_company_due_and_hands_it_on(told, connection, queue, monkeypatch):
    from uku.integrations.fortnox.work import due, loop
    from uku.kit import clock

    told.due = {"one": AT}
    due.wake(connection, at=clock.now())
    lose_jobs()
    monkeypatch.setattr(loop, "is_stopping", lambda: True)
    assert told.run(told.step("one")) == []
    assert [name for name, _ in queue()] == ["fortnox.work"]
    assert told.row().real_due_at is not None


def test_background_work_makes_way_for_a_person_of_another_company_and_goes_on_after(told, connection, queue):
    from uku.kit.jobs import SOON, enqueue

    told.due = {"import": AT}
    enqueue("fortnox.work", lock="fortnox 77", priority=SOON, connection_id=0, company_id="77")
    assert told.run(told.step("import")) == []
    assert [job["company_id"] for _, job in queue("work")] == ["77", connection.company_id]


def test_a_job_of_a_company_that_is_not_connected_any_more_does_nothing(told, connection):
    from uku.integrations.fortnox.work import loop

    told.due = {"one": AT}
    loop.run(connection.pk, "other", [told.step("one")])
    assert told.done == []
