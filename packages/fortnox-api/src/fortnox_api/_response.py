"""From an answer to its JSON, or to the error it stands for.

Fortnox has at least five shapes of error: ErrorInformation in two casings, `{"message": "unauthorized"}`, OAuth's
`{"error", "error_description"}`, and HTML or nothing from whatever stands before it. The content type is wrong often
enough (JSON sent as text/html) that it is never looked at. Source: recorded answers.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from fortnox_api._clock import Clock
from fortnox_api._errors import (
    FAULTS,
    FORBIDDEN,
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
from fortnox_api._transport import Answer

_LONGEST_MESSAGE: Final = 500
_SHORTEST_SECRET: Final = 8
_LONGEST_CODE: Final = 19
_REFUSALS: Final = 4
_BY_STATUS: Final[dict[int, type[FortnoxError]]] = {401: Unauthorized, 408: Unavailable, 429: RateLimited}
_WITH_COMPLAINT: Final[dict[int, type[FortnoxError]]] = {403: Forbidden, 404: NotFound}
_TOKEN: Final = re.compile(r"eyJ[\w-]{5,}(\.[\w-]*){0,2}")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says: Fortnox's number or OAuth's word, and the text."""

    code: int | str | None
    message: str


def content(answer: Answer, *, unclear: Outcome, clock: Clock, secrets: Collection[str] = ()) -> Any:
    """Return the JSON of a 2xx answer. Raises the error that any other answer stands for.

    `unclear` is the outcome when the answer does not tell; `secrets` are cut out of Fortnox's message.
    """
    try:
        parsed = loads(answer.body)
    except NotJsonError as fault:
        raise _not_json(answer, fault, unclear=unclear, clock=clock) from None
    complaint = _complaint_in(parsed)
    if complaint is None and answer.good:
        return parsed
    raise error(answer, complaint, unclear=unclear, clock=clock, secrets=secrets)


def pdf(answer: Answer, *, unclear: Outcome, clock: Clock, secrets: Collection[str] = ()) -> bytes:
    """Return the bytes of a PDF. Raises like `content`; anything that does not begin like a PDF is Unreadable."""
    if answer.good and answer.body.startswith(b"%PDF-"):
        return answer.body
    raise error(answer, complaint_of(answer.body), unclear=unclear, clock=clock, secrets=secrets)


def _not_json(answer: Answer, fault: NotJsonError, *, unclear: Outcome, clock: Clock) -> FortnoxError:
    made = error(answer, None, unclear=unclear, clock=clock)
    if answer.good:
        made.reason = f"the answer is not JSON: {fault}"
    return made


def complaint_of(body: bytes) -> Complaint | None:
    """Return what an error body of any known shape says, None when it is not one."""
    try:
        return _complaint_in(loads(body))
    except NotJsonError:
        return None


def _complaint_in(parsed: Any) -> Complaint | None:
    match parsed:
        case {"ErrorInformation": dict(inner)}:
            known = {str(key).lower(): value for key, value in inner.items()}
            return Complaint(_number(known.get("code")), _text(known.get("message")))
        case {"error": str(word)}:
            return Complaint(word[:100], _text(parsed.get("error_description")))
        case {"message": str(words)} if len(parsed) == 1:
            return Complaint(None, words)
    return None


def error(
    answer: Answer,
    complaint: Complaint | None,
    *,
    unclear: Outcome,
    clock: Clock,
    secrets: Collection[str] = (),
) -> FortnoxError:
    """Return the error for an answer that is not plainly good."""
    kind = _kind(answer.status, complaint)
    code = complaint.code if complaint else None
    made = kind(_reason(kind, code))
    made.status = answer.status
    made.code = code
    made.message = safe_text(complaint.message if complaint else "", secrets)
    made.request_id = answer.uid
    made.outcome = _outcome(kind, answer.status, complaint, unclear)
    if isinstance(made, RateLimited):
        made.retry_after = retry_after(answer.headers.get("Retry-After"), clock.now())
    if isinstance(made, Unreadable):
        made.transient = True
    return made


def _kind(status: int, complaint: Complaint | None) -> type[FortnoxError]:
    code = complaint.code if complaint else None
    for codes, kind in ((FAULTS, Unavailable), (SIGNED_OUT, Unauthorized), (FORBIDDEN, Forbidden)):
        if code in codes:
            return kind
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _BY_STATUS:
        return _BY_STATUS.get(status, Unavailable)
    if complaint is None or (code is None and status < HTTPStatus.BAD_REQUEST):
        return Unreadable
    return _WITH_COMPLAINT.get(status, Invalid)


def _outcome(kind: type[FortnoxError], status: int, complaint: Complaint | None, unclear: Outcome) -> Outcome:
    if kind in {Unauthorized, RateLimited}:
        return Outcome.NOT_APPLIED
    if complaint and status // 100 == _REFUSALS and kind is not Unavailable:
        return Outcome.REFUSED
    return unclear


def _reason(kind: type[FortnoxError], code: int | str | None) -> str:
    if isinstance(code, int) and code in MEANINGS:
        return MEANINGS[code]
    return {
        Unauthorized: "the access token was refused",
        RateLimited: "too many requests",
        Unavailable: "Fortnox has trouble of its own",
        Unreadable: "the answer has no known shape",
        Forbidden: "a scope, licence or right is missing",
        NotFound: "the record does not exist",
    }.get(kind, "Fortnox refused the request")


def safe_text(message: str, secrets: Collection[str] = ()) -> str:
    """Return a text from outside as one line, without tokens, at most 500 characters."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:  # a shorter one would cut up any text
            message = message.replace(secret, "[secret]")
    return _CONTROLS.sub(" ", _TOKEN.sub("[secret]", message)).strip()[:_LONGEST_MESSAGE]


def _number(code: object) -> int | str | None:
    if isinstance(code, bool):
        return None
    if isinstance(code, int):
        return code
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) <= _LONGEST_CODE:
        return int(code)
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


SHORTEST: Final = 1.0
LONGEST: Final = 300.0
WINDOW: Final = 5.0
"""Seconds of Fortnox's sliding window: the wait when the answer names none."""


def retry_after(header: str | None, now: datetime) -> float:
    """Return the seconds to wait, from 1 to 300; 5 when the header is missing or makes no sense."""
    seconds = _seconds((header or "").strip(), now)
    return WINDOW if seconds is None else min(max(seconds, SHORTEST), LONGEST)


def _seconds(header: str, now: datetime) -> float | None:
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
