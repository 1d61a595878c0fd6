"""Responses as bytes on a connection: compressed, chunked, under one status line.

Recorded: good responses come in chunks in a third of the cases, often gzipped, on kept connections, with phrases in
mixed case and one `Server` header.
"""

import gzip
from collections.abc import Iterable
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus

from fortnox_sim.json_format import JSON, Response
from fortnox_sim.switches import Switches

GOOD = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
SMALLEST_COMPRESSED = 200
CHUNK = 4096
NO_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def encode_body(response: Response, accepted: str, switches: Switches) -> Response:
    """Compress and chunk a good JSON response as the switches say; others stay as they are."""
    if response.status not in GOOD or response.headers.get("Content-Type") != JSON:
        return response
    fits = "gzip" in accepted and len(response.body) >= SMALLEST_COMPRESSED
    compressed = fits and switches["gzip"] and "Content-Encoding" not in response.headers
    if compressed:
        body = gzip.compress(response.body, compresslevel=1, mtime=0)
        response = replace(response, body=body, headers={**response.headers, "Content-Encoding": "gzip"})
    wanted = switches["chunked"]
    return replace(response, chunked=wanted == "all" or (wanted == "compressed" and compressed))


def write_head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """Write status line and headers; `Server` and `Date` are added where they are missing."""
    named = [(name, value) for name, value in headers if value]
    known = {name.lower() for name, _ in named}
    usual = [("Server", "Fortnox"), ("Date", formatdate(usegmt=True))]
    named += [(name, value) for name, value in usual if name.lower() not in known]
    phrases = {code.value: code.phrase for code in HTTPStatus}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named)
    return f"HTTP/1.1 {status} {phrases.get(status, '')}\r\n{lines}\r\n".encode("latin-1")


def write_chunks(body: bytes) -> bytes:
    """Write a body in chunks, the empty last one included."""
    pieces = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def write_response(response: Response) -> tuple[bytes, bytes]:
    """Write head and body of a response, apart, so that a fault can cut them."""
    if response.chunked:
        framing, body = {"Transfer-Encoding": "chunked"}, write_chunks(response.body)
    else:
        framing, body = {"Content-Length": str(len(response.body))}, response.body
    if response.status in NO_BODY:
        framing = {}
    return write_head(response.status, (response.headers | framing).items()), body
