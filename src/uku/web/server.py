"""The web server: Granian with threads, one process; more processes and machines need only the database."""

from __future__ import annotations

from granian.constants import Interfaces
from granian.server import Server


def run(*, host: str, port: int, threads: int = 8) -> None:
    """Serve until SIGTERM or SIGINT."""
    Server(
        "uku.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        log_access=False,
        websockets=False,
    ).serve()
