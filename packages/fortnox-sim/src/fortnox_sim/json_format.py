r"""JSON as Fortnox writes it, and the responses that carry it.

Recorded bodies are compact, escape every non-ASCII letter and write `/` as `\/`.
Numbers are Decimal from end to end; a float never passes here.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any

JSON = "application/json"

Record = dict[str, Any]


class RawJson(str):
    """A piece of JSON that is already written."""

    __slots__ = ()


@dataclass
class Response:
    """What goes back to the client, before a fault may change it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False


def format_number(value: Decimal) -> str:
    """Write a Decimal plainly: no exponent, no padding zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def encode(value: object) -> str:
    """Write a value the way Fortnox does."""
    if isinstance(value, RawJson):
        return value
    if isinstance(value, str):
        return encode_basestring_ascii(value).replace("/", "\\/")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | Decimal):
        return format_number(value) if isinstance(value, Decimal) else str(value)
    if isinstance(value, Mapping):
        pairs = (f"{encode(str(key))}:{encode(item)}" for key, item in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Iterable):
        return "[" + ",".join(encode(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a response")


def decode(body: bytes) -> Any:
    """Read JSON with Decimal numbers; raise ValueError for anything else, NaN included."""

    def refuse(token: str) -> Any:
        raise ValueError(f"{token} is no JSON number")

    return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=refuse)


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    """Wrap a value as a JSON response."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, encode(value).encode("ascii"), {"Content-Type": JSON, **named})
