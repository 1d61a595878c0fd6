"""A response: its JSON, or the error that it stands for.

Fortnox has at least five shapes of error: ErrorInformation in two casings, `{"message": "unauthorized"}`, OAuth's
`{"error", "error_description"}`, and HTML or nothing from whatever stands before it. The content type is wrong often
enough (JSON sent as text/html) that it is never looked at. Source: recorded responses.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, BinaryIO, Final, Self

from fortnox_api._errors import (
    FORBIDDEN,
    FORTNOX_FAILURES,
    MEANINGS,
    SIGNED_OUT,
    Forbidden,
    FortnoxError,
    Invalid,
    NotFound,
    Outcome,
    RateLimited,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from fortnox_api._json import NotJsonError, loads
from fortnox_api._request import Expected, Request

_LONGEST_MESSAGE: Final = 500
_SHORTEST_SECRET: Final = 8
_LONGEST_CODE: Final = 19
_SHORTEST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 300.0
_WINDOW: Final = 5.0
"""Seconds of Fortnox's sliding window: the wait when the response names none."""
_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_TOKEN: Final = re.compile(r"eyJ[\w-]{5,}(\.[\w-]*){0,2}")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_REASONS: Final[Mapping[type[FortnoxError], str]] = {
    Unauthorized: "the access token was refused",
    RateLimited: "too many requests",
    Unavailable: "Fortnox has trouble of its own",
    Unreadable: "the answer has no known shape",
    Forbidden: "a scope, licence or right is missing",
    NotFound: "the record does not exist",
}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What the body of an error says: Fortnox's number or OAuth's word, and the text."""

    code: int | str | None
    message: str

    @classmethod
    def find(cls, parsed: Any) -> Self | None:
        """Return the error in a parsed body of any known shape, None when there is none."""
        match parsed:
            case {"ErrorInformation": dict(inner)}:
                facts = {str(key).lower(): value for key, value in inner.items()}
                code, message = facts.get("code"), facts.get("message")
                if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) <= _LONGEST_CODE:
                    code = int(code)
                known_code = code if isinstance(code, int) and not isinstance(code, bool) else None
                return cls(known_code, message if isinstance(message, str) else "")
            case {"error": str(word)}:
                description = parsed.get("error_description")
                return cls(word[:100], description if isinstance(description, str) else "")
            case {"message": str(message)} if len(parsed) == 1:
                return cls(None, message)
        return None


NOT_READ: Final = frozenset({406, 413, 415})
"""Said of the request's form before anybody acts on it, by Fortnox or by a gateway that has no words of Fortnox's."""


class Response:
    """A complete response: `status`, `headers` in any case, `body` inflated, and `json`, its numbers int or Decimal.

    `request_id` is X-Uid, which Fortnox's support asks for; None when it does not look like one. `json` is None when
    `json_error` says why the body cannot be parsed. `error_body` is what an error of any known shape says, whatever the
    status. `is_expected` tells that this is what the request asked for. A `file` was asked for where there is one;
    `body` is then its beginning. `request.name` tells method and resource.
    """

    def __init__(
        self, request: Request, status: int, headers: Mapping[str, str], body: bytes, file: BinaryIO | None = None
    ) -> None:
        self.request = request
        self.status = status
        self.headers = headers
        self.body = body
        self.file = file
        request_id = headers.get("X-Uid", "")
        self.request_id = request_id if _REQUEST_ID.fullmatch(request_id) else None
        self.is_success = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        self.json: Any = None
        self.json_error: str | None = None
        try:
            self.json = loads(body)
        except NotJsonError as error:
            self.json_error = str(error)
        self.error_body = ErrorBody.find(self.json)
        match request.expects:
            case Expected.PDF:
                fits = body.startswith(b"%PDF-")
            case Expected.BYTES:
                fits = self.error_body is None and not body.lstrip().startswith(b"<")
            case Expected.FILE:
                fits = bool(body) and not body.lstrip().startswith((b"<", b"{"))
            case _:
                is_empty = status == HTTPStatus.NO_CONTENT and not body
                fits = is_empty or (self.json_error is None and self.error_body is None)
        self.is_expected = self.is_success and fits

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.request.name}>"

    def make_error(
        self,
        kind: type[FortnoxError],
        reason: str,
        *,
        outcome: Outcome | None = None,
        secrets: Collection[str] = (),
    ) -> FortnoxError:
        """Return an error with the facts of this response; tokens and `secrets` are cut out of Fortnox's message."""
        code, message = (self.error_body.code, self.error_body.message) if self.error_body else (None, "")
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:  # a shorter one would cut up any text
                message = message.replace(secret, "[secret]")
        return kind(
            reason,
            status=self.status,
            code=code,
            message=_CONTROLS.sub(" ", _TOKEN.sub("[secret]", message)).strip()[:_LONGEST_MESSAGE],
            request_id=self.request_id,
            outcome=outcome or self.request.outcome_if_lost,
        )

    def error(self, now: datetime, secrets: Collection[str] = ()) -> FortnoxError:
        """Return the error that a response stands for which is not what was asked for."""
        kind = self._error_class()
        reason = MEANINGS.get(self.error_body.code if self.error_body else None)
        is_json = self.request.expects is Expected.JSON
        if reason is None and self.is_success and self.json_error and is_json:
            reason = f"the answer is not JSON: {self.json_error}"
        is_their_word = HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        outcome = None
        if kind in {Unauthorized, RateLimited}:
            outcome = Outcome.NOT_APPLIED
        elif self.status in NOT_READ or (self.error_body and is_their_word and kind is not Unavailable):
            outcome = Outcome.REFUSED
        reason = reason or _REASONS.get(kind, "Fortnox refused the request")
        error = self.make_error(kind, reason, outcome=outcome, secrets=secrets)
        if isinstance(error, RateLimited):
            error.retry_after = parse_retry_after(self.headers.get("Retry-After"), now)
        if isinstance(error, Unreadable):
            error.transient = True
        return error

    def _error_class(self) -> type[FortnoxError]:
        code = self.error_body.code if self.error_body else None
        for codes, kind in ((FORTNOX_FAILURES, Unavailable), (SIGNED_OUT, Unauthorized), (FORBIDDEN, Forbidden)):
            if code in codes:
                return kind
        match self.status:
            case 401:
                return Unauthorized
            case 429:
                return RateLimited
            case status if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return Unavailable
        is_unread = self.error_body is None and self.status not in NOT_READ
        if is_unread or (code is None and self.status < HTTPStatus.BAD_REQUEST):
            return Unreadable
        return {403: Forbidden, 404: NotFound}.get(self.status, Invalid)


def parse_retry_after(header: str | None, now: datetime) -> float:
    """Return the seconds to wait, from 1 to 300; 5 when the header is missing or makes no sense.

    It may be seconds, a date, or nonsense. Fortnox documents no such header; what stands before it may send one.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return _WINDOW
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)
