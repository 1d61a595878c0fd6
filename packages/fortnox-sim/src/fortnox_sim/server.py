"""Serving the simulator with Werkzeug's threaded server."""

import signal
import socket
import sys
from types import FrameType
from typing import Any, NoReturn

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from fortnox_sim.app import Simulator
from fortnox_sim.fault_actions import is_to_be_reset


class Handler(WSGIRequestHandler):
    """A quiet handler that names itself Fortnox in the header Server."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing; the journal has it."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Read no further request from a connection that a fault broke."""
        del error, environ
        self.close_connection = True

    def version_string(self) -> str:
        return "Fortnox"


class Server(ThreadedWSGIServer):
    """A threaded server whose threads never keep the process alive."""

    request_queue_size = 512

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection; one that a fault resets is not ended politely first."""
        if isinstance(request, socket.socket) and is_to_be_reset(request):
            request.close()
        else:
            super().shutdown_request(request)


def build_server(app: Simulator, host: str, port: int) -> Server:
    """Bind the server; port 0 takes a free one."""
    return Server(host, port, app, handler=Handler)


def serve(app: Simulator, host: str, port: int) -> None:
    """Serve until told to stop, and say where."""
    server = build_server(app, host, port)
    sys.stdout.write(f"fortnox_sim listening on http://{host}:{server.port}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        with app.installation.lock:
            app.installation.faults.clear()
            app.installation.store.close()


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
