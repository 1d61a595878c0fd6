"""The one path of every API request: token, pace, deadline, and repeats where a repeat is safe."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fortnox_api._auth import Auth
from fortnox_api._clock import Clock, Limiter
from fortnox_api._errors import FortnoxError, Outcome, RateLimited, Unauthorized
from fortnox_api._request import Request, RequestKind
from fortnox_api._response import Response
from fortnox_api._transport import HttpClient

_FIRST_WAIT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a read is sent at most, and the longest wait, in seconds, before it is sent again.

    Who is told to wait longer raises instead: the caller's queue waits better than a blocked thread. With `tries=1`
    nothing is repeated, but for a request whose token was refused and renewed.
    """

    tries: int = 3
    longest_wait: float = 10

    def __post_init__(self) -> None:
        if self.tries < 1 or self.longest_wait < 0:
            raise ValueError("at least one try, and no negative wait")


_recordings: ContextVar[tuple[tuple["ApiClient", list[Response]], ...]] = ContextVar(
    "fortnox_api_recordings", default=()
)


class ApiClient:
    """Sends requests for one company."""

    def __init__(self, *, http: HttpClient, auth: Auth, limiter: Limiter, clock: Clock, retries: Retries) -> None:
        self._http = http
        self._auth = auth
        self._limiter = limiter
        self._clock = clock
        self._retries = retries

    @contextmanager
    def record_responses(self) -> Iterator[list[Response]]:
        """Collect the responses to what this thread, or task, sends inside the block."""
        recorded: list[Response] = []
        before = _recordings.set((*_recordings.get(), (self, recorded)))
        try:
            yield recorded
        finally:
            _recordings.reset(before)

    def send(self, request: Request) -> Response:
        """Return the response that was asked for. Raises the error that any other stands for."""
        deadline = self._clock.monotonic() + self._http.timeouts.limit(request)
        token, is_renewed, tries = self._get_token(), False, 1
        while True:
            asked_at = self._clock.monotonic()
            self._limiter.acquire()
            deadline += self._clock.monotonic() - asked_at  # waiting for leave to send does not count
            try:
                response = self._http.send(request, f"Bearer {token}", deadline)
                for recorder, recorded in _recordings.get():
                    if recorder is self:
                        recorded.append(response)
                if response.is_expected:
                    return response
                raise response.error(self._clock.now(), secrets=(token,))
            except Unauthorized as error:
                if is_renewed or request.kind is RequestKind.SEND or error.status != HTTPStatus.UNAUTHORIZED:
                    raise
                token, is_renewed = self._get_token(rejected=token), True
            except FortnoxError as error:
                self._wait_or_raise(request, error, tries, deadline)
                tries += 1

    def _wait_or_raise(self, request: Request, error: FortnoxError, tries: int, deadline: float) -> None:
        """Wait before the next try, or raise the error when there is none."""
        if isinstance(error, RateLimited):
            wait = (error.retry_after or 0.0) + self._clock.chance()
            self._limiter.penalize(wait)
        else:
            wait = _FIRST_WAIT * 2.0 ** (tries - 1) * (1 + self._clock.chance())
        may_repeat = request.kind is RequestKind.READ and error.transient and tries < self._retries.tries
        if not may_repeat or wait > min(self._retries.longest_wait, deadline - self._clock.monotonic()):
            raise error
        if not isinstance(error, RateLimited):  # then the limiter holds everybody back, us included
            self._clock.sleep(wait)

    def _get_token(self, rejected: str | None = None) -> str:
        try:
            return self._auth.token() if rejected is None else self._auth.force_refresh(rejected)
        except FortnoxError as error:
            error.outcome = Outcome.NOT_APPLIED  # of this request, which was not sent or was refused at the door
            raise
