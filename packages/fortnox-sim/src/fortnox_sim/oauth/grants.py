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

from fortnox_sim.installation import World
from fortnox_sim.json_format import Record

GRANTS, CODES, REFRESH, ACCESS, SECRETS = "grants", "codes", "refresh", "access", "secrets"
CODE_SECONDS = 600
DAY = 86_400
RIGHTS = 1_900
JTI = 40


def now(world: World) -> int:
    """Give the business clock in whole seconds."""
    return int(world.clock.now().timestamp())


def short(secret: str) -> str:
    """Name a secret in the journal: the first 12 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()[:12]


def _secret_text(world: World, length: int) -> str:
    """Make up a secret that begins with the marker, if one is set."""
    return f"{world.switches['token_marker']}{world.token(length)}"


def new_grant(world: World, *, client: str, company: str, user: str, scopes: list[str], service: bool) -> Record:
    """Record a consent."""
    grant: Record = {
        "id": world.token(16),
        "client": client,
        "company": company,
        "user": user,
        "scopes": scopes,
        "service": service,
        "alive": True,
        "at": now(world),
    }
    world.store.put(GRANTS, grant["id"], grant)
    return grant


def new_code(world: World, grant: Record, redirect_uri: str) -> str:
    code = _secret_text(world, 32)
    record = {"grant": grant["id"], "redirect_uri": redirect_uri, "expires": now(world) + CODE_SECONDS}
    world.store.put(CODES, code, {**record, "used": False})
    return code


def issue_refresh(world: World, grant: Record, jti: str) -> str:
    """Make a refresh token that remembers the access token made with it."""
    token = _secret_text(world, 40)
    expires = now(world) + world.switches["refresh_days"] * DAY
    record = {"grant": grant["id"], "expires": expires, "used_at": None, "access": jti}
    world.store.put(REFRESH, token, record)
    return token


def issue_access(
    world: World, *, client: str, company: str | None, grant: Record | None, scopes: list[str]
) -> tuple[str, str]:
    """Make an access token; returns it and its `jti`."""
    jti = _secret_text(world, JTI)
    expires = now(world) + world.switches["access_seconds"]
    record = {"client": client, "company": company, "scopes": scopes, "expires": expires, "alive": True}
    world.store.put(ACCESS, jti, {**record, "grant": grant["id"] if grant else None})
    return _jwt(world, _claims(world, jti, record, grant)), jti


def _claims(world: World, jti: str, record: Record, grant: Record | None) -> Record:
    company = record["company"]
    as_text = world.switches["tenant_claim"] == "string"
    tenant = None if company is None else (company if as_text else int(company))
    user = zlib.crc32(str(grant["user"] if grant else "").encode()) % 1_000_000
    rights = base64.b64encode(hashlib.shake_256(jti.encode()).digest(RIGHTS * 3 // 4)).decode()
    return {
        "userId": user,
        "tenantId": tenant,
        "clientId": record["client"],
        "scopes": record["scopes"],
        "authsource": "OAUTH2",
        "id": jti,
        "jti": jti,
        "iss": "https://api.fortnox.se/oauth2",
        "aud": record["client"],
        "sub": f"{user}@{tenant}",
        "exp": record["expires"],
        "iat": now(world),
        "token_type": "bearer",
        "scope": " ".join(record["scopes"]),
        "rightsAsJson": rights,
    }


def _secret(world: World) -> bytes:
    record = world.store.table(SECRETS).get("jwt")
    if record is None:
        record = {"value": world.token(64)}
        world.store.put(SECRETS, "jwt", record)
    return str(record["value"]).encode()


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _sign(world: World, text: str) -> str:
    return _part(hmac.digest(_secret(world), text.encode(), "sha256"))


def _jwt(world: World, claims: Record) -> str:
    head = _part(b'{"typ":"JWT","alg":"HS256"}')
    text = f"{head}.{_part(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{text}.{_sign(world, text)}{claims['jti'][:-JTI]}"


def _jti(world: World, token: str) -> str | None:
    text, _, signature = token.rpartition(".")
    real = _sign(world, text)
    if not token.isascii() or text.count(".") != 1 or not hmac.compare_digest(real, signature[: len(real)]):
        return None
    payload = text.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    jti = str(claims["jti"])
    return jti if signature == real + jti[:-JTI] else None


def access_record(world: World, token: str, *, expired: bool = False) -> Record | None:
    """Find the record of an access token that counts; with `expired`, of one that once did."""
    jti = _jti(world, token)
    record = world.store.table(ACCESS).get(jti) if jti else None
    if record is None or expired:
        return record
    if not record["alive"] or record["expires"] <= now(world):
        return None
    return record


def person_of(world: World, record: Record) -> str | None:
    """Say whose connection an access token belongs to: nobody's (None) or, as "", a person who is gone."""
    grant = world.store.table(GRANTS).get(record["grant"] or "")
    if grant is None:
        return None
    if _person_gone(world, grant):
        return ""
    return None if grant["service"] else str(grant["user"])


def role_of(user: Record, company: str) -> str | None:
    """Say what a person is in a company: its own `companies`, or through the agency's `clients`."""
    roles: dict[str, str] = {**user.get("clients", {}), **user["companies"]}
    return roles.get(company)


def _person_gone(world: World, grant: Record) -> bool:
    """A personal connection stops when its person leaves; a service account's only where that is switched on."""
    if grant["service"] and not world.switches["admin_removal_ends_service"]:
        return False
    user = world.users().get(grant["user"])
    return user is None or role_of(user, grant["company"]) is None


def alive(world: World, grant_id: str | None) -> Record | None:
    """Find a grant that still counts."""
    grant = world.store.table(GRANTS).get(grant_id or "")
    if grant is None or not grant["alive"] or _person_gone(world, grant):
        return None
    return grant


def consents_of(world: World, client: str, company: str) -> list[Record]:
    """Find the living service consents of a company for a client, oldest first."""
    return [
        grant
        for grant in world.store.table(GRANTS).values()
        if grant["client"] == client and grant["company"] == company and grant["service"] and alive(world, grant["id"])
    ]


def scopes_of(world: World, consents: list[Record]) -> list[str]:
    """Give the scopes of client credentials: those of the latest consent or of all, as switched."""
    counted = consents if world.switches["second_consent"] == "all" else consents[-1:]
    return list(dict.fromkeys(scope for consent in counted for scope in consent["scopes"]))


def end_access(world: World, grant_id: str) -> None:
    """Stop all access tokens of a grant."""
    for jti, record in list(world.store.table(ACCESS).rows.items()):
        if record["grant"] == grant_id and record["alive"]:
            world.store.put(ACCESS, jti, {**record, "alive": False})


def remove_integration(world: World, company: str, client: str | None = None) -> int:
    """The customer removes one integration, or (without `client`) all: the company's consents to it end."""
    ended = 0
    for grant_id, grant in list(world.store.table(GRANTS).rows.items()):
        if grant["company"] == company and grant["alive"] and client in {None, grant["client"]}:
            world.store.put(GRANTS, grant_id, {**grant, "alive": False})
            if world.switches["removal_ends_access"]:
                end_access(world, grant_id)
            ended += 1
    return ended


def change_scopes(world: World, company: str, scopes: list[str]) -> int:
    """Narrow (or widen) what a company's consents give, tokens included, as no portal allows but drills need."""
    changed = 0
    for name in (GRANTS, ACCESS):
        for key, record in list(world.store.table(name).rows.items()):
            if record["company"] == company and record["alive"]:
                world.store.put(name, key, {**record, "scopes": scopes})
                changed += 1
    return changed


def company_of_credentials(world: World, request: Request) -> str | None:
    """Say which company a token request is about, as far as its credentials tell."""
    if request.method != "POST":
        return None
    tenant = request.headers.get("TenantId")
    if tenant:
        return tenant if tenant in world.store.table("companies") else None
    token = request.form.get("refresh_token") or request.form.get("token") or ""
    code = request.form.get("code") or ""
    record = world.store.table(REFRESH).get(token) or world.store.table(CODES).get(code)
    grant = world.store.table(GRANTS).get(record["grant"]) if record else None
    return grant["company"] if grant else None
