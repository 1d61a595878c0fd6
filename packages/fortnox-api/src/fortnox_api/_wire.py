"""One request to one host and its whole answer, under a deadline and a size cap. No retry, no meaning."""

import ipaddress
import logging
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx2

from fortnox_api._clock import Clock
from fortnox_api._deadline import Deadline, within
from fortnox_api._errors import ConnectionFailed, Outcome, Unreadable
from fortnox_api._transport import DeadlineTransport

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
            chunks = _in_time(response.stream, deadline)  # type: ignore[arg-type]
            encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
            body = _read(chunks, encoding, self._largest)
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


def _in_time(chunks: Iterable[bytes], deadline: Deadline) -> Iterable[bytes]:
    for chunk in chunks:
        if deadline.left() <= 0:
            raise httpx2.ReadTimeout("the total deadline has passed")
        yield chunk


def _read(chunks: Iterable[bytes], encoding: str, largest: int) -> bytes:
    if encoding == "identity":
        return _collect(chunks, largest)
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _collect(_inflated(chunks, largest), largest)
    raise _BadBodyError("the answer has a content encoding that was not asked for")


def _collect(chunks: Iterable[bytes], largest: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > largest:
            raise _BadBodyError("the answer is too large")
    return bytes(body)


def _inflated(chunks: Iterable[bytes], largest: int) -> Iterable[bytes]:
    # max_length keeps one hostile chunk from becoming a gigabyte before anybody counts.
    inflater = zlib.decompressobj(wbits=47)
    for chunk in chunks:
        try:
            yield inflater.decompress(chunk, largest + 1)
        except zlib.error as fault:
            raise _BadBodyError("the answer cannot be inflated") from fault
    if not inflater.eof:
        raise _BadBodyError("the answer ends too early")
