"""The web server: Granian with threads, one process; more processes and machines need only the database."""

from __future__ import annotations

import errno
import multiprocessing
import os
import socket
from collections.abc import Callable
from typing import Any

from granian.constants import Interfaces
from granian.server import Server

from uku.kit.children import STOP_WITHIN, end_with_parent


class AddressUnavailable(Exception):
    """The address cannot be served at; the message says why and what to do."""


def require_free_port(host: str, port: int) -> None:
    """Raise AddressUnavailable where somebody listens already: Granian would share the port and its requests."""
    place = f"{host}, port {port}"
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressUnavailable(
                f"Something else listens on {place}, so nothing was started. End that program, perhaps an Uku that"
                " still runs, or choose another port with --port."
            ) from error
        why = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise AddressUnavailable(
            f"This machine cannot listen on {place}: {why}. Nothing was started. Choose another address"
            " with --host, or another port with --port."
        ) from error


def run_server(*, host: str, port: int, threads: int = 8) -> None:
    """Serve until SIGTERM or SIGINT; a request has a while to end, then its process is killed."""
    Server(
        "uku.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        log_access=False,
        websockets=False,
        workers_kill_timeout=int(STOP_WITHIN),
    ).serve(target_loader=_load_application, wrap_loader=False)


def _load_application() -> Callable[..., Any]:
    """Called in Granian's own child, which would answer on when its parent is killed; so it watches the parent."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        end_with_parent(parent.join)
    from uku.web.wsgi import application  # starts Django, in this child only

    return application
