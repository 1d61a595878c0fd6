"""From a request to its response: one host, a total deadline for each step, and a cap on the size. No retry.

httpx2 has no total deadline, and one byte a second would keep any read timeout happy. The deadline in force is a
context variable. The network backend caps each connect, TLS handshake, read and write to what is left of it, so that
slowly dripped headers end in time as well.
"""

import contextlib
import logging
import socket
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from ipaddress import IPv6Address, ip_address
from ssl import SSLContext
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final

import httpcore2
import httpx2

from fortnox_api._clock import Clock
from fortnox_api._errors import ConnectionFailed, Outcome, Unreadable
from fortnox_api._request import Expected, Request
from fortnox_api._response import Response

USER_AGENT: Final = f"fortnox-api/{version('fortnox-api')}"

_log = logging.getLogger("fortnox_api")

_LARGEST_BODY: Final = 32 * 1024 * 1024
"""Bytes, as sent and again after inflating. A page of 500 records is below 1 MB; a printed invoice may be 5."""

_LARGEST_FILE: Final = 1024 * 1024 * 1024
_PIECE: Final = 256 * 1024
"""Bytes that are inflated at a time, and that are looked at of a file."""

_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.LocalProtocolError)

_seconds_left: ContextVar[Callable[[], float] | None] = ContextVar("fortnox_api_seconds_left", default=None)
"""What tells how much of the deadline in force remains."""


def _cap_timeout(timeout: float | None, error: type[Exception]) -> float | None:
    """Return the timeout cut to what is left of the deadline in force. Raises `error` when nothing is."""
    seconds_left = _seconds_left.get()
    if seconds_left is None:
        return timeout
    left = seconds_left()
    if left <= 0:
        raise error("the total deadline has passed")
    return left if timeout is None else min(timeout, left)


@dataclass(eq=False)
class _Stream(httpcore2.NetworkStream):
    inner: httpcore2.NetworkStream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, _cap_timeout(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), 16384):
            self.inner.write(buffer[start : start + 16384], _cap_timeout(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        limit = _cap_timeout(timeout, httpcore2.ConnectTimeout)
        return _Stream(self.inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


@dataclass(eq=False)
class _NetworkBackend(httpcore2.NetworkBackend):
    """Opens connections in which nothing outlasts the deadline; tries every address of a name.

    With `public_only` an address inside a network (private, link-local, this machine) is never connected to, whatever
    name led there: the name is resolved here, once, and the address that was looked at is the one that is used.
    """

    public_only: bool
    inner: httpcore2.NetworkBackend = field(default_factory=httpcore2.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in dict.fromkeys(str(entry[4][0]) for entry in found):
            if self.public_only and not is_public(address):
                failure = httpcore2.ConnectError(f"{host} leads to {address}, which is not a public address")
                continue
            limit = _cap_timeout(timeout, httpcore2.ConnectTimeout)
            try:
                return _Stream(self.inner.connect_tcp(address, port, limit, local_address, socket_options or ()))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


def is_public(address: str) -> bool:
    """Tell whether an address lies outside every network of somebody's own."""
    found = ip_address(address.partition("%")[0])
    inner = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (inner or found).is_global and not found.is_multicast


_HTTPX2_ERRORS: Final[dict[type[BaseException], type[httpx2.TransportError]]] = {
    kind: getattr(httpx2, name)
    for name, kind in vars(httpcore2).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and hasattr(httpx2, name)
}


@contextlib.contextmanager
def _raise_httpx2_errors() -> Iterator[None]:
    """Turn each error of httpcore2 into the one of httpx2 that has its name."""
    try:
        yield
    except tuple(_HTTPX2_ERRORS) as error:
        known = next(_HTTPX2_ERRORS[kind] for kind in type(error).__mro__ if kind in _HTTPX2_ERRORS)
        raise known(str(error)) from error


@dataclass(eq=False)
class _Body(httpx2.SyncByteStream):
    inner: Any

    def __iter__(self) -> Iterator[bytes]:
        with _raise_httpx2_errors():
            yield from self.inner

    def close(self) -> None:
        with _raise_httpx2_errors():
            self.inner.close()


# Loading the certificates takes longer than most requests, so all transports of a process share them.
_load_certificates = cache(httpx2.create_ssl_context)


class DeadlineTransport(httpx2.BaseTransport):
    """The transport that the client uses by itself: HTTP/1.1 over a pool, each step capped to the total deadline.

    Redirects, cookies, proxies from the environment and `netrc` do not exist here. Looking up the host name is the one
    step outside the deadline: the system's resolver cannot be interrupted and has its own limit. Wrap this class to
    watch or forbid requests; the deadline reaches it through the wrapper. With `public_only` no connection is made to
    an address inside a network, after the name was resolved: for a server whose configuration could be turned inward.
    """

    def __init__(self, ssl_context: SSLContext | None = None, *, public_only: bool = False) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context or _load_certificates(),
            max_connections=20,
            max_keepalive_connections=10,
            keepalive_expiry=5.0,
            network_backend=_NetworkBackend(public_only),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request and return as soon as the headers of its response are there."""
        url = request.url
        with _raise_httpx2_errors():
            response = self._pool.handle_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx2.Response(response.status, headers=response.headers, stream=_Body(response.stream))

    def close(self) -> None:
        """Close all connections."""
        with _raise_httpx2_errors():
            self._pool.close()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, for each single read or write, and for a whole call with its repeats.

    `file` stands for both of a call that fetches a file: Fortnox writes a large company's SIE file before it begins.
    """

    connect: float = 5
    read: float = 20
    total: float = 30
    file: float = 300

    def __post_init__(self) -> None:
        if min(self.connect, self.read, self.total, self.file) < 0:
            raise ValueError("no negative timeout")

    def limit(self, request: Request) -> float:
        """Return what a whole call may take."""
        return self.file if request.expects is Expected.FILE else self.total


class HttpClient:
    """Sends requests to one base address and nowhere else."""

    def __init__(
        self,
        base_url: str,
        *,
        prefix: str = "",
        transport: httpx2.BaseTransport | None,
        clock: Clock,
        timeouts: Timeouts | None,
        largest_body: int = _LARGEST_BODY,
    ) -> None:
        try:
            url = httpx2.URL(base_url)
        except httpx2.InvalidURL:
            raise ValueError("a base address is http(s)://host[:port][/path]") from None
        if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
            raise ValueError("a base address is http(s)://host[:port][/path]")
        is_here = url.host == "localhost" or url.host.endswith(".localhost")
        with contextlib.suppress(ValueError):  # a name is no address
            is_here = is_here or ip_address(url.host).is_loopback
        if transport is not None and not isinstance(transport, httpx2.BaseTransport):
            raise TypeError("a transport is a httpx2.BaseTransport")
        if transport is None and url.scheme == "http" and not is_here:
            raise ValueError("tokens travel over https only; plain http is for this machine")
        self.base_url = base_url.rstrip("/") + prefix
        self.timeouts = timeouts or Timeouts()
        self._transport = transport or DeadlineTransport()
        self._clock = clock
        self._largest_body = largest_body
        self._is_closed = False

    def close(self) -> None:
        """Close the transport. Whatever is sent afterwards raises RuntimeError, as in httpx2."""
        self._is_closed = True
        self._transport.close()

    def send(self, request: Request, authorization: str, deadline: float | None = None) -> Response:
        """Return the whole response, whatever its status. Raises ConnectionFailed or Unreadable.

        `deadline` is a moment on the monotonic clock; without one the timeouts' total runs from now.
        """
        if self._is_closed:
            raise RuntimeError("this client is closed")
        ends = self._clock.monotonic() + self.timeouts.limit(request) if deadline is None else deadline
        outgoing = self._build(request, authorization)
        in_force = _seconds_left.set(lambda: ends - self._clock.monotonic())
        try:
            incoming = self._transport.handle_request(outgoing)
            try:
                body, file = self._read_body(incoming, request, ends)
            finally:
                incoming.close()
        except _NOT_SENT as error:
            # A LocalProtocolError may quote a header, and a header may be the token: no cause is kept.
            raise ConnectionFailed(type(error).__name__, outcome=Outcome.NOT_APPLIED) from None
        except (httpx2.TransportError, OSError) as error:
            raise ConnectionFailed(type(error).__name__, outcome=request.outcome_if_lost) from error
        finally:
            _seconds_left.reset(in_force)
        response = Response(request, incoming.status_code, incoming.headers, body, file)
        if file is not None and not response.is_expected:
            file.close()
        _log.info("%s: %s, X-Uid %s", request.name, response.status, response.request_id)
        return response

    def _build(self, request: Request, authorization: str) -> httpx2.Request:
        connect = self.timeouts.connect
        read = self.timeouts.file if request.expects is Expected.FILE else self.timeouts.read
        headers = {
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "gzip",
            "Authorization": authorization,
            "Accept": "application/json",
        }
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return httpx2.Request(
                request.method,
                f"{self.base_url}{request.path}",
                headers={**headers, **request.headers},
                content=request.body,
                extensions={"timeout": {"connect": connect, "pool": connect, "read": read, "write": read}},
            )
        except httpx2.InvalidURL:
            raise ValueError("a number or a search is too long for an address") from None

    def _read_body(self, incoming: httpx2.Response, request: Request, ends: float) -> tuple[bytes, BinaryIO | None]:
        """Return the body, or the beginning of a file and the file. Raises Unreadable for what is too large."""
        if request.expects is not Expected.FILE or not incoming.is_success:
            return b"".join(self._read_pieces(incoming, request, ends, self._largest_body)), None
        file = TemporaryFile()  # noqa: SIM115 - goes out with the response
        try:
            for piece in self._read_pieces(incoming, request, ends, _LARGEST_FILE):
                file.write(piece)
            file.seek(0)
            return file.read(_PIECE), file
        except BaseException:
            file.close()
            raise

    def _read_pieces(self, incoming: httpx2.Response, request: Request, ends: float, largest: int) -> Iterator[bytes]:
        """Yield the body inflated, in pieces. Raises Unreadable when that cannot be done or it is too large."""

        def unreadable(reason: str) -> Unreadable:
            return Unreadable(reason, status=incoming.status_code, outcome=request.outcome_if_lost)

        encoding = incoming.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in {"identity", "gzip", "x-gzip", "deflate"}:
            raise unreadable("the answer has a content encoding that was not asked for")
        inflater = None if encoding == "identity" else zlib.decompressobj(wbits=47)
        size = 0
        for chunk in incoming.stream:  # type: ignore[union-attr]
            if ends <= self._clock.monotonic():
                raise httpx2.ReadTimeout("the total deadline has passed")
            for piece in _inflate(inflater, chunk, unreadable):
                size += len(piece)
                if size > largest:
                    raise unreadable("the answer is too large")
                yield piece
        if inflater and not inflater.eof:
            raise unreadable("the answer ends too early")


def _inflate(inflater: Any, chunk: bytes, unreadable: Callable[[str], Unreadable]) -> Iterator[bytes]:
    """Yield a chunk inflated, little by little: one hostile chunk does not become a gigabyte before anybody counts."""
    if inflater is None:
        yield chunk
        return
    while chunk:
        try:
            yield inflater.decompress(chunk, _PIECE)
        except zlib.error as error:
            raise unreadable("the answer cannot be inflated") from error
        chunk = inflater.unconsumed_tail
