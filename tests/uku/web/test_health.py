"""What the installation says of itself to whoever watches it: one word a part, and nothing else."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from tests.uku.conftest import heartbeat

WELL = {"database": "ok", "migrations": "ok", "worker": "ok"}


def answers(client) -> dict[str, tuple[int, dict[str, object]]]:
    """The status and the body of each of the three addresses."""
    found = {path: client.get(path) for path in ("/health", "/health/live", "/health/ready")}
    return {path: (answer.status_code, answer.json()) for path, answer in found.items()}


def body(*, ready=True, **parts):
    return {"live": True, "ready": ready, "parts": {**WELL, **parts}}


def test_all_is_well_with_a_worker(client, db):
    """B58"""
    heartbeat(seconds_ago=1)
    assert answers(client) == {
        "/health": (200, body()),
        "/health/live": (200, {"live": True}),
        "/health/ready": (200, body()),
    }


@pytest.mark.parametrize("ran", [False, True], ids=["none ever ran", "the last one was killed"])
def test_a_missing_worker_is_bad_health_and_keeps_the_pages_reachable(client, db, ran):
    """Without pages nobody could read that no worker runs; so a load balancer, which asks for ready, keeps them."""
    if ran:
        heartbeat(seconds_ago=60)
    assert answers(client) == {
        "/health": (503, body(worker="missing")),
        "/health/live": (200, {"live": True}),
        "/health/ready": (200, body(worker="missing")),
    }


def test_a_schema_that_waits_for_migrations_is_alive_and_not_ready(client, db):
    heartbeat(seconds_ago=1)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'uku' AND name > '0032'")
    assert answers(client) == {
        "/health": (503, body(ready=False, migrations="waiting", worker="unknown")),
        "/health/live": (200, {"live": True}),
        "/health/ready": (503, body(ready=False, migrations="waiting", worker="unknown")),
    }


def away(*_statement):
    raise OperationalError("connection refused at 10.0.0.9")


def test_without_its_database_it_is_alive_and_not_ready(client, db):
    """B58"""
    gone = body(ready=False, database="away", migrations="unknown", worker="unknown")
    with connection.execute_wrapper(away):
        assert answers(client) == {
            "/health": (503, gone),
            "/health/live": (200, {"live": True}),
            "/health/ready": (503, gone),
        }


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_health_sets_no_cookie_and_is_only_read(client, db, path):
    assert client.get(path)["Cache-Control"] == "no-store"
    assert client.cookies == {}
    assert client.post(path).status_code == 405
