"""Whether the process named in PostgreSQL's pid file is PostgreSQL, and what to do when it is not."""

import os
import subprocess
from pathlib import Path

NOBODY = 99_999_999  # above every pid a system hands out


def alive(data: Path) -> bool:
    """Whether this data folder's postmaster runs. A pid that another program has by now does not count."""
    pid = _pid(data)
    return pid is not None and _exists(pid) and _serves(pid, data)


def disown(data: Path, sockets: Path) -> None:
    """Let PostgreSQL start although the pid of its dead postmaster is in use again, or not yet collected.

    PostgreSQL would take that process for itself and refuse. In its pid file only the number is changed: the
    rest lets it notice children of the dead postmaster that still hold its memory.
    """
    pid = _pid(data)
    if pid is None or not _exists(pid) or _serves(pid, data):
        return
    for left in sockets.glob(".s.PGSQL.*"):
        left.unlink()
    handle = os.open(_file(data), os.O_RDWR | os.O_NOFOLLOW)
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        rest = file.readlines()[1:]
        file.seek(0)
        file.writelines([f"{NOBODY}\n", *rest])
        file.truncate()


def _file(data: Path) -> Path:
    return data / "postmaster.pid"


def _pid(data: Path) -> int | None:
    try:
        return int(_file(data).read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, data: Path) -> bool:
    """A postmaster's working folder is its data folder; where that cannot be read, its name must do."""
    folder = Path(f"/proc/{pid}/cwd")
    if folder.parent.exists():
        try:
            return folder.readlink() == data.resolve()
        except OSError:  # another user's, or dead and not yet collected by its parent
            return False
    command = ["/bin/ps", "-p", str(pid), "-o", "comm="]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return "postgres" in listed.stdout
