"""The token and revoke addresses, with the recorded content types of their errors."""

import base64
import binascii
import json
from collections.abc import Callable

from werkzeug.wrappers import Request

from fortnox_sim.installation import Installation
from fortnox_sim.json_format import JSON, Record, Response
from fortnox_sim.oauth import grants

PLAIN, HTML = "text/plain;charset=UTF-8", "text/html; charset=UTF-8"


class TokenError(Exception):
    """An OAuth error body."""

    def __init__(self, error: str, description: str, status: int = 400, kind: str = HTML) -> None:
        super().__init__(description)
        self.response = _build_response({"error": error, "error_description": description}, status, kind)


def _build_response(body: Record, status: int = 200, kind: str = JSON) -> Response:
    headers = {"Content-Type": kind, "Cache-Control": "no-store", "Pragma": "no-cache", "Server": "Fortnox"}
    return Response(status, json.dumps(body, separators=(",", ":")).encode(), headers)


def issue_tokens(installation: Installation, request: Request, number: int) -> Response:
    """Handle POST /oauth-v1/token."""
    try:
        client = _authenticate_client(installation, request)
        if installation.switches["token_counts"] and not installation.rate_limiter.admit(
            f"{client}/token", model=installation.switches["rate_model"], count_refused=False
        ):
            return Response(429, b"", {"Server": "Fortnox"})
        response = _find_grant_handler(request)(installation, request, client, number)
    except TokenError as error:
        installation.store.rollback()
        response = error.response
    response.headers["X-Uid"] = f"{installation.rng.getrandbits(32):08x}"
    return response


def _authenticate_client(installation: Installation, request: Request) -> str:
    """Check HTTP Basic credentials."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name, secret = "", ""
    app = installation.find_app(name)
    if kind.lower() != "basic" or app is None or app["client_secret"] != secret:
        raise TokenError("invalid_client", "The client credentials are invalid", 401, PLAIN)
    return name


def _check_licence(installation: Installation, number: str) -> None:
    company = installation.company(number)
    if company is None or not company.settings["integration_licence"]:
        raise TokenError("error_missing_license", "The customer has no licence for the integration", 401)


def exchange_code(installation: Installation, request: Request, client: str, number: int) -> Response:
    """Exchange an authorization code, which works once."""
    code = request.form.get("code")
    if not code:
        raise TokenError("invalid_request", 'Missing parameter: "code" is required')
    record = installation.store.table(grants.CODES).get(code)
    grant = grants.find_living_grant(installation, record["grant"]) if record else None
    if record is None or record["used"] or grant is None or grant["client"] != client:
        raise TokenError("invalid_grant", "Authorization code doesn't exist or is invalid for the client")
    if record["expires"] <= grants.current_seconds(installation):
        raise TokenError("invalid_grant", "The authorization code has expired")
    if record["redirect_uri"] and request.form.get("redirect_uri") != record["redirect_uri"]:
        raise TokenError("redirect_uri_mismatch", "The redirect URI is missing or do not match")
    _check_licence(installation, grant["company"])
    installation.store.put(grants.CODES, code, {**record, "used": True})
    return _issue_token_pair(installation, grant, "token.code", number, spent=code)


def refresh_tokens(installation: Installation, request: Request, client: str, number: int) -> Response:
    """Exchange a refresh token; a used one is an error, unless a grace period is switched on."""
    token = request.form.get("refresh_token")
    switches = installation.switches
    if not token:
        raise TokenError("invalid_request", 'Missing parameter: "refresh_token" is required')
    record = installation.store.table(grants.REFRESH).get(token)
    grant = grants.find_living_grant(installation, record["grant"]) if record else None
    if record is None or grant is None or grant["client"] != client:
        raise TokenError("invalid_grant", "Invalid refresh token")
    now = grants.current_seconds(installation)
    reused = record["used_at"] is not None
    if reused and now > record["used_at"] + switches["refresh_grace_seconds"] - 1:
        if switches["refresh_reuse_kills_family"]:
            installation.store.put(grants.GRANTS, grant["id"], {**grant, "alive": False})
        _commit_token_change(installation, "token.reuse", grant, number, spent=token, reused=True)
        raise TokenError("invalid_grant", "Invalid refresh token")
    if record["expires"] <= now:
        raise TokenError("invalid_grant", "Refresh token has expired")
    _check_licence(installation, grant["company"])
    if switches["refresh_ends_access"]:
        grants.end_access_tokens(installation, grant["id"])
    if not reused:  # the grace period runs from the first use
        installation.store.put(grants.REFRESH, token, {**record, "used_at": now})
    return _issue_token_pair(installation, grant, "token.refresh", number, spent=token, reused=reused)


def issue_client_credentials(installation: Installation, request: Request, client: str, number: int) -> Response:
    """Make an access token from client credentials, for the company that the header TenantId names."""
    tenant = request.headers.get("TenantId", "")
    app = installation.find_app(client) or {}
    if not app["service_account"]:
        error = installation.switches["credentials_without_service_account"]
        raise TokenError(error, "The grant type is unauthorized for this client_id")
    if not tenant:
        scopes = app["scopes"]
        access, _ = grants.issue_access_token(installation, client=client, company=None, grant=None, scopes=scopes)
        facts = {"family": None, "service": True, "spent": None, "reused": False, "access": grants.hash_secret(access)}
        installation.commit("token.credentials", request=number, facts=facts)
        return _build_response(_build_token_body(installation, access, scopes))
    consents = grants.find_service_grants(installation, client, tenant)
    if not consents:
        error = installation.switches["credentials_without_consent"]
        raise TokenError(error, "No consent has been given for the tenant")
    _check_licence(installation, tenant)
    grant, consented = consents[-1], grants.select_scopes(installation, consents)
    wanted = request.form.get("scope", "").split() or consented
    if not set(wanted) <= set(consented):
        raise TokenError("invalid_scope", "An unsupported scope was requested")
    access, _ = grants.issue_access_token(installation, client=client, company=tenant, grant=grant, scopes=wanted)
    made = {"access": grants.hash_secret(access)}
    _commit_token_change(installation, "token.credentials", grant, number, spent=None, reused=False, **made)
    return _build_response(_build_token_body(installation, access, wanted))


GRANT_TYPES = {
    "authorization_code": exchange_code,
    "refresh_token": refresh_tokens,
    "client_credentials": issue_client_credentials,
}


def _find_grant_handler(request: Request) -> Callable[[Installation, Request, str, int], Response]:
    kind = request.form.get("grant_type", "")
    if not kind:
        raise TokenError("invalid_request", "The grant type was not specified in the request")
    if kind not in GRANT_TYPES:
        raise TokenError("unsupported_grant_type", f'Grant type "{kind}" not supported')
    return GRANT_TYPES[kind]


def _issue_token_pair(
    installation: Installation, grant: Record, action: str, number: int, *, spent: str, reused: bool = False
) -> Response:
    access, jti = grants.issue_access_token(
        installation, client=grant["client"], company=grant["company"], grant=grant, scopes=grant["scopes"]
    )
    refresh = grants.issue_refresh_token(installation, grant, jti)
    body = _build_token_body(installation, access, grant["scopes"])
    if action == "token.code" or installation.switches["refresh_token_in_answer"]:
        body["refresh_token"] = refresh
    made = {"access": grants.hash_secret(access), "refresh": grants.hash_secret(refresh)}
    _commit_token_change(installation, action, grant, number, spent=spent, reused=reused, **made)
    return _build_response(body)


def _commit_token_change(
    installation: Installation, action: str, grant: Record, number: int, *, spent: str | None, **more: object
) -> None:
    """Commit and journal what became of tokens: the consent is their family, each token goes by its short hash."""
    facts: Record = {"family": grant["id"], "service": grant["service"]}
    facts |= {"spent": grants.hash_secret(spent) if spent else None, **more}
    installation.commit(action, company=grant["company"], key=grant["id"], request=number, facts=facts)


def _build_token_body(installation: Installation, access: str, scopes: list[str]) -> Record:
    seconds = installation.switches["access_seconds"]
    return {"access_token": access, "expires_in": seconds, "token_type": "bearer", "scope": " ".join(scopes)}


def revoke_token(installation: Installation, request: Request, number: int) -> Response:
    """Handle POST /oauth-v1/revoke; an unknown token is revoked as well (as live tests saw).

    Every refresh token of the consent ends. The consent itself, and others, live on unless switched otherwise.
    """
    try:
        client = _authenticate_client(installation, request)
    except TokenError as error:
        return error.response
    token = request.form.get("token", "")
    store, switches = installation.store, installation.switches
    record = store.table(grants.REFRESH).get(token)
    grant = grants.find_living_grant(installation, record["grant"]) if record else None
    if record is not None and grant is not None and grant["client"] == client:
        every = switches["revoke_ends_every_consent"]
        for other in list(store.table(grants.GRANTS).values()):
            same_company = (other["client"], other["company"]) == (grant["client"], grant["company"])
            if other["id"] != grant["id"] and not (every and same_company):
                continue
            for key, refresh in list(store.table(grants.REFRESH).rows.items()):
                if refresh["grant"] == other["id"]:
                    store.put(grants.REFRESH, key, None)
            if every or switches["revoke_ends_consent"] or not other["service"]:
                store.put(grants.GRANTS, other["id"], {**other, "alive": False})
        facts = {
            "reused": record["used_at"] is not None,
            "ended": grants.find_living_grant(installation, grant["id"]) is None,
        }
        _commit_token_change(installation, "token.revoke", grant, number, spent=token, **facts)
    elif token:
        installation.commit("token.revoke_unknown", request=number, facts={"spent": grants.hash_secret(token)})
    return _build_response({"revoked": True})
