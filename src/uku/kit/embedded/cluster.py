"""One PostgreSQL cluster of ours: made, started, found again, stopped."""

import os
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from psycopg.pq import PGconn, Ping

from uku.kit.embedded import binaries, configuration, postmaster, roles
from uku.kit.embedded.errors import ClusterError, ProgramFailedError
from uku.kit.embedded.places import BASE, Place, exclusive, place_for
from uku.kit.embedded.roles import Addresses

START_SECONDS = 60
ORPHAN_SECONDS = 10  # how long children of a killed postmaster may keep its memory
LARGEST_LOG = 10_000_000
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")


@dataclass(frozen=True)
class ClusterStatus:
    """What `uku doctor` shows."""

    made: bool
    running: bool
    version: str
    account: str
    data: Path
    sockets: Path
    log: Path


class Cluster:
    """The embedded PostgreSQL of one home. Cheap to make; nothing happens until it is asked to."""

    def __init__(self, home: Path, *, fsync: bool = True) -> None:
        """Turn `fsync` off only where the data may be lost, as in tests."""
        self._place: Place = place_for(home)
        self._fsync = fsync

    def ensure_running(self) -> Addresses:
        """Make the cluster if new, start it if stopped, and say where it is reached."""
        with self._place.locked():
            deadline = time.monotonic() + START_SECONDS
            while (state := self._ping()) is Ping.REJECT and time.monotonic() < deadline:
                time.sleep(0.05)  # it is starting or stopping
            if state is not Ping.OK:
                self._place.make()
                self._initialise()
                self._start()
            prepared = self._place.folder / "prepared"
            if not prepared.exists():
                roles.prepare(self._place)
                prepared.touch()
        return self.addresses()

    def addresses(self, database: str = roles.DATABASE) -> Addresses:
        """Where a database of this cluster is reached, whether or not it runs."""
        return roles.addresses(self._place, database)

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop and wait for it; a cluster that is not running is left as it is."""
        with self._place.locked():
            if postmaster.alive(self._place.data):
                self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", self._place.data)

    def running(self) -> bool:
        """Whether it answers, if only to say that it is starting or stopping."""
        return self._ping() in {Ping.OK, Ping.REJECT}

    def status(self) -> ClusterStatus:
        place, version = self._place, self._place.data / "PG_VERSION"
        made = os.access(version, os.R_OK)
        return ClusterStatus(
            made=made,
            running=self.running(),
            version=version.read_text(encoding="ascii").strip() if made else "",
            account=place.account,
            data=place.data,
            sockets=place.sockets,
            log=place.log,
        )

    def create_database(self, name: str, template: str | None = None) -> Addresses:
        """Make a database owned by uku_owner; nobody may be connected to the template meanwhile."""
        roles.create_database(self._place, name, template)
        return self.addresses(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, connections to it included."""
        roles.drop_database(self._place, name)

    def destroy(self) -> None:
        """Stop and remove the cluster with its data. Only for clusters of tests and `--reset`."""
        self.stop(mode="immediate")
        with self._place.locked():
            self._place.remove()

    def programs(self) -> Path:
        """The folder with pg_dump, pg_restore, psql and the rest, of this cluster's version."""
        install = binaries.choose(self._place.data)
        if self._place.switches_user:
            with exclusive(BASE / "programs.lock"):
                install = binaries.copy_below(BASE, install)
        return install / "bin"

    def _ping(self) -> Ping:
        return Ping(PGconn.ping(self.addresses("postgres").superuser.encode()))

    def _initialise(self) -> None:
        if self._place.data.exists():
            return
        new = self._place.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        self._place.make_folder(new)
        sync = () if self._fsync else ("--no-sync",)
        self._run("initdb", "-D", new, "-U", roles.SUPERUSER, "--auth=peer", "--data-checksums", *LOCALE, *sync)
        new.rename(self._place.data)

    def _start(self) -> None:
        """Start, and once more while the memory of a killed postmaster is being let go."""
        settings = configuration.write(self._place, fsync=self._fsync)
        data, log = self._place.data, self._place.log
        if postmaster.alive(data):  # it runs, yet its socket is gone
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", data)
        postmaster.disown(data, self._place.sockets)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        deadline = time.monotonic() + ORPHAN_SECONDS
        while (failure := self._try_to_start(settings)) and time.monotonic() < deadline:
            if "still in use" not in failure:
                break
            time.sleep(0.1)
        if failure:
            raise ClusterError(f"PostgreSQL did not start. The end of {log}:\n{failure}")

    def _try_to_start(self, settings: Path) -> str:
        """Return what PostgreSQL logged when it did not start, "" when it did."""
        log = self._place.log
        before = log.stat().st_size if log.exists() else 0
        options = f"-c config_file={shlex.quote(str(settings))}"
        try:
            self._run("pg_ctl", "start", "-w", "-t", START_SECONDS, "-D", self._place.data, "-l", log, "-o", options)
        except ProgramFailedError as error:
            told = log.read_bytes()[before:] if log.exists() else b""
            return told.decode(errors="replace")[-2000:] or str(error)
        return ""

    def _run(self, program: str, *arguments: object) -> None:
        """Run a PostgreSQL program as the cluster's account, away from this session and its settings."""
        uid, gid = self._place.ids() if self._place.switches_user else (None, None)
        done = subprocess.run(
            [str(self.programs() / program), *map(str, arguments)],
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            user=uid,
            group=gid,
            extra_groups=[] if self._place.switches_user else None,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ProgramFailedError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")
