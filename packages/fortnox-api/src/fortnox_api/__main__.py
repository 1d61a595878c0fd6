"""`python -m fortnox_api authorize`: walks a person through consent on this machine and stores the tokens."""

import argparse
import getpass
import os
import re
import secrets
import sys
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar, Final, Self, TextIO
from urllib.parse import parse_qs, urlsplit

from fortnox_api._errors import FortnoxError
from fortnox_api._oauth import OAuthApp
from fortnox_api._token_file import FileTokenStore

_SECRET: Final = "FORTNOX_CLIENT_SECRET"  # noqa: S105 - the name of a variable
_WORD: Final = re.compile("[a-z_]{1,60}")
_HERE: Final = frozenset({"localhost", "127.0.0.1"})
_NEXT: Final = """\
Company {tenant} is connected {until}. Its tokens are in {path}.

    import os
    from fortnox_api import {auth}, FileTokenStore, Fortnox, OAuthApp

    app = OAuthApp(client_id="{client}", client_secret=os.environ["{secret}"]{base_url})
    fortnox = Fortnox(auth={auth}(app, {company}FileTokenStore("{path}")){base_url})
    print(fortnox.customers.count())
"""
_FORTNOX: Final = "https://apps.fortnox.se"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 refused; wrong arguments end with 2."""
    asked = _parse(arguments)
    secret = os.environ.get(_SECRET) or getpass.getpass("Client secret: ")
    try:
        store, callback = FileTokenStore(asked.tokens), Callback(asked.redirect_uri)
    except (ValueError, OSError) as error:
        _say(f"Cannot begin: {error}", sys.stderr)
        return 1
    app = OAuthApp(
        client_id=asked.client_id, client_secret=secret, redirect_uri=asked.redirect_uri, base_url=asked.base_url
    )
    with app, callback:
        url = app.authorize_url(state=callback.state, scopes=asked.scopes, service_account=not asked.personal)
        _say(f"Approve in the browser, as an administrator of the company:\n\n    {url}\n")
        if asked.browser:
            webbrowser.open(url)
        answer = callback.wait()
        if answer.code is None:
            _say(f"Not approved: {answer.error}", sys.stderr)
            return 1
        try:
            tokens = app.exchange_code(answer.code)
        except FortnoxError as error:
            _say(f"Not connected: {error}", sys.stderr)
            return 1
    store.replace(tokens)
    _say(
        _NEXT.format(
            tenant=tokens.tenant_id,
            until="as long as its tokens are used every 45 days" if asked.personal else "until the consent is revoked",
            path=asked.tokens,
            auth="RefreshTokenAuth" if asked.personal else "ClientCredentialsAuth",
            company="" if asked.personal else f'"{tokens.tenant_id}", ',
            client=asked.client_id,
            secret=_SECRET,
            base_url="" if asked.base_url == _FORTNOX else f', base_url="{asked.base_url}"',
        )
    )
    return 0


def _say(text: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fortnox_api", description="A Python client for Fortnox.")
    commands = parser.add_subparsers(required=True, metavar="command")
    authorize = commands.add_parser(
        "authorize",
        help="ask for consent in the browser and store the tokens",
        description=f"Asks for consent in the browser and stores the tokens. The client secret is read from {_SECRET}, "
        "else asked for.",
    )
    authorize.add_argument("--client-id", required=True, help="from Fortnox's developer portal")
    authorize.add_argument("--scopes", required=True, type=str.split, help='with spaces between: "customer invoice"')
    authorize.add_argument(
        "--redirect-uri",
        type=_parse_redirect_uri,
        default="http://localhost:8720/fortnox/callback",
        help="as in the developer portal; on this machine (default: %(default)s)",
    )
    authorize.add_argument("--tokens", default="fortnox-tokens.db", help="file to keep them in (default: %(default)s)")
    authorize.add_argument("--personal", action="store_true", help="connect the person, not the company")
    authorize.add_argument("--no-browser", dest="browser", action="store_false", help="only print the address")
    authorize.add_argument("--base-url", default=_FORTNOX, help="(default: %(default)s)")
    return parser.parse_args(arguments)


def _parse_redirect_uri(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "http" or parts.hostname not in _HERE or not parts.port:
        raise argparse.ArgumentTypeError("it has to be http://localhost:PORT/…, for the answer to come to this command")
    return text


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from Fortnox's page: a code, or why there is none."""

    code: str | None
    error: str = ""


@dataclass
class Callback:
    """Waits on this machine for the browser to come back from Fortnox."""

    redirect_uri: str
    state: str = field(default_factory=secrets.token_urlsafe)
    answer: Answer | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.redirect_uri)
        handler = type("Handler", (_Handler,), {"callback": self, "address": parts.path})
        self._server = HTTPServer(("127.0.0.1", parts.port or 0), handler)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def wait(self) -> Answer:
        """Serve until the answer to this very question comes."""
        while self.answer is None:
            self._server.handle_request()
        return self.answer


class _Handler(BaseHTTPRequestHandler):
    callback: ClassVar[Callback]
    address: ClassVar[str]
    timeout = 10

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path != self.address:
            self._respond(HTTPStatus.NOT_FOUND, "Nothing is here.")
        elif not secrets.compare_digest(query.get("state", "").encode(), self.callback.state.encode()):
            self._respond(HTTPStatus.BAD_REQUEST, "This is the answer to another question. Begin anew.")
        else:
            error = query.get("error", "")
            self.callback.answer = Answer(query.get("code"), error if _WORD.fullmatch(error) else "no code came back")
            self._respond(HTTPStatus.OK, "Done. You can close this page.")

    def _respond(self, status: HTTPStatus, sentence: str) -> None:
        body = sentence.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds the code."""


if __name__ == "__main__":
    sys.exit(main())
