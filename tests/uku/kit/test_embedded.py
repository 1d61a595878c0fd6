"""Real clusters, as whoever runs the suite: root in CI, an ordinary user at a desk."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

import uku
from uku.kit.embedded import Cluster, ClusterError, places

pytestmark = pytest.mark.process

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(uku.__file__).parents[1])}
ENSURE = "import sys; from pathlib import Path; from uku.kit.embedded import Cluster; "
ENSURE += "print(Cluster(Path(sys.argv[1]), fsync=False).ensure_running().app, flush=True); "
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another user")


@pytest.fixture
def make_cluster():
    made = []

    def make(home, *, fsync=False):
        cluster = Cluster(home, fsync=fsync)
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        if cluster.status().made:
            cluster.destroy()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("shared"), fsync=False)
    cluster.ensure_running()
    yield cluster
    cluster.destroy()


@pytest.fixture(scope="module")
def worn(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("worn"), fsync=False)
    yield cluster
    cluster.destroy()


@pytest.fixture
def spare(worn):
    """A running cluster that a test may stop and hurt, and leaves so that it can be started again."""
    worn.ensure_running()
    return worn


def ask(address, question):
    with psycopg.connect(address, autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def mode(folder):
    return stat.S_IMODE(folder.stat().st_mode)


def postmaster(cluster):
    return int((cluster.status().data / "postmaster.pid").read_text().split("\n")[0])


def start_python(code, home, **options):
    command = [sys.executable, "-c", code, str(home)]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, **options)


def control_data(cluster, line):
    program = cluster.programs() / "pg_controldata"
    told = subprocess.run([program, cluster.status().data], capture_output=True, text=True, check=True).stdout
    return dict(entry.split(":", 1) for entry in told.splitlines() if ":" in entry)[line].strip()


def test_each_role_reaches_the_database(shared):
    found = shared.addresses()
    assert [ask(address, "SELECT current_user") for address in (found.app, found.owner, found.superuser)] == [
        "uku_app",
        "uku_owner",
        "postgres",
    ]


def test_postgres_tools_reach_the_database(shared):
    command = [shared.programs() / "pg_dump", "--schema-only", "--dbname", shared.addresses().owner]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_port_in_the_environment_does_not_lead_elsewhere(shared, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    assert ask(shared.addresses().app, "SELECT 1") == 1


def test_the_cluster_keeps_its_promises(shared):
    def setting(name):
        return ask(shared.addresses().app, f"SELECT current_setting('{name}')")

    names = ("listen_addresses", "data_checksums", "server_encoding", "unix_socket_permissions", "TimeZone")
    assert [setting(name) for name in names] == ["", "on", "UTF8", "0700", "UTC"]
    locale = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'uku'"
    assert ask(shared.addresses().app, locale) == "bC.UTF-8"


def test_folders_are_closed_to_others(shared):
    status = shared.status()
    assert (mode(status.data), mode(status.sockets), mode(status.log.parent)) == (0o700, 0o700, 0o700)
    assert mode(status.data.parent) & 0o007 == 0


def test_the_app_role_is_neither_owner_nor_superuser(shared):
    rights = "SELECT ARRAY[rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls] FROM pg_roles "
    for role in ("uku_app", "uku_owner"):
        assert ask(shared.addresses().app, rights + f"WHERE rolname = '{role}'") == [False] * 5
    owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'uku'"
    assert ask(shared.addresses().app, owner) == "uku_owner"
    assert ask(shared.addresses().app, "SELECT pg_has_role('uku_app', 'uku_owner', 'MEMBER')") is False


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE forbidden ()",
        "CREATE TEMP TABLE forbidden ()",
        "CREATE SCHEMA forbidden",
        "CREATE DATABASE forbidden",
    ],
)
def test_the_app_role_creates_nothing(shared, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(shared.addresses().app, statement)


def test_what_the_owner_makes_the_app_may_use(shared):
    with psycopg.connect(shared.addresses().owner) as connection:
        connection.execute("CREATE TABLE made (id serial PRIMARY KEY, word text)")
        connection.execute("CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql RETURN 2 * n")
    with psycopg.connect(shared.addresses().app) as connection:
        connection.execute("INSERT INTO made (word) VALUES ('a'), ('b')")
        connection.execute("UPDATE made SET word = 'c' WHERE id = twice(1)")
        connection.execute("DELETE FROM made WHERE id = 1")
        assert connection.execute("SELECT id, word FROM made").fetchall() == [(2, "c")]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DROP TABLE made")


def test_a_copy_of_a_database_has_its_rows_and_its_rights(shared):
    template = shared.create_database("uku_template")
    with psycopg.connect(template.owner) as connection:
        connection.execute("CREATE TABLE note AS SELECT 7 AS n")
    copy = shared.create_database("uku_copy", template="uku_template")
    assert ask(copy.app, "SELECT n FROM note") == 7
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(copy.app, "CREATE TEMP TABLE forbidden ()")
    with psycopg.connect(copy.owner):
        shared.drop_database("uku_copy")
    shared.drop_database("uku_copy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        ask(copy.app, "SELECT 1")


class Watched(Cluster):
    """Notes the PostgreSQL programs that it runs."""

    def _run(self, program, *arguments):
        self.ran = [*getattr(self, "ran", []), program]
        super()._run(program, *arguments)


def test_a_second_call_attaches_and_runs_no_program(make_cluster, tmp_path):
    second = Watched(tmp_path, fsync=False)
    make_cluster(tmp_path).ensure_running()
    before = postmaster(second)
    assert second.ensure_running() == second.addresses()
    assert (postmaster(second), getattr(second, "ran", [])) == (before, [])


def test_the_status_is_told_before_and_after(make_cluster, tmp_path):
    cluster = make_cluster(tmp_path / "home")
    status = cluster.status()
    assert (status.made, status.running, status.version) == (False, False, "")
    assert not (tmp_path / "home").exists()
    cluster.ensure_running()
    status = cluster.status()
    assert (status.made, status.running, status.version) == (True, True, "18")


def test_a_home_below_a_closed_folder_stays_closed(make_cluster, tmp_path):
    closed = tmp_path / "closed"
    home = closed / "home"
    home.mkdir(parents=True)
    for folder in (closed, home):
        folder.chmod(0o700)
    owner = home.stat().st_uid
    assert ask(make_cluster(home).ensure_running().app, "SELECT 1") == 1
    assert (mode(closed), mode(home), home.stat().st_uid) == (0o700, 0o700, owner)


def test_an_open_home_stays_as_it_is(make_cluster, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    make_cluster(home).ensure_running()
    assert mode(home) == 0o755


@as_root
def test_nothing_of_roots_is_touched(make_cluster, tmp_path):
    make_cluster(tmp_path).ensure_running()
    assert list(tmp_path.iterdir()) == []


def test_a_path_too_long_for_a_socket_still_works(make_cluster, tmp_path):
    cluster = make_cluster(tmp_path / ("long" * 20) / ("longer" * 20))
    assert ask(cluster.ensure_running().app, "SELECT 1") == 1
    assert len(str(cluster.status().sockets)) < 90


def test_a_path_with_signs_in_it_still_works(make_cluster, tmp_path):
    cluster = make_cluster(tmp_path / 'it\'s 100 % "å\\ö" $HOME & more')
    assert ask(cluster.ensure_running().app, "SELECT 1") == 1


def test_two_processes_at_once_make_one_cluster(make_cluster, tmp_path):
    cluster = make_cluster(tmp_path / "home")
    both = [start_python(ENSURE, tmp_path / "home") for _ in range(2)]
    told = [process.communicate(timeout=60)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert told == [cluster.addresses().app] * 2


def test_a_killed_postmaster_is_started_again_with_its_data(make_cluster, tmp_path):
    cluster = make_cluster(tmp_path, fsync=True)
    address = cluster.ensure_running().owner
    with psycopg.connect(address) as connection:  # a child that lives a moment longer than its parent
        connection.execute("CREATE TABLE kept AS SELECT 5 AS n")
        connection.commit()
        os.kill(postmaster(cluster), signal.SIGKILL)
    assert ask(cluster.ensure_running().owner, "SELECT n FROM kept") == 5


def test_a_child_that_outlives_a_killed_postmaster_is_waited_for(make_cluster, tmp_path):
    cluster = make_cluster(tmp_path, fsync=True)
    with psycopg.connect(cluster.ensure_running().app) as connection:
        child = connection.info.backend_pid
        os.kill(child, signal.SIGSTOP)
        os.kill(postmaster(cluster), signal.SIGKILL)
        threading.Timer(1, os.kill, (child, signal.SIGCONT)).start()
        assert ask(cluster.ensure_running().app, "SELECT 1") == 1


def test_a_pid_that_another_program_has_now_is_no_hindrance(spare):
    spare.stop("immediate")
    other = subprocess.Popen(["/bin/sleep", "60"], **as_account(spare))
    (spare.status().data / "postmaster.pid").write_text(f"{other.pid}\n{spare.status().data}\n1\n5432\n")
    try:
        assert ask(spare.ensure_running().app, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def as_account(cluster):
    return {"user": cluster.status().account} if os.geteuid() == 0 else {}


def test_a_lost_socket_is_made_again(spare):
    for left in spare.status().sockets.iterdir():
        left.unlink()
    assert not spare.running()
    assert ask(spare.ensure_running().app, "SELECT 1") == 1


def test_the_cluster_outlives_the_process_that_started_it(make_cluster, tmp_path):
    cluster = make_cluster(tmp_path)
    parent = start_python(ENSURE + "import time; time.sleep(60)", tmp_path, start_new_session=True)
    parent.stdout.readline()
    before = postmaster(cluster)
    os.killpg(parent.pid, signal.SIGKILL)
    parent.communicate()
    assert cluster.running()
    assert (ask(cluster.ensure_running().app, "SELECT 1"), postmaster(cluster)) == (1, before)


def test_an_interrupted_first_start_is_finished(spare):
    spare.drop_database("uku")
    (spare.status().data.parent / "prepared").unlink()
    assert ask(spare.ensure_running().app, "SELECT current_user") == "uku_app"


def test_stopping_is_clean_and_may_be_repeated(spare):
    with psycopg.connect(spare.addresses().app):
        spare.stop()
    assert (spare.running(), control_data(spare, "Database cluster state")) == (False, "shut down")
    spare.stop()
    assert ask(spare.ensure_running().app, "SELECT 1") == 1


def test_a_start_that_fails_says_why(spare):
    spare.stop()
    settings = spare.status().data / "postgresql.auto.conf"
    settings.write_text("max_connections = 'many'\n")
    try:
        with pytest.raises(ClusterError, match=r"did not start(?s:.*)max_connections"):
            spare.ensure_running()
    finally:
        settings.write_text("")


def test_data_of_another_version_is_left_alone(spare):
    spare.stop()
    version = spare.status().data / "PG_VERSION"
    version.write_text("9\n")
    try:
        with pytest.raises(ClusterError, match="made by PostgreSQL 9"):
            spare.ensure_running()
    finally:
        version.write_text("18\n")


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    cluster = Cluster(tmp_path, fsync=False)
    folder = cluster.status().data.parent
    folder.mkdir(parents=True)
    (folder / "theirs").touch()
    try:
        with pytest.raises(ClusterError, match="not made by Uku"):
            cluster.ensure_running()
        with pytest.raises(ClusterError, match="left alone"):
            cluster.destroy()
        assert sorted(entry.name for entry in folder.iterdir()) == ["theirs"]
    finally:
        (folder / "theirs").unlink()
        folder.rmdir()
        folder.with_suffix(".lock").unlink()


@as_root
def test_root_does_not_make_a_second_cluster_for_a_users_home(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / places.MARKER).touch()
    with pytest.raises(ClusterError, match="Run Uku as that user"):
        Cluster(tmp_path)


def test_destroying_leaves_nothing(make_cluster, tmp_path):
    cluster = make_cluster(tmp_path / "home")
    cluster.ensure_running()
    status = cluster.status()
    cluster.destroy()
    left = [status.data.parent, status.sockets, status.data.parent.with_suffix(".lock")]
    assert [path.exists() for path in left] == [False, False, False]


def test_destroying_what_was_never_made_does_nothing(make_cluster, tmp_path):
    """As `uku demo --reset` does in a new checkout."""
    cluster = make_cluster(tmp_path)
    cluster.destroy()
    assert (cluster.status().made, list(tmp_path.iterdir())) == (False, [])
