"""The one path of every API request: token, pace, deadline, and repeats where a repeat is safe."""

from http import HTTPStatus
from typing import Final

from fortnox_api._auth import Auth
from fortnox_api._clock import Clock, Limiter
from fortnox_api._errors import FortnoxError, Outcome, RateLimited, Unauthorized
from fortnox_api._request import Request, RequestKind
from fortnox_api._response import Response
from fortnox_api._transport import HttpClient

_MOST_TRIES: Final = 3
_LONGEST_WAIT: Final = 10.0
"""Seconds. Who is told to wait longer raises instead: the caller's queue waits better than a blocked thread."""
_FIRST_WAIT: Final = 0.5


class ApiClient:
    """Sends requests for one company."""

    def __init__(self, *, http: HttpClient, auth: Auth, limiter: Limiter, clock: Clock) -> None:
        self._http = http
        self._auth = auth
        self._limiter = limiter
        self._clock = clock

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
        may_repeat = request.kind is RequestKind.READ and error.transient and tries < _MOST_TRIES
        if not may_repeat or wait > min(_LONGEST_WAIT, deadline - self._clock.monotonic()):
            raise error
        if not isinstance(error, RateLimited):  # then the limiter holds everybody back, us included
            self._clock.sleep(wait)

    def _get_token(self, rejected: str | None = None) -> str:
        try:
            return self._auth.token() if rejected is None else self._auth.force_refresh(rejected)
        except FortnoxError as error:
            error.outcome = Outcome.NOT_APPLIED  # of this request, which was not sent or was refused at the door
            raise
