"""The transport that the client uses by itself."""

import contextlib
from collections.abc import Iterable, Iterator
from functools import cache
from ssl import SSLContext

import httpcore2
import httpx2

from fortnox_api._network import DeadlineBackend

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
        known = next(_SAME[kind] for kind in type(fault).__mro__ if kind in _SAME)
        raise known(str(fault)) from fault


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
    """The transport that the client uses by itself: HTTP/1.1 over a pool, each step capped to the total deadline.

    Redirects, cookies, proxies from the environment and `netrc` do not exist here. Looking up the host name is the one
    step outside the deadline: the system's resolver cannot be interrupted and has its own limit. Wrap this class to
    watch or forbid requests; the deadline reaches it through the wrapper. With `public_only` no connection is made to
    an address inside a network, after the name was resolved: for a server whose configuration could be turned inward.
    """

    def __init__(self, ssl_context: SSLContext | None = None, *, public_only: bool = False) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context or _trusted(),
            max_connections=20,
            max_keepalive_connections=10,
            keepalive_expiry=5.0,
            network_backend=DeadlineBackend(public_only=public_only),
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
