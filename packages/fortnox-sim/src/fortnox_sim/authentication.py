"""Who is calling: from the bearer token to client, company and scopes."""

from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from fortnox_sim.errors import (
    BAD_LOGIN,
    NO_API_LICENCE,
    NO_SCOPE,
    NO_SCOPE_LICENCE,
    SCOPE_CODES,
    Refusal,
    Unauthorized,
)
from fortnox_sim.installation import World
from fortnox_sim.json_format import Record
from fortnox_sim.oauth.grants import access_record, company_of_credentials, person_of
from fortnox_sim.scopes import licensed


@dataclass(frozen=True)
class Caller:
    """A valid access token's owner; without a company the token was made without TenantId."""

    client: str
    company: str | None
    scopes: frozenset[str]
    user: str | None = None


def bearer(header: str) -> str:
    """Take the token out of an Authorization header."""
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def authenticate(world: World, header: str) -> Caller:
    """Accept a live access token or answer 401."""
    record = access_record(world, bearer(header))
    if record is None:
        raise Unauthorized
    user = person_of(world, record)
    if user == "":
        if world.switches["lost_login"] == "unauthorized":
            raise Unauthorized
        raise Refusal(BAD_LOGIN, status=world.switches["missing_scope_status"])
    return Caller(record["client"], record["company"], frozenset(record["scopes"]), user)


def peek_company(world: World, request: Request) -> str | None:
    """Say which company a request is about, for journal and fault plan; judges nothing."""
    if request.path.startswith("/oauth-v1"):
        return company_of_credentials(world, request)
    record = access_record(world, bearer(request.headers.get("Authorization", "")), expired=True)
    return record["company"] if record else None


def check_scope(world: World, caller: Caller, settings: Record, scope: str) -> None:
    """Refuse a call whose scope or licence is missing."""
    status: Any = world.switches["missing_scope_status"]
    if not settings["integration_licence"]:
        raise Refusal(NO_API_LICENCE, status=status)
    if scope not in caller.scopes:
        own = world.switches["scope_code"] == "by resource"
        raise Refusal(SCOPE_CODES.get(scope, NO_SCOPE) if own else NO_SCOPE, status=status)
    if not licensed(scope, settings["licences"]):
        raise Refusal(NO_SCOPE_LICENCE, status=status)
