"""Where e-mail is handed in, read from one address. Pure."""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")


class MailServer(NamedTuple):
    """A mail server, and how the conversation with it is encrypted."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool


def mail_server(address: str) -> MailServer | None:
    """Read `smtp://` or `smtps://`; None for "". Raises ValueError with a sentence that does not show the password.

    `smtp` to another machine always asks for STARTTLS (RFC 3207), so that neither a password nor a message crosses a
    network openly.
    """
    if not address:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:  # the library's own words may quote the password
        parts = SplitResult("", "", "", "", "")
    if parts.scheme not in PORTS or not parts.hostname or not has_valid_port(parts):
        raise ValueError("must be smtp://user:password@host:587 or smtps://user:password@host:465")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("must end with the host or port; in a password write / as %2F, ? as %3F, # as %23, @ as %40")
    tls = parts.scheme == "smtps"
    starttls = not tls and parts.hostname not in THIS_MACHINE
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, parts.port or PORTS[parts.scheme], user, password, starttls, tls)


def sender(text: str) -> str:
    """Return the sender's address as given, if it is exactly one. Raises ValueError with a sentence."""
    found = getaddresses([text])
    if text and (not text.isprintable() or len(found) != 1 or not _ADDRESS.fullmatch(found[0][1])):
        raise ValueError("must be one e-mail address, like Uku <uku@firm.example>")
    return text


def has_valid_port(parts: SplitResult) -> bool:
    """Say whether the port of an address is missing or a number from 1."""
    try:
        return parts.port != 0
    except ValueError:
        return False
