"""A request in Fortnox's terms: what it does, which record it names, and values as Fortnox spells them.

Source: fortnox.se/developer/guides-and-good-to-know/parameters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fortnox_api._errors import Outcome
from fortnox_api._json import dumps, format_decimal

Number = str | int
"""What names a record."""

SearchValue = str | int | Decimal | bool | date


class RequestKind(Enum):
    """What a request does, which decides whether it may be repeated."""

    READ = "read"
    """Changes nothing: repeated after an error that may pass."""

    WRITE = "write"
    """Changes a record: sent again only when the token was refused, which proves that nothing happened."""

    SEND = "send"
    """Sends something to a customer, GET or not: never sent again."""


class Expected(Enum):
    """What the response to a request holds."""

    JSON = "json"
    PDF = "pdf"
    BYTES = "bytes"
    FILE = "file"
    """Text of any length, which goes to a temporary file and not to memory."""


@dataclass
class Request:
    """Asks for a resource, or for what `numbers` and `action` name in it. `body` is JSON unless a header says else."""

    kind: RequestKind
    method: str
    resource: str
    numbers: tuple[Number, ...] = ()
    """What names one record: most have one number, a voucher has its series and its number."""

    action: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    expects: Expected = Expected.JSON

    path: str = field(init=False)
    """Encoded, with the query: a number such as `A/1`, `..` or `a?b` names a record and nothing else."""

    name: str = field(init=False)
    """What the log may say: no query and no number, since firms number people by their personal numbers."""

    outcome_if_lost: Outcome = field(init=False)
    """What is known when the request was sent and no usable response came."""

    def __post_init__(self) -> None:
        self.path = "/".join(filter(None, (self.resource, *map(_quote_number, self.numbers), self.action)))
        if self.query:
            self.path += f"?{urlencode(self.query, quote_via=quote)}"
        self.name = " ".join(filter(None, (self.method, self.resource, self.action)))
        self.outcome_if_lost = Outcome.NOT_APPLIED if self.kind is RequestKind.READ else Outcome.UNKNOWN


METHODS: Final = ("GET", "POST", "PUT", "DELETE")
_SENDING: Final = frozenset({"email", "einvoice", "eprint", "print", "printreminder"})
"""What a GET does that sends something to a customer, or marks a document as sent. Source: the OpenAPI document."""
_PATH: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]+(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*")


def build_request(
    method: str, path: str, query: Mapping[str, SearchValue] | None, json: Any, expects: Expected
) -> Request:
    """Return a request for any path below `/3/`. Raises TypeError or ValueError for what makes none."""
    if method not in METHODS:
        raise ValueError(f"{method!r} is none of: {', '.join(METHODS)}")
    if not isinstance(path, str) or not isinstance(query, Mapping | None):
        raise TypeError("a path is a str, a query a mapping of names to values")
    parts = path.split("/")
    if not _PATH.fullmatch(path) or {".", ".."} & set(parts):
        raise ValueError("a path is below /3/ and encoded, such as orders/7, and has no query")
    sends = method == "GET" and len(parts) > 1 and parts[-1] in _SENDING
    kind = RequestKind.SEND if sends else RequestKind.READ if method == "GET" else RequestKind.WRITE
    request = Request(
        kind,
        method,
        path,
        query={name: format_value(value) for name, value in (query or {}).items()},
        body=None if json is None else dumps(json),
        expects=expects,
    )
    request.name = f"{method} {parts[0]}"
    return request


def format_number(number: Number) -> str:
    """Return what names a record as text. Raises TypeError for anything but text and whole numbers."""
    if not isinstance(number, str | int) or isinstance(number, bool):
        raise TypeError(f"a number of a record is a str or an int, not {type(number).__name__}")
    return str(number)


def _quote_number(number: Number) -> str:
    quoted = quote(format_number(number), safe="")
    if not quoted:
        raise ValueError("an empty number names no record")
    return quoted.replace(".", "%2E") if set(quoted) == {"."} else quoted


def format_value(value: SearchValue) -> str:
    """Return a value as a query takes it. Raises TypeError for a time, where only dates make sense, too."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format_decimal(value)
        case date() if not isinstance(value, datetime):
            return value.isoformat()
        case str() | int():
            return str(value)
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be asked for")


def format_time(moment: datetime) -> str:
    """Write an aware time as Fortnox's clock in Stockholm shows it, cut to the minute, so never later than meant."""
    try:
        return moment.astimezone(ZoneInfo("Europe/Stockholm")).strftime("%Y-%m-%d %H:%M")
    except OverflowError:
        raise ValueError("a time at the end of the calendar") from None
