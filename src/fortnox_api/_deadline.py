"""A total deadline for a request: httpx2 has none, and one byte a second would keep any read timeout happy.

The deadline in force is a context variable. The network backend below caps each connect, TLS handshake, read
and write to what is left of it, so that slowly dripped headers end in time as well.
"""

import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

type_of_option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock."""

    at: float
    monotonic: Callable[[], float]

    def left(self) -> float:
        """Seconds that remain; below zero when it has passed."""
        return self.at - self.monotonic()

    def later(self, seconds: float) -> "Deadline":
        """Return the same deadline, moved."""
        return Deadline(self.at + seconds, self.monotonic)


_current: ContextVar[Deadline | None] = ContextVar("fortnox_api_deadline", default=None)


@contextlib.contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """Put a deadline in force for what this thread does inside the block."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


def _capped(timeout: float | None, passed: type[Exception]) -> float | None:
    deadline = _current.get()
    if deadline is None:
        return timeout
    left = deadline.left()
    if left <= 0:
        raise passed("the total deadline has passed")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _capped(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), 16384):
            self._inner.write(buffer[start : start + 16384], _capped(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        capped = _capped(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, capped))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[type_of_option] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in _addresses(host, port):
            capped = _capped(timeout, httpcore2.ConnectTimeout)
            try:
                return _Stream(self._inner.connect_tcp(address, port, capped, local_address, socket_options or ()))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as fault:
                failure = fault
        raise failure


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as fault:
        raise httpcore2.ConnectError(str(fault)) from fault
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


_NAMES = (
    "TimeoutException", "ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout", "NetworkError",
    "ConnectError", "ReadError", "WriteError", "ProxyError", "UnsupportedProtocol", "ProtocolError",
    "LocalProtocolError", "RemoteProtocolError",
)  # fmt: skip
_SAME: dict[type[BaseException], type[httpx2.TransportError]] = {
    getattr(httpcore2, name): getattr(httpx2, name) for name in _NAMES
}


@contextlib.contextmanager
def _as_httpx2() -> Iterator[None]:
    try:
        yield
    except tuple(_SAME) as fault:
        raise _SAME[type(fault)](str(fault)) from fault


class _Body(httpx2.SyncByteStream):
    def __init__(self, inner: Iterable[bytes]) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx2():
            yield from self._inner

    def close(self) -> None:
        with _as_httpx2():
            self._inner.close()  # type: ignore[attr-defined]


@cache
def _trusted() -> SSLContext:
    # Loading the certificates takes longer than most requests, so all transports of a process share them.
    return httpx2.create_ssl_context()


class DeadlineTransport(httpx2.BaseTransport):
    """The transport that the client uses by itself: HTTP/1.1 over a pool, each step capped to the total
    deadline.

    Redirects, cookies, proxies from the environment and `netrc` do not exist here. Looking up the host name
    is the one step outside the deadline: the system's resolver cannot be interrupted and has its own limit.
    Wrap this class to watch or forbid requests; the deadline reaches it through the wrapper.
    """

    def __init__(self, ssl_context: SSLContext | None = None) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context or _trusted(),
            max_connections=20,
            max_keepalive_connections=10,
            keepalive_expiry=5.0,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request and return as soon as the headers of its answer are there."""
        with _as_httpx2():
            answer = self._pool.handle_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        body = _Body(answer.stream)  # type: ignore[arg-type]
        return httpx2.Response(answer.status, headers=answer.headers, stream=body)

    def close(self) -> None:
        """Close all connections."""
        with _as_httpx2():
            self._pool.close()
