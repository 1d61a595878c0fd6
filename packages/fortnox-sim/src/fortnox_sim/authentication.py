"""Who sends a request: from the bearer token to client, company and scopes."""

from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from fortnox_sim.errors import (
    BAD_LOGIN,
    NO_API_LICENCE,
    NO_SCOPE,
    NO_SCOPE_LICENCE,
    SCOPE_CODES,
    ApiError,
    Unauthorized,
)
from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Record
from fortnox_sim.oauth.grants import find_access_token, find_company_of_credentials, find_person
from fortnox_sim.scopes import is_licensed


@dataclass(frozen=True)
class Caller:
    """A valid access token's owner; without a company the token was made without TenantId."""

    client: str
    company: str | None
    scopes: frozenset[str]
    user: str | None = None


def read_bearer(header: str) -> str:
    """Take the token out of an Authorization header."""
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def authenticate(installation: Installation, header: str) -> Caller:
    """Accept a live access token; raise Unauthorized for any other."""
    record = find_access_token(installation, read_bearer(header))
    if record is None:
        raise Unauthorized
    user = find_person(installation, record)
    if user == "":
        if installation.switches["lost_login"] == "unauthorized":
            raise Unauthorized
        raise ApiError(BAD_LOGIN, status=installation.switches["missing_scope_status"])
    return Caller(record["client"], record["company"], frozenset(record["scopes"]), user)


def identify_company(installation: Installation, request: Request) -> str | None:
    """Say which company a request is about, for journal and fault plan; judges nothing."""
    if request.path.startswith("/oauth-v1"):
        return find_company_of_credentials(installation, request)
    record = find_access_token(installation, read_bearer(request.headers.get("Authorization", "")), expired=True)
    return record["company"] if record else None


def check_scope(installation: Installation, caller: Caller, settings: Record, scope: str) -> None:
    """Raise ApiError for a request whose scope or licence is missing."""
    status: Any = installation.switches["missing_scope_status"]
    if not settings["integration_licence"]:
        raise ApiError(NO_API_LICENCE, status=status)
    if scope not in caller.scopes:
        own = installation.switches["scope_code"] == "by resource"
        raise ApiError(SCOPE_CODES.get(scope, NO_SCOPE) if own else NO_SCOPE, status=status)
    if not is_licensed(scope, settings["licences"]):
        raise ApiError(NO_SCOPE_LICENCE, status=status)
