"""Where a cluster lives, which account runs it, and who may touch it at a time.

An ordinary user's cluster lives in `<home>/postgres` and runs as that user. PostgreSQL refuses root, and
root's folders are closed to others, so root's cluster lives below `/var/lib/uku-pg` and runs as the account
`uku-pg`. Only folders made here ever get a mode or an owner.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from uku.kit.embedded.errors import ClusterError

BASE = Path("/var/lib/uku-pg")
ACCOUNT = "uku-pg"
MARKER = "made-by-uku"
PORT = 5432  # only a part of the socket's name: no TCP port is opened
LONGEST_SOCKET = 103  # macOS; Linux takes 107


@dataclass(frozen=True)
class Place:
    """One cluster's folders. `folder` is ours to read and write, `data` and `sockets` are PostgreSQL's."""

    home: Path
    folder: Path
    sockets: Path
    account: str
    switches_user: bool

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log" / "postgres.log"

    @property
    def marker(self) -> Path:
        return self.folder / MARKER

    @property
    def owned(self) -> bool:
        """Whether this folder was made here, and may therefore be changed and removed."""
        return self.marker.exists()

    def make(self) -> None:
        """Make the folders that are missing; refuse a folder that somebody else made."""
        if self.folder.exists() and not self.owned and any(self.folder.iterdir()):
            raise ClusterError(f"{self.folder} exists and was not made by Uku. Move it away, or set UKU_HOME.")
        if self.switches_user:
            ensure_account()
        if not self.owned:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            if self.switches_user:
                os.chown(self.folder, 0, self.ids()[1])
                self.folder.chmod(0o750)  # PostgreSQL passes through; it cannot change what we write here
            else:
                self.folder.chmod(0o700)
            self.marker.write_text(f"The PostgreSQL of {self.home}\n", encoding="utf-8")
        for folder in (self.sockets, self.log.parent):
            self.make_folder(folder)

    def make_folder(self, folder: Path) -> None:
        """Make a folder that belongs to PostgreSQL's account alone."""
        if not folder.exists():
            folder.mkdir(mode=0o700)
            os.chown(folder, *self.ids())
        found = folder.lstat()
        if (found.st_uid, found.st_mode & 0o777) != (self.ids()[0], 0o700):
            raise ClusterError(f"{folder} must belong to {self.account} alone (mode 0700). Remove it and try again.")

    def remove(self) -> None:
        """Remove everything that was made here."""
        if self.folder.exists():
            if not self.owned:
                raise ClusterError(f"{self.folder} was not made by Uku and is left alone.")
            shutil.rmtree(self.sockets, ignore_errors=True)
            shutil.rmtree(self.folder)
        self._lock_file.unlink(missing_ok=True)

    def ids(self) -> tuple[int, int]:
        """User and group of the account that runs PostgreSQL."""
        entry = pwd.getpwnam(self.account)
        return entry.pw_uid, entry.pw_gid

    @property
    def _lock_file(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.lock")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this place against every other process of this machine."""
        make_parent(self.folder.parent)
        with exclusive(self._lock_file):
            yield


def place_for(home: Path) -> Place:
    """Decide from the home and from who is asking. Makes nothing."""
    home = Path(os.path.realpath(home))
    key = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    inside, outside = home / "postgres", BASE / key
    if os.geteuid() == 0:
        _refuse_split(inside / MARKER, f"{inside.parent} has the database of an ordinary user. Run Uku as that user.")
        return Place(home, outside, outside / "run", ACCOUNT, switches_user=True)
    _refuse_split(outside, f"{inside.parent} has a database that root made, in {outside}. Run Uku as root.")
    sockets = inside / "run"
    if len(os.fsencode(sockets / f".s.PGSQL.{PORT}")) > LONGEST_SOCKET:
        sockets = Path("/tmp") / f"uku-pg-{os.geteuid()}-{key}"  # noqa: S108 - 0700, and refused when it is another's
    return Place(home, inside, sockets, _own_name(), switches_user=False)


def make_parent(folder: Path) -> None:
    """Make the folder above a cluster's when it is missing; an existing one is left as it is."""
    if folder == BASE:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)  # root's umask may have closed it
    elif not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextlib.contextmanager
def exclusive(file: Path) -> Iterator[None]:
    """Hold a file lock; when the file was replaced while waiting, wait for the new one."""
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if file.exists() and os.path.samestat(os.fstat(handle), file.stat()):
                yield
                return
        finally:
            os.close(handle)


def ensure_account() -> None:
    """PostgreSQL's peer authentication asks for an account with a name, so root's cluster gets one."""
    if _account_exists():
        return
    program = shutil.which("useradd")
    if program is None:
        raise ClusterError("PostgreSQL does not run as root, and `useradd` is missing. Run Uku as an ordinary user.")
    with exclusive(BASE / "account.lock"):
        if _account_exists():
            return
        made = subprocess.run(
            [program, "--system", "--user-group", "--no-create-home", "--home-dir", str(BASE),
             "--shell", "/usr/sbin/nologin", ACCOUNT],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if made.returncode:
        raise ClusterError(f"The account {ACCOUNT} could not be made: {made.stderr.strip()}")


def _account_exists() -> bool:
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


def _refuse_split(other: Path, sentence: str) -> None:
    """Two clusters for one home would be two truths."""
    if other.exists():
        raise ClusterError(sentence)


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise ClusterError(
            f"User {os.geteuid()} has no name on this machine, and PostgreSQL asks for one. "
            "Run Uku as a named user, or set DATABASE_URL."
        ) from None
