"""Grants and what is made from them: codes, refresh tokens, access tokens.

An access token is a JWT that nobody outside can verify; here its `jti` finds the record that counts.
"""

import base64
import hashlib
import hmac
import json
import zlib
from typing import Any

from werkzeug.wrappers import Request

from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Record

GRANTS, CODES, REFRESH, ACCESS, SECRETS = "grants", "codes", "refresh", "access", "secrets"
CODE_SECONDS = 600
DAY = 86_400
RIGHTS_LENGTH = 1_900
JTI_LENGTH = 40


def current_seconds(installation: Installation) -> int:
    """Give the business clock in whole seconds."""
    return int(installation.clock.now().timestamp())


def hash_secret(secret: str) -> str:
    """Name a secret in the journal: the first 12 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()[:12]


def _make_marked_secret(installation: Installation, length: int) -> str:
    """Make up a secret that begins with the marker, if one is set."""
    return f"{installation.switches['token_marker']}{installation.make_secret(length)}"


def add_grant(
    installation: Installation, *, client: str, company: str, user: str, scopes: list[str], service: bool
) -> Record:
    """Record a consent."""
    grant: Record = {
        "id": installation.make_secret(16),
        "client": client,
        "company": company,
        "user": user,
        "scopes": scopes,
        "service": service,
        "alive": True,
        "at": current_seconds(installation),
    }
    installation.store.put(GRANTS, grant["id"], grant)
    return grant


def add_code(installation: Installation, grant: Record, redirect_uri: str) -> str:
    code = _make_marked_secret(installation, 32)
    record = {
        "grant": grant["id"],
        "redirect_uri": redirect_uri,
        "expires": current_seconds(installation) + CODE_SECONDS,
    }
    installation.store.put(CODES, code, {**record, "used": False})
    return code


def issue_refresh_token(installation: Installation, grant: Record, jti: str) -> str:
    """Make a refresh token that remembers the access token made with it."""
    token = _make_marked_secret(installation, 40)
    expires = current_seconds(installation) + installation.switches["refresh_days"] * DAY
    record = {"grant": grant["id"], "expires": expires, "used_at": None, "access": jti}
    installation.store.put(REFRESH, token, record)
    return token


def issue_access_token(
    installation: Installation, *, client: str, company: str | None, grant: Record | None, scopes: list[str]
) -> tuple[str, str]:
    """Make an access token; returns it and its `jti`."""
    jti = _make_marked_secret(installation, JTI_LENGTH)
    issued = current_seconds(installation)
    expires = issued + installation.switches["access_seconds"]
    record = {"client": client, "company": company, "scopes": scopes, "expires": expires, "alive": True}
    installation.store.put(ACCESS, jti, {**record, "grant": grant["id"] if grant else None})
    as_text = installation.switches["tenant_claim"] == "string"
    tenant = None if company is None else (company if as_text else int(company))
    user = zlib.crc32(str(grant["user"] if grant else "").encode()) % 1_000_000
    rights = base64.b64encode(hashlib.shake_256(jti.encode()).digest(RIGHTS_LENGTH * 3 // 4)).decode()
    claims = {
        "userId": user,
        "tenantId": tenant,
        "clientId": client,
        "scopes": scopes,
        "authsource": "OAUTH2",
        "id": jti,
        "jti": jti,
        "iss": "https://api.fortnox.se/oauth2",
        "aud": client,
        "sub": f"{user}@{tenant}",
        "exp": expires,
        "iat": issued,
        "token_type": "bearer",
        "scope": " ".join(scopes),
        "rightsAsJson": rights,
    }
    head = _encode_part(b'{"typ":"JWT","alg":"HS256"}')
    text = f"{head}.{_encode_part(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{text}.{_sign(installation, text)}{jti[:-JTI_LENGTH]}", jti


def _encode_part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _sign(installation: Installation, text: str) -> str:
    """Sign the text of a JWT with the installation's own key, which is made when it is first needed."""
    record = installation.store.table(SECRETS).get("jwt")
    if record is None:
        record = {"value": installation.make_secret(64)}
        installation.store.put(SECRETS, "jwt", record)
    return _encode_part(hmac.digest(str(record["value"]).encode(), text.encode(), "sha256"))


def _read_jti(installation: Installation, token: str) -> str | None:
    """Read the `jti` of an access token that is ours, unaltered."""
    text, _, signature = token.rpartition(".")
    real = _sign(installation, text)
    if not token.isascii() or text.count(".") != 1 or not hmac.compare_digest(real, signature[: len(real)]):
        return None
    payload = text.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    jti = str(claims["jti"])
    return jti if signature == real + jti[:-JTI_LENGTH] else None


def find_access_token(installation: Installation, token: str, *, expired: bool = False) -> Record | None:
    """Find the record of an access token that counts; with `expired`, of one that once did."""
    jti = _read_jti(installation, token)
    record = installation.store.table(ACCESS).get(jti) if jti else None
    if record is None or expired:
        return record
    if not record["alive"] or record["expires"] <= current_seconds(installation):
        return None
    return record


def find_person(installation: Installation, record: Record) -> str | None:
    """Say whose connection an access token belongs to: nobody's (None) or, as "", a person who is gone."""
    grant = installation.store.table(GRANTS).get(record["grant"] or "")
    if grant is None:
        return None
    if _has_lost_person(installation, grant):
        return ""
    return None if grant["service"] else str(grant["user"])


def find_role(user: Record, company: str) -> str | None:
    """Say what a person is in a company: its own `companies`, or through the agency's `clients`."""
    roles: dict[str, str] = {**user.get("clients", {}), **user["companies"]}
    return roles.get(company)


def _has_lost_person(installation: Installation, grant: Record) -> bool:
    """A personal connection stops when its person leaves; a service account's only where that is switched on."""
    if grant["service"] and not installation.switches["admin_removal_ends_service"]:
        return False
    user = installation.users().get(grant["user"])
    return user is None or find_role(user, grant["company"]) is None


def find_living_grant(installation: Installation, grant_id: str | None) -> Record | None:
    """Find a grant that still counts."""
    grant = installation.store.table(GRANTS).get(grant_id or "")
    if grant is None or not grant["alive"] or _has_lost_person(installation, grant):
        return None
    return grant


def find_service_grants(installation: Installation, client: str, company: str) -> list[Record]:
    """Find the living service consents of a company for a client, oldest first."""
    return [
        grant
        for grant in installation.store.table(GRANTS).values()
        if grant["client"] == client
        and grant["company"] == company
        and grant["service"]
        and find_living_grant(installation, grant["id"])
    ]


def select_scopes(installation: Installation, consents: list[Record]) -> list[str]:
    """Give the scopes of client credentials: those of the latest consent or of all, as switched."""
    counted = consents if installation.switches["second_consent"] == "all" else consents[-1:]
    return list(dict.fromkeys(scope for consent in counted for scope in consent["scopes"]))


def end_access_tokens(installation: Installation, grant_id: str) -> None:
    """Stop all access tokens of a grant."""
    for jti, record in list(installation.store.table(ACCESS).rows.items()):
        if record["grant"] == grant_id and record["alive"]:
            installation.store.put(ACCESS, jti, {**record, "alive": False})


def remove_integration(installation: Installation, company: str, client: str | None = None) -> int:
    """The customer removes one integration, or (without `client`) all: the company's consents to it end."""
    ended = 0
    for grant_id, grant in list(installation.store.table(GRANTS).rows.items()):
        if grant["company"] == company and grant["alive"] and client in {None, grant["client"]}:
            installation.store.put(GRANTS, grant_id, {**grant, "alive": False})
            if installation.switches["removal_ends_access"]:
                end_access_tokens(installation, grant_id)
            ended += 1
    return ended


def change_scopes(installation: Installation, company: str, scopes: list[str]) -> int:
    """Narrow (or widen) what a company's consents give, tokens included, as no portal allows but tests need."""
    changed = 0
    for name in (GRANTS, ACCESS):
        for key, record in list(installation.store.table(name).rows.items()):
            if record["company"] == company and record["alive"]:
                installation.store.put(name, key, {**record, "scopes": scopes})
                changed += 1
    return changed


def find_company_of_credentials(installation: Installation, request: Request) -> str | None:
    """Say which company a token request is about, as far as its credentials tell."""
    if request.method != "POST":
        return None
    tenant = request.headers.get("TenantId")
    if tenant:
        return tenant if tenant in installation.store.table("companies") else None
    token = request.form.get("refresh_token") or request.form.get("token") or ""
    code = request.form.get("code") or ""
    record = installation.store.table(REFRESH).get(token) or installation.store.table(CODES).get(code)
    grant = installation.store.table(GRANTS).get(record["grant"]) if record else None
    return grant["company"] if grant else None
