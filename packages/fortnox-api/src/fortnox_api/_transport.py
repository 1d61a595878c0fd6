"""A total deadline for a request: httpx2 has none, and one byte a second would keep any read timeout happy.

The deadline in force is a context variable. The network backend caps each connect, TLS handshake, read and write to
what is left of it, so that slowly dripped headers end in time as well.
"""

import contextlib
import ipaddress
import logging
import re
import socket
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from ssl import SSLContext
from typing import Any, Final

import httpcore2
import httpx2

from fortnox_api._clock import Clock
from fortnox_api._errors import ConnectionFailed, Outcome, Unreadable


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


def capped(timeout: float | None, passed: type[Exception]) -> float | None:
    """Return the timeout cut to what is left of the deadline in force. Raises `passed` when nothing is."""
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
        return self._inner.read(max_bytes, capped(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), 16384):
            self._inner.write(buffer[start : start + 16384], capped(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        limit = capped(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore2.NetworkBackend):
    """Opens connections in which nothing outlasts the deadline; tries every address of a name.

    With `public_only` an address inside a network (private, link-local, this machine) is never connected to, whatever
    name led there: the name is resolved here, once, and the address that was looked at is the one that is used.
    """

    def __init__(self, *, public_only: bool = False) -> None:
        self._inner = httpcore2.SyncBackend()
        self._public_only = public_only

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in _addresses(host, port):
            if self._public_only and not _is_public(address):
                failure = httpcore2.ConnectError(f"{host} leads to {address}, which is not a public address")
                continue
            limit = capped(timeout, httpcore2.ConnectTimeout)
            try:
                return _Stream(self._inner.connect_tcp(address, port, limit, local_address, socket_options or ()))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as fault:
                failure = fault
        raise failure


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as fault:
        raise httpcore2.ConnectError(str(fault)) from fault
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    inner = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (inner or found).is_global and not found.is_multicast


_SAME: dict[type[BaseException], type[httpx2.TransportError]] = {
    kind: getattr(httpx2, name)
    for name, kind in vars(httpcore2).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and hasattr(httpx2, name)
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


_log = logging.getLogger("fortnox_api")
_UID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")

LARGEST_ANSWER: Final = 32 * 1024 * 1024
"""Bytes, on the wire and again after inflating. A page of 500 records is below 1 MB; a printed invoice may be 5."""

_UNSENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, for each single read or write, and for a whole call with its repeats."""

    connect: float = 5
    read: float = 20
    total: float = 30


@dataclass(frozen=True, slots=True)
class Message:
    """A request as the wire needs it: `target` is an encoded path with its query.

    `name` is what the log may say about it, without any value. `unclear` is what is known when it went out and no
    usable answer came.
    """

    name: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None
    unclear: Outcome = Outcome.UNKNOWN


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A complete answer: status, headers, and the body after inflating."""

    status: int
    headers: httpx2.Headers
    body: bytes

    @property
    def uid(self) -> str | None:
        """X-Uid, which Fortnox's support asks for; None when it does not look like one."""
        found = self.headers.get("X-Uid", "")
        return found if _UID.fullmatch(found) else None

    @property
    def good(self) -> bool:
        """Whether the status is one of success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class Wire:
    """A connection to one base address. Every request goes there and nowhere else."""

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx2.BaseTransport | None,
        clock: Clock,
        timeouts: Timeouts,
        largest: int = LARGEST_ANSWER,
    ) -> None:
        self._base = _checked(base_url, own_transport=transport is None)
        self._transport = transport or DeadlineTransport()
        self._limits = {
            "connect": timeouts.connect,
            "pool": timeouts.connect,
            "read": timeouts.read,
            "write": timeouts.read,
        }
        self._clock = clock
        self._total = timeouts.total
        self._largest = largest

    def deadline(self) -> Deadline:
        """Return the deadline of a call that begins now."""
        return Deadline(self._clock.monotonic() + self._total, self._clock.monotonic)

    def send(self, message: Message, deadline: Deadline) -> Answer:
        """Return the whole answer, whatever its status. Raises ConnectionFailed or Unreadable."""
        request = self._request(message)
        try:
            with within(deadline):
                answer = self._exchange(request, message, deadline)
        except _UNSENT as fault:
            # A LocalProtocolError may quote a header, and a header may be the token: no cause is kept.
            raise ConnectionFailed(type(fault).__name__, outcome=Outcome.NOT_APPLIED) from None
        except (httpx2.TransportError, OSError) as fault:
            raise ConnectionFailed(type(fault).__name__, outcome=message.unclear) from fault
        _log.info("%s: %s, X-Uid %s", message.name, answer.status, answer.uid)
        return answer

    def _request(self, message: Message) -> httpx2.Request:
        try:
            return httpx2.Request(
                message.method,
                self._base + message.target,
                headers={"User-Agent": "fortnox_api", "Accept-Encoding": "gzip", **message.headers},
                content=message.body,
                extensions={"timeout": dict(self._limits)},
            )
        except httpx2.InvalidURL:
            raise ValueError("a number or a search is too long for an address") from None

    def _exchange(self, request: httpx2.Request, message: Message, deadline: Deadline) -> Answer:
        response = self._transport.handle_request(request)
        try:
            encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
            body = _read_body(response.stream, encoding, self._largest, deadline)  # type: ignore[arg-type]
        except _BadBodyError as fault:
            status = response.status_code
            raise Unreadable(str(fault), status=status, outcome=message.unclear) from fault
        finally:
            response.close()
        return Answer(response.status_code, response.headers, body)

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()


class _BadBodyError(Exception):
    pass


def _checked(base_url: str, *, own_transport: bool) -> str:
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL:
        raise ValueError("a base address is http(s)://host[:port][/path]") from None
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError("a base address is http(s)://host[:port][/path]")
    if own_transport and url.scheme == "http" and not _is_loopback(url.host):
        raise ValueError("tokens travel over https only; plain http is for this machine")
    return base_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_body(chunks: Iterable[bytes], encoding: str, largest: int, deadline: Deadline) -> bytes:
    if encoding not in {"identity", "gzip", "x-gzip", "deflate"}:
        raise _BadBodyError("the answer has a content encoding that was not asked for")
    inflater = None if encoding == "identity" else zlib.decompressobj(wbits=47)
    body = bytearray()
    for chunk in chunks:
        if deadline.left() <= 0:
            raise httpx2.ReadTimeout("the total deadline has passed")
        try:
            # max_length keeps one hostile chunk from becoming a gigabyte before anybody counts.
            body += inflater.decompress(chunk, largest + 1) if inflater else chunk
        except zlib.error as fault:
            raise _BadBodyError("the answer cannot be inflated") from fault
        if len(body) > largest:
            raise _BadBodyError("the answer is too large")
    if inflater and not inflater.eof:
        raise _BadBodyError("the answer ends too early")
    return bytes(body)
