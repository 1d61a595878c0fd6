"""The token and revoke addresses, with the recorded content types of their errors."""

import base64
import binascii
import json

from werkzeug.wrappers import Request

from fortnox_sim.installation import World
from fortnox_sim.json_format import JSON, Answer, Record
from fortnox_sim.oauth import grants

PLAIN, HTML = "text/plain;charset=UTF-8", "text/html; charset=UTF-8"


class TokenError(Exception):
    """An OAuth error body."""

    def __init__(self, error: str, description: str, status: int = 400, kind: str = HTML) -> None:
        super().__init__(description)
        self.answer = _body({"error": error, "error_description": description}, status, kind)


def _body(body: Record, status: int = 200, kind: str = JSON) -> Answer:
    headers = {"Content-Type": kind, "Cache-Control": "no-store", "Pragma": "no-cache", "Server": "Fortnox"}
    return Answer(status, json.dumps(body, separators=(",", ":")).encode(), headers)


def token(world: World, request: Request, number: int) -> Answer:
    """Answer POST /oauth-v1/token."""
    try:
        client = _client(world, request)
        if world.switches["token_counts"] and not world.rate.admit(
            f"{client}/token", model=world.switches["rate_model"], count_refused=False
        ):
            return Answer(429, b"", {"Server": "Fortnox"})
        answer = _grant(world, request, client, number)
    except TokenError as error:
        world.store.rollback()
        answer = error.answer
    answer.headers["X-Uid"] = f"{world.rng.getrandbits(32):08x}"
    return answer


def _client(world: World, request: Request) -> str:
    """Check HTTP Basic credentials."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name, secret = "", ""
    app = world.app(name)
    if kind.lower() != "basic" or app is None or app["client_secret"] != secret:
        raise TokenError("invalid_client", "The client credentials are invalid", 401, PLAIN)
    return name


def _grant(world: World, request: Request, client: str, number: int) -> Answer:
    kind = request.form.get("grant_type", "")
    if kind == "authorization_code":
        return _code(world, request, client, number)
    if kind == "refresh_token":
        return _refresh(world, request, client, number)
    if kind == "client_credentials":
        return _credentials(world, request, client, number)
    if not kind:
        raise TokenError("invalid_request", "The grant type was not specified in the request")
    raise TokenError("unsupported_grant_type", f'Grant type "{kind}" not supported')


def _check_licence(world: World, company: str) -> None:
    found = world.company(company)
    if found is None or not found.settings["integration_licence"]:
        raise TokenError("error_missing_license", "The customer has no licence for the integration", 401)


def _code(world: World, request: Request, client: str, number: int) -> Answer:
    code = request.form.get("code")
    if not code:
        raise TokenError("invalid_request", 'Missing parameter: "code" is required')
    record = world.store.table(grants.CODES).get(code)
    grant = grants.alive(world, record["grant"]) if record else None
    if record is None or record["used"] or grant is None or grant["client"] != client:
        raise TokenError("invalid_grant", "Authorization code doesn't exist or is invalid for the client")
    if record["expires"] <= grants.now(world):
        raise TokenError("invalid_grant", "The authorization code has expired")
    if record["redirect_uri"] and request.form.get("redirect_uri") != record["redirect_uri"]:
        raise TokenError("redirect_uri_mismatch", "The redirect URI is missing or do not match")
    _check_licence(world, grant["company"])
    world.store.put(grants.CODES, code, {**record, "used": True})
    return _tokens(world, grant, "token.code", number, spent=code)


def _tokens(world: World, grant: Record, action: str, number: int, *, spent: str, reused: bool = False) -> Answer:
    access, jti = grants.issue_access(
        world, client=grant["client"], company=grant["company"], grant=grant, scopes=grant["scopes"]
    )
    refresh = grants.issue_refresh(world, grant, jti)
    body = _success(world, access, grant["scopes"])
    if action == "token.code" or world.switches["refresh_token_in_answer"]:
        body["refresh_token"] = refresh
    made = {"access": grants.short(access), "refresh": grants.short(refresh)}
    _note(world, action, grant, number, spent=spent, reused=reused, **made)
    return _body(body)


def _note(world: World, action: str, grant: Record, number: int, *, spent: str | None, **facts: object) -> None:
    """Journal what became of tokens: the consent is their family, and each token goes by its short hash."""
    told = {"family": grant["id"], "service": grant["service"], "spent": grants.short(spent) if spent else None}
    world.commit(action, company=grant["company"], key=grant["id"], request=number, facts={**told, **facts})


def _success(world: World, access: str, scopes: list[str]) -> Record:
    seconds = world.switches["access_seconds"]
    return {"access_token": access, "expires_in": seconds, "token_type": "bearer", "scope": " ".join(scopes)}


def _refresh(world: World, request: Request, client: str, number: int) -> Answer:
    token = request.form.get("refresh_token")
    if not token:
        raise TokenError("invalid_request", 'Missing parameter: "refresh_token" is required')
    record = world.store.table(grants.REFRESH).get(token)
    grant = grants.alive(world, record["grant"]) if record else None
    if record is None or grant is None or grant["client"] != client:
        raise TokenError("invalid_grant", "Invalid refresh token")
    now = grants.now(world)
    if record["used_at"] is not None and now > record["used_at"] + world.switches["refresh_grace_seconds"] - 1:
        _reused(world, grant, token, number)
        raise TokenError("invalid_grant", "Invalid refresh token")
    if record["expires"] <= now:
        raise TokenError("invalid_grant", "Refresh token has expired")
    _check_licence(world, grant["company"])
    if world.switches["refresh_ends_access"]:
        grants.end_access(world, grant["id"])
    reused = record["used_at"] is not None
    if not reused:  # the grace period runs from the first use
        world.store.put(grants.REFRESH, token, {**record, "used_at": now})
    return _tokens(world, grant, "token.refresh", number, spent=token, reused=reused)


def _reused(world: World, grant: Record, token: str, number: int) -> None:
    """A used token came again: note it, and end the family where that is switched on."""
    if world.switches["refresh_reuse_kills_family"]:
        world.store.put(grants.GRANTS, grant["id"], {**grant, "alive": False})
    _note(world, "token.reuse", grant, number, spent=token, reused=True)


def _credentials(world: World, request: Request, client: str, number: int) -> Answer:
    tenant = request.headers.get("TenantId", "")
    app = world.app(client) or {}
    if not app["service_account"]:
        error = world.switches["credentials_without_service_account"]
        raise TokenError(error, "The grant type is unauthorized for this client_id")
    if not tenant:
        access, _ = grants.issue_access(world, client=client, company=None, grant=None, scopes=app["scopes"])
        told = {"family": None, "service": True, "spent": None, "reused": False, "access": grants.short(access)}
        world.commit("token.credentials", request=number, facts=told)
        return _body(_success(world, access, app["scopes"]))
    consents = grants.consents_of(world, client, tenant)
    if not consents:
        error = world.switches["credentials_without_consent"]
        raise TokenError(error, "No consent has been given for the tenant")
    _check_licence(world, tenant)
    grant, consented = consents[-1], grants.scopes_of(world, consents)
    wanted = request.form.get("scope", "").split() or consented
    if not set(wanted) <= set(consented):
        raise TokenError("invalid_scope", "An unsupported scope was requested")
    access, _ = grants.issue_access(world, client=client, company=tenant, grant=grant, scopes=wanted)
    _note(world, "token.credentials", grant, number, spent=None, reused=False, access=grants.short(access))
    return _body(_success(world, access, wanted))


def revoke(world: World, request: Request, number: int) -> Answer:
    """Answer POST /oauth-v1/revoke; an unknown token is revoked as well (as live tests saw)."""
    try:
        client = _client(world, request)
    except TokenError as error:
        return error.answer
    token = request.form.get("token", "")
    record = world.store.table(grants.REFRESH).get(token)
    grant = grants.alive(world, record["grant"]) if record else None
    if record is not None and grant is not None and grant["client"] == client:
        _end_family(world, grant)
        ended = grants.alive(world, grant["id"]) is None
        _note(world, "token.revoke", grant, number, spent=token, reused=record["used_at"] is not None, ended=ended)
    elif token:
        world.commit("token.revoke_unknown", request=number, facts={"spent": grants.short(token)})
    return _body({"revoked": True})


def _end_family(world: World, grant: Record) -> None:
    """End every refresh token of a grant; the consent itself, and others, live on unless switched otherwise."""
    every = world.switches["revoke_ends_every_consent"]
    for other in list(world.store.table(grants.GRANTS).values()):
        same_company = (other["client"], other["company"]) == (grant["client"], grant["company"])
        if other["id"] == grant["id"] or (every and same_company):
            _end_tokens(world, other, ends_consent=every or world.switches["revoke_ends_consent"])


def _end_tokens(world: World, grant: Record, *, ends_consent: bool) -> None:
    for token, record in list(world.store.table(grants.REFRESH).rows.items()):
        if record["grant"] == grant["id"]:
            world.store.put(grants.REFRESH, token, None)
    if ends_consent or not grant["service"]:
        world.store.put(grants.GRANTS, grant["id"], {**grant, "alive": False})
