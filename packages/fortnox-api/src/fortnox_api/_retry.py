"""The one path every API call takes: token, pace, deadline, send, meaning, and repeats where a repeat is safe."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote, urlencode

from fortnox_api._auth import Auth
from fortnox_api._clock import Clock, Limiter
from fortnox_api._errors import FortnoxError, Outcome, RateLimited, Unauthorized, Unreadable
from fortnox_api._response import content, pdf
from fortnox_api._transport import Answer, Deadline, Message, Wire

_TRIES: Final = 3
_LONGEST_WAIT: Final = 10.0
"""Seconds. Who is told to wait longer raises instead: the caller's queue waits better than a blocked thread."""
_FIRST_WAIT: Final = 0.5


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Turns an answer into what the caller wants, or raises what it stands for."""

    def __call__(self, answer: Answer, *, unclear: Outcome, clock: Clock, secrets: Collection[str]) -> T_co:
        """Return the content."""


class Kind(Enum):
    """What a request does, which decides whether it may be repeated."""

    READ = "read"
    """Changes nothing: repeated after trouble that may pass."""

    WRITE = "write"
    """Changes a record: sent again only when the token was refused, which proves that nothing happened."""

    SEND = "send"
    """Sends something to a customer, GET or not: never sent again."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request in Fortnox's terms. `path` is below /3 and already encoded; `body` is JSON."""

    kind: Kind
    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: bytes | None = None

    @property
    def unclear(self) -> Outcome:
        """What is known when the call went out and its answer does not tell."""
        return Outcome.NOT_APPLIED if self.kind is Kind.READ else Outcome.UNKNOWN

    @property
    def name(self) -> str:
        """What the log may say: no query and no number, since firms number people by their personal numbers."""
        resource, *rest = self.path.split("/")
        return " ".join([self.method, resource, *rest[1:]])

    def message(self, token: str) -> Message:
        """Return the request as it goes on the wire, with a token."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(self.query, quote_via=quote)}" if self.query else ""
        return Message(self.name, self.method, f"/3/{self.path}{query}", headers, self.body, unclear=self.unclear)


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """A good answer, read. `unclear` is the outcome to report when it is not what was promised."""

    body: Any
    answer: Answer
    unclear: Outcome

    def inside(self, wrapper: str) -> dict[str, Any]:
        """Return the object inside the wrapper, such as `{"Customer": {…}}`."""
        inner = self.whole().get(wrapper)
        if not isinstance(inner, dict):
            raise self.unreadable(f"the answer holds no {wrapper}")
        return inner

    def whole(self) -> dict[str, Any]:
        """Return the outer object."""
        if not isinstance(self.body, dict):
            raise self.unreadable("the answer is no object")
        return self.body

    def unreadable(self, reason: str) -> Unreadable:
        """Return the error for this answer."""
        answer = self.answer
        return Unreadable(reason, status=answer.status, request_id=answer.uid, outcome=self.unclear)


class Api:
    """Sends calls for one company."""

    def __init__(self, *, wire: Wire, auth: Auth, limiter: Limiter, clock: Clock) -> None:
        self._wire = wire
        self._auth = auth
        self._limiter = limiter
        self._clock = clock

    def reply(self, call: Call) -> Reply:
        """Return the JSON that a call was answered with."""
        body, answer = self._sent(call, content)
        return Reply(body, answer, call.unclear)

    def document(self, call: Call) -> bytes:
        """Return a PDF."""
        return self._sent(call, pdf)[0]

    def _sent(self, call: Call, read: Reader[T]) -> tuple[T, Answer]:
        deadline, token, refreshed, tries = self._wire.deadline(), self._token(), False, 1
        while True:
            deadline = deadline.later(self._paced())
            try:
                return self._once(call, token, deadline, read)
            except Unauthorized as fault:
                if refreshed or call.kind is Kind.SEND or fault.status != HTTPStatus.UNAUTHORIZED:
                    raise
                token, refreshed = self._token(rejected=token), True
            except FortnoxError as fault:
                self._pause_or_raise(call, fault, tries, deadline)
                tries += 1

    def _once(self, call: Call, token: str, deadline: Deadline, read: Reader[T]) -> tuple[T, Answer]:
        message = call.message(token)
        answer = self._wire.send(message, deadline)
        return read(answer, unclear=call.unclear, clock=self._clock, secrets=(token,)), answer

    def _pause_or_raise(self, call: Call, fault: FortnoxError, tries: int, deadline: Deadline) -> None:
        """Wait before the next try, or raise the fault when there is none."""
        wait = self._wait_before_repeat(fault, tries)
        if call.kind is not Kind.READ or wait is None or tries >= _TRIES or wait > deadline.left():
            raise fault
        if not isinstance(fault, RateLimited):  # then the limiter holds everybody back, us included
            self._clock.sleep(wait)

    def _wait_before_repeat(self, fault: FortnoxError, tries: int) -> float | None:
        """Return the seconds to wait; None when waiting does not help or takes too long here."""
        if isinstance(fault, RateLimited):
            wait = (fault.retry_after or 0.0) + self._clock.chance()
            self._limiter.penalize(wait)
        else:
            wait = _FIRST_WAIT * 2.0 ** (tries - 1) * (1 + self._clock.chance())
        return wait if fault.transient and wait <= _LONGEST_WAIT else None

    def _paced(self) -> float:
        """Wait for leave to send; return how long that took, which the deadline does not count."""
        before = self._clock.monotonic()
        self._limiter.acquire()
        return self._clock.monotonic() - before

    def _token(self, rejected: str | None = None) -> str:
        try:
            return self._auth.token() if rejected is None else self._auth.force_refresh(rejected)
        except FortnoxError as fault:
            fault.outcome = Outcome.NOT_APPLIED  # of this call, which was not sent or was refused at the door
            raise


def segment(value: str | int) -> str:
    """Encode one part of a path, so that `A/1`, `..` and `a?b` name a record and nothing else."""
    text = str(value)
    if not text:
        raise ValueError("an empty number names no record")
    return quote(text, safe="").replace(".", "%2E") if set(text) == {"."} else quote(text, safe="")
