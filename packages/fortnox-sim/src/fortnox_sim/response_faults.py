"""Responses that a fault replaces: another status, JSON changed or blown up, secrets of the request echoed."""

import base64
import binascii
import contextlib
import zlib
from http import HTTPStatus

from werkzeug.wrappers import Request

from fortnox_sim.fault_plans import Fault
from fortnox_sim.json_format import RawJson, Record, Response, decode, encode

BAD_GATEWAY = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<h1>502 Bad Gateway</h1>\r\n</body>\r\n</html>\r\n"
)
MEGABYTES = 300


def replace_response(fault: Fault, response: Response) -> Response:
    """Give the response that the fault sends in place of the true one; the same one where it only cuts it."""
    rule = fault.rule
    if fault.action == "html":
        status = int(rule.get("status") or HTTPStatus.BAD_GATEWAY)
        return Response(status, BAD_GATEWAY, {"Content-Type": "text/html"})
    if fault.action == "rewrite":
        return rewrite_json(response, rule)
    if fault.action == "bomb":
        return inflate_response(response, int(rule.get("megabytes") or MEGABYTES))
    if fault.action == "status":
        status = int(rule.get("status") or HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(status, str(rule.get("body") or "").encode(), dict(rule.get("headers") or {}))
    return response


def rewrite_json(response: Response, rule: Record) -> Response:
    """Change a JSON object: `remove` takes keys out, `set` puts values in, `raw` puts in JSON text as it stands.

    Of a list, `meta` changes what MetaInformation tells and `rows` puts values in place of rows, by their index.
    """
    try:
        body = decode(response.body)
    except ValueError:
        return response
    if not isinstance(body, dict):
        return response
    rows = rule.get("rows") or {}
    for key, value in body.items():
        if isinstance(value, dict) and "@TotalResources" in value:
            body[key] = {**value, **(rule.get("meta") or {})}
        elif isinstance(value, list):
            body[key] = [rows.get(str(index), row) for index, row in enumerate(value)]
    kept = {key: value for key, value in body.items() if key not in (rule.get("remove") or [])}
    raw = {key: RawJson(text) for key, text in (rule.get("raw") or {}).items()}
    changed = encode({**kept, **(rule.get("set") or {}), **raw})
    return Response(response.status, changed.encode(), dict(response.headers))


def inflate_response(response: Response, megabytes: int) -> Response:
    """Respond with a few kilobytes of gzip that inflate to so many megabytes of blanks."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    blanks = b" " * 1_000_000
    body = b"".join(packer.compress(blanks) for _ in range(megabytes)) + packer.flush()
    return Response(response.status, body, {**response.headers, "Content-Encoding": "gzip"})


def echo_secrets(response: Response, request: Request) -> Response:
    """Put secrets of the request into the response where it says `{refresh_token}`, `{code}` and so on."""
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    secrets = {name: request.form.get(name, "") for name in ("refresh_token", "code", "token")}
    secrets |= {"access_token": "", "client_secret": ""}
    if kind.lower() == "bearer":
        secrets["access_token"] = credentials
    elif kind.lower() == "basic":
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            secrets["client_secret"] = base64.b64decode(credentials).decode().partition(":")[2]
    body = response.body
    for name, secret in secrets.items():
        body = body.replace(f"{{{name}}}".encode(), secret.encode())
    return Response(response.status, body, response.headers)
