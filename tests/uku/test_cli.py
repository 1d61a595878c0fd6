"""The command line: each problem is a sentence and a status, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC

import psycopg
import pytest
from tests.environment import SUITE_KEYS
from tests.uku.conftest import heartbeat

from uku.config import settings_page
from uku.workspaces.models import AuditEntry, Membership, User, Workspace

pytestmark = pytest.mark.process

ONE_ROLE = "the app's role owns its tables and could change the audit log: set MIGRATE_DATABASE_URL to another role"
COMMANDS = (
    "migrate",
    "serve",
    "worker",
    "sim",
    "demo",
    "settings",
    "doctor",
    "rotate-keys",
    "audit",
    "workspace",
    "fortnox",
)


def uku(*arguments: str, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("UKU_")}
    return subprocess.run(
        [sys.executable, "-m", "uku", *arguments],
        env={**bare, "COLUMNS": "200", **environment},
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def on_the_database(committed):
    addresses = {"DATABASE_URL": committed.app, "MIGRATE_DATABASE_URL": committed.owner}
    return lambda *arguments, **options: uku(*arguments, **{**SUITE_KEYS, **addresses, **options})


def test_the_help_lists_every_command():
    told = uku("--help").stdout
    assert [command for command in COMMANDS if f" {command} " not in told] == []


def test_the_settings_page_is_printed_without_a_database_or_keys():
    told = uku("settings")
    assert (told.returncode, told.stdout) == (0, settings_page())


def test_a_missing_setting_is_a_sentence(addresses):
    told = uku("doctor", DATABASE_URL=addresses.app)
    assert (told.returncode, told.stderr) == (2, "")
    assert told.stdout == (
        "UKU_SECRET_KEY is not set. See docs/settings.md for what it is and how to make one.; "
        "UKU_TOKEN_KEYS is not set. See docs/settings.md for what it is and how to make one.\n"
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("UKU_SECRET_KEY", "hemlig", "UKU_SECRET_KEY must have at least 32 characters"),
        ("UKU_PUBLIC_URL", "https://uku.example/x", "UKU_PUBLIC_URL must have no path, query or fragment"),
        (
            "UKU_PUBLIC_ULR",
            "https://uku.example",
            "There is no setting UKU_PUBLIC_ULR. docs/settings.md lists them all.",
        ),
    ],
)
def test_a_wrong_setting_is_a_sentence(addresses, name, value, sentence):
    told = uku("doctor", **{**SUITE_KEYS, "DATABASE_URL": addresses.app, name: value})
    assert (told.returncode, told.stdout, told.stderr) == (2, f"{sentence}\n", "")


def test_the_doctor_finds_a_healthy_installation(on_the_database):
    heartbeat(seconds_ago=1)
    told = on_the_database("doctor")
    lines = told.stdout.splitlines()
    assert (told.returncode, {line[:4] for line in lines}) == (0, {"ok  "})
    assert lines[1:5] == [
        "ok  the app's role owns no tables",
        "ok  the schema is this version's",
        "ok  a worker is running",
        "ok  all that is sealed is under the first key",
    ]
    assert "ok  Fortnox client id and secret are set" in lines


def test_the_doctor_says_since_when_no_worker_is_running(on_the_database):
    bare, last = on_the_database("doctor"), heartbeat(seconds_ago=60)
    since = f"{last.last_beat_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    sentences = ("no worker has ever run", f"no worker is running since {since}")
    for told, sentence in zip((bare, on_the_database("doctor")), sentences, strict=True):
        bad = [line for line in told.stdout.splitlines() if line.startswith("BAD ")]
        assert (told.returncode, bad) == (1, [f"BAD {sentence}, so nothing is sent or read: start one with uku worker"])


def test_the_doctor_says_that_the_database_is_away(on_the_database):
    told = on_the_database("doctor", DATABASE_URL="postgresql://uku@127.0.0.1:9/uku")
    assert (told.returncode, told.stdout.partition(":")[0]) == (
        1,
        "BAD the database does not answer, so nothing else was looked at",
    )


def test_the_doctor_says_what_is_weaker_with_one_role_and_what_is_missing(on_the_database, addresses):
    heartbeat(seconds_ago=1)
    told = on_the_database("doctor", DATABASE_URL=addresses.owner, UKU_FORTNOX_CLIENT_ID="")
    bad = [line for line in told.stdout.splitlines() if line.startswith("BAD ")]
    assert (told.returncode, bad) == (
        1,
        [
            f"BAD {ONE_ROLE}",
            "BAD Fortnox client id or secret missing",
        ],
    )


def test_a_workspace_is_made_listed_and_moved_to_another_plan(on_the_database):
    made = on_the_database(
        "workspace", "create", "Byrån", "byran", "Olga@Byran.Example", said="correct horse battery\n" * 2
    )
    assert (made.returncode, made.stdout.endswith(":Byrån is at /w/byran/\n")) == (0, True)
    changed = on_the_database("workspace", "set-plan", "byran", "elite")
    assert (changed.returncode, changed.stdout) == (0, "")
    assert on_the_database("workspace", "list").stdout == "byran  elite  olga@byran.example\n"
    assert User.objects.get().password.startswith("argon2$argon2id$")
    assert (Membership.everywhere.count(), AuditEntry.everywhere.count()) == (1, 2)


def test_the_operator_lists_the_members_and_names_another_owner(on_the_database):
    for email in ("olga@byran.example", "anna@byran.example"):
        User.objects.create_user(email=email, password=None)
    on_the_database("workspace", "create", "Byrån", "byran", "olga@byran.example")
    Membership.everywhere.create(
        workspace=Workspace.objects.get(), user=User.objects.get(email="anna@byran.example"), role="member"
    )
    told = on_the_database("workspace", "set-owner", "byran", "Anna@Byran.Example")
    assert (told.returncode, told.stdout) == (0, "")
    assert on_the_database("workspace", "members", "byran").stdout == (
        "anna@byran.example  owner  active\nolga@byran.example  admin  active\n"
    )
    told = on_the_database("workspace", "set-owner", "byran", "nobody@byran.example")
    assert (told.returncode, told.stdout) == (2, "nobody@byran.example is not a member of byran.\n")


def test_a_person_who_is_known_is_not_asked_for_a_password(on_the_database):
    User.objects.create_user(email="olga@byran.example", password=None)
    made = on_the_database("workspace", "create", "Byrån", "byran", "olga@byran.example")
    assert (made.returncode, Workspace.objects.get().name) == (0, "Byrån")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("workspace", "set-plan", "nobody", "elite"), "There is no workspace nobody."),
        (("workspace", "set-plan", "byran", "gold"), "There is no plan gold; there are free, team, elite."),
        (("workspace", "create", "Two", "byran", "olga@byran.example"), "There is a workspace byran already."),
        (
            ("workspace", "create", "Two", "t/wo", "x@y.example"),
            "t/wo cannot stand in an address; use letters a to z, digits, - and _.",
        ),
        (("fortnox", "sync", "nobody"), "There is no workspace nobody."),
        (("fortnox", "sync", "byran"), "Workspace byran has not enabled Fortnox."),
        (
            ("workspace", "create", "Two", "two", "olga@byran.example", "--plan", "gold"),
            "There is no plan gold; there are free, team, elite.",
        ),
    ],
)
def test_what_cannot_be_done_to_a_workspace_is_a_sentence(on_the_database, arguments, sentence):
    User.objects.create_user(email="olga@byran.example", password=None)
    on_the_database("workspace", "create", "Byrån", "byran", "olga@byran.example")
    told = on_the_database(*arguments)
    assert (told.returncode, told.stdout, told.stderr) == (2, f"{sentence}\n", "")
    assert list(Workspace.objects.values_list("slug", "plan")) == [("byran", "team")]


def test_fortnox_has_no_connections_to_show_at_first(on_the_database):
    told = on_the_database("fortnox", "status")
    assert (told.returncode, told.stdout) == (0, "")


def test_the_doctor_says_that_the_schema_waits_and_asks_no_table_that_is_not_there(cluster, addresses, database_name):
    """A new installation, or one whose `uku migrate` was forgotten, gets a sentence and not a traceback."""
    bare = f"{database_name}_bare"
    cluster.create_database(bare)
    told = uku("doctor", **{**SUITE_KEYS, "DATABASE_URL": addresses.app.replace(database_name, bare)})
    assert (told.returncode, told.stderr) == (1, "")
    bad = [line for line in told.stdout.splitlines() if line.startswith("BAD ")]
    assert len(bad) == 1
    assert bad[0].endswith(" migrations waiting")


def test_a_database_whose_migrations_are_gone_from_this_version_is_refused_and_stays(cluster, addresses, database_name):
    """Upgraded in part by a version of before: some of the replaced migrations are applied, and not all."""
    old = f"{database_name}_old"
    cluster.create_database(old)
    places = {name: getattr(addresses, name).replace(database_name, old) for name in ("app", "owner")}
    with psycopg.connect(places["owner"], autocommit=True) as session:
        session.execute("CREATE TABLE django_migrations (id serial, app text, name text, applied timestamptz)")
        session.execute("INSERT INTO django_migrations VALUES (1, 'uku', '0001_initial', now())")
        told = uku("migrate", **{**SUITE_KEYS, "DATABASE_URL": places["app"], "MIGRATE_DATABASE_URL": places["owner"]})
        assert (told.returncode, told.stderr) == (2, "")
        assert told.stdout.startswith("The database is from an older version, ")
        tables = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert tables == [("django_migrations",)]
