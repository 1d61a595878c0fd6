"""People, workspaces and a database for the product's tests."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta

import pytest

AT = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def process_environment(addresses) -> dict[str, str]:
    """What a process of ours needs to work on this test's database."""
    return {**os.environ, "DATABASE_URL": addresses.app, "MIGRATE_DATABASE_URL": addresses.owner}


def make_user(email: str, name: str = ""):
    from uku.workspaces.models import User

    return User.objects.create_user(email=email, password=PASSWORD, name=name)


def make_workspace(slug: str, owner, **card):
    from uku.workspaces.operations import create_workspace

    facts = {
        "organisation_number": "4022000014",
        "vat_number": "SE402200001401",
        "f_tax": True,
        "registered_office": "Malmö",
        "address": "Storgatan 1",
        "postcode": "211 34",
        "city": "Malmö",
        "payment_days": 30,
    }
    return create_workspace(name=slug.title(), slug=slug, owner=owner, at=AT, **{**facts, **card})


def heartbeat(*, seconds_ago: float, stopped: bool = False):
    """The row of a worker that ran for an hour and beat so long ago for the last time; below zero it beats on."""
    from uku.kit.clock import database_now
    from uku.kit.heartbeats import WorkerHeartbeat

    last = database_now() - timedelta(seconds=seconds_ago)
    facts = {"started_at": last - timedelta(hours=1), "last_beat_at": last, "stopped_at": last if stopped else None}
    made = WorkerHeartbeat.objects.create(id=secrets.token_hex(16), host="one", process_id=1, **facts)
    made.refresh_from_db()
    return made


def run_a_worker() -> None:
    """As in every installation that works: no page says that one is missing."""
    heartbeat(seconds_ago=-24 * 3600)


@pytest.fixture
def owner(db):
    return make_user("owner@byran.example", "Olga Owner")


@pytest.fixture
def workspace(owner):
    run_a_worker()
    return make_workspace("byran", owner)


@pytest.fixture
def admin(workspace):
    return _member(workspace, "admin@byran.example", "admin")


@pytest.fixture
def member(workspace):
    return _member(workspace, "member@byran.example", "member")


@pytest.fixture
def stranger(db):
    return make_user("owner@annan.example", "Anders Annan")


@pytest.fixture
def other_workspace(stranger):
    return make_workspace("annan", stranger)


def _member(workspace, email: str, role: str):
    from uku.workspaces.operations import add_member

    user = make_user(email)
    add_member(workspace=workspace, user=user, role=role)
    return user


@pytest.fixture
def scope(workspace):
    """The workspace in force for the whole test."""
    from uku.kit.scoping import workspace_in_force

    with workspace_in_force(workspace.pk):
        yield workspace


@pytest.fixture
def signed_in():
    """Return a browser-like client that is signed in as a user."""
    from django.test import Client

    def sign_in(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
