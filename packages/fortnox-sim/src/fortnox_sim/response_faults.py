"""Answers that a fault rewrites: its JSON changed, blown up, or secrets of the request echoed back."""

import base64
import binascii
import zlib
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request

from fortnox_sim.json_format import Answer, Raw, Record, decode, encode


def rewritten(answer: Answer, rule: Record) -> Answer:
    """Change a JSON object: `remove` takes keys out, `set` puts values in, `raw` puts in JSON text as it stands.

    Of a list, `meta` changes what MetaInformation tells and `rows` puts values in place of rows, by their index.
    """
    try:
        body = decode(answer.body)
    except ValueError:
        return answer
    if not isinstance(body, dict):
        return answer
    listed = {key: _changed(value, rule) for key, value in body.items()}
    kept = {key: value for key, value in listed.items() if key not in (rule.get("remove") or [])}
    raw = {key: Raw(text) for key, text in (rule.get("raw") or {}).items()}
    changed = encode({**kept, **(rule.get("set") or {}), **raw})
    return Answer(answer.status, changed.encode(), dict(answer.headers))


def _changed(value: Any, rule: Record) -> Any:
    """Change MetaInformation or the rows of a list; leave anything else."""
    if isinstance(value, dict) and "@TotalResources" in value:
        return {**value, **(rule.get("meta") or {})}
    wanted = rule.get("rows") or {}
    if isinstance(value, list):
        return [wanted.get(str(index), row) for index, row in enumerate(value)]
    return value


def bomb(answer: Answer, megabytes: int) -> Answer:
    """Answer a few kilobytes of gzip that inflate to so many megabytes of blanks."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    blanks = b" " * 1_000_000
    body = b"".join(packer.compress(blanks) for _ in range(megabytes)) + packer.flush()
    return Answer(answer.status, body, {**answer.headers, "Content-Encoding": "gzip"})


def echoed(answer: Answer, request: Request) -> Answer:
    """Put secrets of the request into the answer where it says `{refresh_token}`, `{code}` and so on."""
    body = answer.body
    for name, find in SECRETS.items():
        place = f"{{{name}}}".encode()
        if place in body:
            body = body.replace(place, find(request).encode())
    return Answer(answer.status, body, answer.headers)


def _field(name: str) -> Callable[[Request], str]:
    return lambda request: request.form.get(name, "")


def _credentials(request: Request, wanted: str) -> str:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    return text if kind.lower() == wanted else ""


def _client_secret(request: Request) -> str:
    try:
        return base64.b64decode(_credentials(request, "basic")).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


SECRETS: dict[str, Callable[[Request], str]] = {
    "refresh_token": _field("refresh_token"),
    "code": _field("code"),
    "token": _field("token"),
    "access_token": lambda request: _credentials(request, "bearer"),
    "client_secret": _client_secret,
}
