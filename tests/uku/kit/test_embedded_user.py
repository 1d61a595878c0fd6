"""The same cluster as an ordinary user has it, tried from root by acting as one."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

import uku
from uku.kit.embedded import Cluster, places

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.geteuid() != 0, reason="test_embedded.py runs as this ordinary user already"),
]

SCRIPT = """
import sys
from pathlib import Path
import psycopg
from uku.kit.embedded import Cluster, ClusterError
try:
    cluster = Cluster(Path(sys.argv[1]), fsync=False)
    for _ in range(2):
        with psycopg.connect(cluster.ensure_running().app) as connection:
            print(connection.execute("SELECT current_user").fetchone()[0])
    status = cluster.status()
    for folder in (status.data, status.sockets):
        print(oct(folder.stat().st_mode & 0o777), folder.owner(), folder)
    cluster.destroy()
    print(status.data.exists(), status.sockets.exists())
except ClusterError as error:
    print(error)
"""


@pytest.fixture
def home():
    """A folder of user nobody's, in a place that nobody can reach."""
    folder = Path(tempfile.mkdtemp(prefix="uku-"))
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    yield folder
    shutil.rmtree(folder)


def run_as_nobody(home, code=SCRIPT):
    """Root's Python may be closed to others; the system's own of the same version is then as good."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            done = as_nobody([python, "-c", code, str(home)])
        except (PermissionError, FileNotFoundError):
            continue
        if "ModuleNotFoundError" not in done.stderr:
            assert done.stderr == ""
            return done.stdout.splitlines()
    pytest.skip("another user reaches neither this checkout nor a Python of this version")


def as_nobody(command):
    folders = [Path(uku.__file__).parents[1], Path(psycopg.__file__).parents[1]]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, folders))}
    nobody = pwd.getpwnam("nobody")
    return subprocess.run(
        command, env=environment, cwd="/", user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_an_ordinary_users_cluster_lives_in_the_home(home):
    assert run_as_nobody(home) == [
        "uku_app",
        "uku_app",
        f"0o700 nobody {home}/postgres/data",
        f"0o700 nobody {home}/postgres/run",
        "False False",
    ]


def test_a_long_path_moves_only_the_socket(home):
    long = home / ("long" * 30)
    told = run_as_nobody(long)
    assert told[2] == f"0o700 nobody {long}/postgres/data"
    assert told[3].startswith("0o700 nobody /tmp/uku-pg-")
    assert told[4:] == ["False False"]


def test_another_persons_socket_folder_is_not_used(home):
    long = home / ("long" * 30)
    key = places.place_for(long).folder.name
    taken = Path(os.sep, "tmp") / f"uku-pg-{pwd.getpwnam('nobody').pw_uid}-{key}"
    taken.mkdir(mode=0o700)
    try:
        assert "must belong to nobody alone" in run_as_nobody(long)[0]
    finally:
        taken.rmdir()


def test_a_home_that_root_has_a_cluster_for_is_refused(home):
    cluster = Cluster(home, fsync=False)
    cluster.ensure_running()
    try:
        made = cluster.status().data.parent
        sentence = f"{home} has a database that root made, in {made}. Run Uku as root."
        assert run_as_nobody(home) == [sentence]
    finally:
        cluster.destroy()
