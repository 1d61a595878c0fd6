"""A job exists if, and only if, the transaction that asked for it was committed (decision 3)."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.testing import InMemoryConnector

import uku
from uku.kit.jobs import LATER, NORMAL, SLICE, SOON, enqueue, enqueue_once, registered_names
from uku.kit.upkeep import delete_old_jobs

# A job's name is stored with it: one that is renamed needs an alias, so that waiting jobs are still known.
CONTRACT = {
    "clients.delete_old_sheets",
    "clients.read_file",
    "clients.take_in_due",
    "clients.take_in_sheet",
    "fortnox.check_all",
    "fortnox.expire_pending",
    "fortnox.look_at_company",
    "fortnox.look_at_grant",
    "fortnox.read_record",
    "fortnox.revoke",
    "fortnox.check_again",
    "fortnox.create_clients",
    "fortnox.delete_old_lists",
    "fortnox.keep_alive",
    "fortnox.push",
    "fortnox.read_details",
    "fortnox.reload",
    "fortnox.sweep",
    "fortnox.sync",
    "fortnox.work",
    "invoices.look_after_mail",
    "invoices.send_mail",
    "kit.delete_ended",
    "kit.delete_old_jobs",
    "kit.mail_alarms",
    "tasks.open_months",
    "workspaces.mail_due",
    "workspaces.mail_invitation",
    "workspaces.mail_notice",
}


class NoThankYou(Exception):
    pass


def stored() -> list[tuple[str, str, int, dict[str, int]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, lock, priority, args::text FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def test_a_committed_request_leaves_its_job(committed):
    with transaction.atomic():
        enqueue("tasks.open_months", lock="months", timestamp=7)
    assert stored() == [("tasks.open_months", "months", NORMAL, '{"timestamp": 7}')]


def test_a_rolled_back_request_leaves_no_job(committed):
    with pytest.raises(NoThankYou), transaction.atomic():
        enqueue("tasks.open_months", lock="months", timestamp=7)
        assert len(stored()) == 1
        raise NoThankYou
    assert stored() == []


def test_the_job_joins_the_transaction_even_where_a_worker_has_put_its_own_connector(committed):
    elsewhere = InMemoryConnector()
    with app.replace_connector(elsewhere):
        with pytest.raises(NoThankYou), transaction.atomic():
            enqueue("tasks.open_months", lock="months", timestamp=7)
            raise NoThankYou
        with transaction.atomic():
            enqueue("tasks.open_months", lock="months", timestamp=8)
    assert (elsewhere.jobs, len(stored())) == ({}, 1)


def test_asking_for_a_job_leaves_the_app_on_djangos_connection(committed):
    enqueue("tasks.open_months", lock="months", timestamp=7)
    assert isinstance(app.connector, DjangoConnector)
    assert app.job_manager.connector is app.connector


def test_what_a_person_waits_for_comes_before_what_nobody_looks_at(committed):
    for priority in (LATER, NORMAL, SOON):
        enqueue("tasks.open_months", lock="months", priority=priority, timestamp=7)
    assert [priority for _, _, priority, _ in stored()] == [-10, 0, 10]


def finished(count: int, *, days_ago: int, status: str = "succeeded") -> list[int]:
    """Store jobs whose last event is so old; return their ids."""
    facts = {"status": status, "count": count, "age": timedelta(days=days_ago)}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) SELECT 'default', 'tasks.open_months',"
            " %(status)s::procrastinate_job_status FROM generate_series(1, %(count)s) RETURNING id",
            facts,
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM procrastinate_events WHERE job_id = ANY(%s)", [ids])
        cursor.execute(
            "INSERT INTO procrastinate_events (job_id, type, at)"
            " SELECT unnest(%(ids)s::bigint[]), 'deferred', now() - %(age)s",
            {"ids": ids, **facts},
        )
    return ids


def test_old_jobs_are_deleted_in_slices_and_what_failed_waits_or_is_newer_stays(committed):
    stays = finished(2, days_ago=40, status="failed") + finished(2, days_ago=40, status="todo")
    old = finished(2 * SLICE, days_ago=31)
    with connection.cursor() as cursor:  # one that ran only just now, long after it was stored
        cursor.execute("INSERT INTO procrastinate_events (job_id, type) VALUES (%s, 'succeeded')", [old[0]])
    stays += [old[0], *finished(2, days_ago=29)]
    with CaptureQueriesContext(connection) as made:
        delete_old_jobs.func(timestamp=0)
    deletes = [query["sql"] for query in made if query["sql"].startswith("DELETE")]
    assert (len(deletes), any("BEGIN" in query["sql"] for query in made)) == (3, False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_jobs ORDER BY id")
        assert [row[0] for row in cursor.fetchall()] == sorted(stays)
        cursor.execute("SELECT count(*) FROM procrastinate_events WHERE job_id = ANY(%s)", [old])
        assert cursor.fetchone() == (2,)


def test_one_job_a_key_waits(committed):
    assert [enqueue_once("tasks.open_months", key="months", lock="months", timestamp=turn) for turn in range(3)] == [
        True,
        False,
        False,
    ]
    assert enqueue_once("tasks.open_months", key="other months", lock="months", timestamp=3)
    assert [arguments for _, _, _, arguments in stored()] == ['{"timestamp": 0}', '{"timestamp": 3}']


def test_a_job_with_a_key_is_refused_inside_a_transaction(committed):
    with transaction.atomic():
        with pytest.raises(RuntimeError, match="durable"):
            enqueue_once("tasks.open_months", key="months", lock="months", timestamp=7)
        assert stored() == []


def named_in_the_source() -> set[str]:
    """The names in `@job(name=…)` and `@app.task(name=…)` of the modules that hold jobs."""
    source = Path(uku.__file__).parent
    modules = [*source.glob("**/jobs.py"), source / "kit/upkeep.py"]
    calls = [node for path in modules for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {
        ast.literal_eval(keyword.value)
        for call in calls
        if ast.unparse(call.func) in {"job", "app.task"}
        for keyword in call.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    }


def asked_for_in_the_source() -> set[str]:
    """The names in `enqueue("…")` and `enqueue_once("…")` everywhere."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(uku.__file__).parent.glob("**/*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [call.args[0] for call in calls if ast.unparse(call.func) in {"enqueue", "enqueue_once"}]
    return {ast.literal_eval(name) for name in names}


def test_what_is_asked_for_by_name_is_a_job():
    asked = asked_for_in_the_source()
    assert asked - registered_names() == set()
    assert len(asked) >= 7


def test_every_job_in_the_source_is_registered_and_its_name_is_kept():
    assert registered_names() == named_in_the_source() == CONTRACT
