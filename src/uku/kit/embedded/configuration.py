"""PostgreSQL's three configuration files, written anew at each start."""

from pathlib import Path

from uku.kit.embedded.places import PORT, Place
from uku.kit.embedded.roles import APP, OWNER, SUPERUSER

ACCESS = "local all all peer map=uku\n"
DURABLE = {"fsync": "on"}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def write(place: Place, *, fsync: bool) -> Path:
    """Write the files into our folder, which PostgreSQL can read but not change; return the main one.

    What an operator sets with ALTER SYSTEM stays in the data folder and wins.
    """
    settings = {
        "hba_file": str(place.folder / "access.conf"),
        "ident_file": str(place.folder / "accounts.conf"),
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": f'"{place.sockets}"',
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_line_prefix": "%m [%p] %u@%d ",
    } | (DURABLE if fsync else FORGETFUL)
    quoted = {name: value.replace("\\", "\\\\").replace("'", "''") for name, value in settings.items()}
    accounts = sorted({place.account, "root"} if place.switches_user else {place.account})
    files = {
        "access.conf": ACCESS,
        "accounts.conf": "".join(f'uku "{name}" {role}\n' for name in accounts for role in (SUPERUSER, OWNER, APP)),
        "postgresql.conf": "".join(f"{name} = '{value}'\n" for name, value in quoted.items()),
    }
    for name, text in files.items():
        file = place.folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o644)
    return place.folder / "postgresql.conf"
