"""Serving the simulator: a thread for each connection, connections kept as Fortnox keeps them."""

import contextlib
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from fortnox_sim.app import Simulator
from fortnox_sim.fault_actions import is_to_be_reset
from fortnox_sim.http_format import write_chunks, write_head

IDLE_SECONDS = 60
LONGEST_REST = 100_000_000
NO_BODY = "204"


class RequestBody:
    """The body of one request, which ends where its Content-Length says, so that the next request can follow."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self.left = length

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        data: bytes = self._stream.read(wanted) if wanted else b""
        self.left = self.left - len(data) if len(data) == wanted else 0
        return data


class Handler(WSGIRequestHandler):
    """Handles the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing; the journal has it."""

    def log_error(self, *told: Any) -> None:
        """Tell what went wrong; that nobody used a kept connection for a minute is nothing wrong."""
        if not isinstance(told[-1], TimeoutError):
            super().log_error(*told)

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Read no further request from a connection that a fault broke."""
        del error, environ
        self.close_connection = True

    def run_wsgi(self) -> None:
        """Run the application for one request, and keep the connection when its body was read whole."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        body = RequestBody(self.rfile, int(self.headers.get("Content-Length") or 0))
        if environ.get("wsgi.input_terminated"):
            self.close_connection = True
        else:
            environ["wsgi.input"] = body
        status, headers, content = "", [("Content-Length", "0")], b""

        def start_response(line: str, named: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
            nonlocal status, headers
            status, headers = line, named
            return self.wfile.write

        try:
            content = b"".join(self.server.app(environ, start_response))
        except (ConnectionError, ClientDisconnected) as error:
            self.connection_dropped(error, environ)
            return
        except Exception:  # noqa: BLE001  (a defect of the simulator is shown to both sides)
            traceback.print_exc()
            status, headers = "500", [("Content-Length", "0")]
        try:
            self._send(status, headers, content, keep=not body.left)
            for _ in range(0, min(body.left, LONGEST_REST), 1_000_000):
                body.read(1_000_000)
        except OSError as error:
            self.connection_dropped(error, environ)

    def _send(self, status: str, headers: list[tuple[str, str]], content: bytes, *, keep: bool) -> None:
        """Write one response; without a length it is chunked, where the client's HTTP knows chunks."""
        code = status.split(maxsplit=1)[0]
        if code != NO_BODY and not any(name.lower() == "content-length" for name, _ in headers):
            if self.request_version == "HTTP/1.0":
                headers = [*headers, ("Content-Length", str(len(content)))]
            else:
                headers, content = [*headers, ("Transfer-Encoding", "chunked")], write_chunks(content)
        self.close_connection = self.close_connection or not keep
        if self.close_connection:
            headers = [*headers, ("Connection", "close")]
        self.wfile.write(write_head(int(code), headers) + content)


class Server(ThreadedWSGIServer):
    """A threaded server whose threads never keep the process alive, and whose connections end with it."""

    request_queue_size = 512

    def __init__(self, app: Any, host: str, port: int) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(host, port, app, handler=Handler)

    def serve_forever(self, poll_interval: float = 0.01) -> None:
        """Look so often whether to stop, in seconds: who starts many waits half a second for each otherwise."""
        super().serve_forever(poll_interval)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection; one that a fault resets is not ended politely first."""
        if isinstance(request, socket.socket):
            self._connections.discard(request)
            if is_to_be_reset(request):
                request.close()
                return
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening and end the connections that are kept."""
        super().server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def build_server(app: Simulator, host: str, port: int) -> Server:
    """Bind the server; port 0 takes a free one."""
    return Server(app, host, port)


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
        server.server_close()
        with app.installation.lock:
            app.installation.faults.clear()
            app.installation.store.close()


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
