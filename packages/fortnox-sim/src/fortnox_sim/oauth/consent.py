"""Signing in, choosing the company, and the dialog "Aktivering".

Each page is a plain form; what was asked for waits behind a ticket that the forms carry along.
"""

from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request

from fortnox_sim.installation import World
from fortnox_sim.json_format import Answer, Record
from fortnox_sim.oauth import grants, pages
from fortnox_sim.scopes import SCOPES, licensed

TICKETS = "tickets"
OWN, AGENCY = "companies", "clients"
LOOPBACK = "loopback:/fortnox/callback"
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "access_type", "account_type")


def start(world: World, request: Request, number: int) -> Answer:
    """Answer GET /oauth-v1/auth: check what is asked for, then ask who is there."""
    del number
    asked = {name: request.args.get(name, "") for name in ASKED}
    app = world.app(asked["client_id"])
    if app is None:
        return pages.failure("Auth code or ClientID supplied is invalid")
    asked["redirect_given"] = asked["redirect_uri"]
    asked["redirect_uri"] = asked["redirect_uri"] or _only_uri(app)
    if not redirect_allowed(app, asked["redirect_uri"]):
        return pages.failure("redirect_uri_mismatch: The redirect URI is missing or do not match")
    refused = _check_asked(app, asked)
    if refused is not None:
        return refused
    ticket = world.token(24)
    world.store.put(TICKETS, ticket, {"asked": asked, "user": None, "company": None, "via": OWN})
    world.store.commit([])
    return pages.sign_in(ticket, app["name"], request.cookies.get("fortnox_sim_user", ""))


def _check_asked(app: Record, asked: dict[str, str]) -> Answer | None:
    scopes = asked["scope"].split()
    if asked["response_type"] != "code":
        return _back(asked, error="unsupported_response_type", description="response_type must be code")
    if not scopes or any(scope not in SCOPES or scope not in app["scopes"] for scope in scopes):
        return _back(asked, error="invalid_scope", description="An unsupported scope was requested")
    if asked["account_type"] == "service" and not app["service_account"]:
        return pages.failure("Client does not allow service account")
    return None


def redirect_allowed(app: Record, uri: str) -> bool:
    """Say whether an address is registered; the demo's client takes any loopback port."""
    if not uri.isascii() or not uri.isprintable():
        return False
    if uri in app["redirect_uris"] or not app["redirect_uris"]:
        return bool(uri)  # a portal entry left empty takes any address, integrators report
    parts = urlsplit(uri)
    local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    return LOOPBACK in app["redirect_uris"] and local and parts.path.endswith("/fortnox/callback")


def _only_uri(app: Record) -> str:
    plain = [uri for uri in app["redirect_uris"] if uri != LOOPBACK]
    return plain[0] if len(plain) == 1 else ""


def _back(asked: dict[str, str], *, error: str, description: str) -> Answer:
    return redirect(asked, {"error": error, "error_description": description, "state": asked["state"]})


def redirect(asked: dict[str, str], values: dict[str, str]) -> Answer:
    """Send the browser back to the application."""
    uri = asked["redirect_uri"]
    query = urlencode({name: value for name, value in values.items() if value})
    joined = f"{uri}{'&' if '?' in uri else '?'}{query}" if query else uri
    return Answer(302, b"", {"Location": joined, "Cache-Control": "no-store", "Content-Type": "text/html"})


def _ticket(world: World, request: Request) -> tuple[str, Record] | None:
    key = request.form.get("ticket", "")
    record = world.store.table(TICKETS).get(key)
    return (key, record) if record is not None else None


def login(world: World, request: Request, number: int) -> Answer:
    """Check user name and password; a consultant who comes through Digital byrå always picks a client."""
    del number
    found = _ticket(world, request)
    if found is None:
        return pages.failure("Inloggningen har gått ut. Börja om.")
    key, ticket = found
    name = request.form.get("username", "").strip().lower()
    user = world.users().get(name)
    if user is None or user["password"] != request.form.get("password"):
        app = world.app(ticket["asked"]["client_id"]) or {"name": ""}
        return pages.sign_in(key, app["name"], name, wrong=True)
    via = AGENCY if request.form.get("via") == AGENCY else OWN
    world.store.put(TICKETS, key, {**ticket, "user": name, "via": via})
    world.store.commit([])
    companies = sorted(number for number in user.get(via, {}) if world.company(number))
    if len(companies) == 1 and via == OWN:
        answer = _chosen(world, key, companies[0])
    else:
        rows = [world.store.table("companies").rows[company] for company in companies]
        answer = pages.company_choice(key, rows, agency=via == AGENCY)
    answer.headers["Set-Cookie"] = f"fortnox_sim_user={name}; Path=/oauth-v1; HttpOnly; SameSite=Lax"
    return answer


def choose(world: World, request: Request, number: int) -> Answer:
    """Take the company that was picked."""
    del number
    found = _ticket(world, request)
    if found is None or found[1]["user"] is None:
        return pages.failure("Inloggningen har gått ut. Börja om.")
    key, ticket = found
    company = request.form.get("company", "")
    if _role(world, ticket, company) is None:
        return pages.failure("Du har inte tillgång till företaget.")
    return _chosen(world, key, company)


def _role(world: World, ticket: Record, company: str) -> str | None:
    """Say what the person is in a company by the way they signed in; None where they may not go."""
    user = world.users().get(ticket["user"] or "", {})
    roles: dict[str, str] = user.get(ticket["via"], {})
    return roles.get(company) if world.company(company) else None


def _chosen(world: World, key: str, company: str) -> Answer:
    """Show the dialog, unless this person or company cannot approve."""
    ticket = {**world.store.table(TICKETS).rows[key], "company": company}
    world.store.put(TICKETS, key, ticket)
    world.store.commit([])
    return _obstacle(world, ticket) or _dialog(world, key, ticket)


def _dialog(world: World, key: str, ticket: Record) -> Answer:
    asked = ticket["asked"]
    settings = world.store.table("companies").rows[ticket["company"]]
    labels = [SCOPES[scope].label for scope in asked["scope"].split()]
    app = world.app(asked["client_id"]) or {"name": ""}
    return pages.activation(key, app["name"], settings, labels, service=asked["account_type"] == "service")


def _obstacle(world: World, ticket: Record) -> Answer | None:
    """Find what stands against the consent: no access, locked account, missing right, missing licence."""
    role = _role(world, ticket, ticket["company"])
    if role is None:
        return pages.failure("Du har inte tillgång till företaget.")
    asked, settings = ticket["asked"], world.store.table("companies").rows[ticket["company"]]
    if settings["locked"]:
        kept = {"state": asked["state"]} if world.switches["locked_keeps_state"] else {}
        return redirect(asked, kept)
    if settings.get("inactive") and world.switches["inactive_database"] == "refused":
        return pages.failure("Databasen är inaktiv.", 403)
    if asked["account_type"] == "service" and role != "admin":
        return _no_right(world, asked)
    return _no_licence(world, asked, settings)


def _no_licence(world: World, asked: dict[str, str], settings: Record) -> Answer | None:
    if not settings["integration_licence"]:
        error = world.switches["missing_app_licence"]
        return _back(asked, error=error, description="Licence missing for the integration")
    if not all(licensed(scope, settings["licences"]) for scope in asked["scope"].split()):
        return _back(asked, error="error_missing_license", description="Licence missing for requested scope")
    return None


def _no_right(world: World, asked: dict[str, str]) -> Answer:
    text = "You do not have permission to grant access"
    if world.switches["consent_refusal"] == "redirect":
        return _back(asked, error="error_missing_system_admin_right", description=text)
    return pages.failure(text, status=403)


def approve(world: World, request: Request, number: int) -> Answer:
    """Make the grant and its code, or go back without."""
    found = _ticket(world, request)
    if found is None or found[1]["company"] is None:
        return pages.failure("Inloggningen har gått ut. Börja om.")
    key, ticket = found
    asked = ticket["asked"]
    world.store.put(TICKETS, key, None)
    if not request.form.get("approve"):
        world.store.commit([])
        return _back(asked, error="access_denied", description="The user denied access to your application")
    obstacle = _obstacle(world, ticket)
    if obstacle is not None:
        world.store.commit([])
        return obstacle
    grant = grants.new_grant(
        world,
        client=asked["client_id"],
        company=ticket["company"],
        user=ticket["user"],
        scopes=asked["scope"].split(),
        service=asked["account_type"] == "service",
    )
    code = grants.new_code(world, grant, asked["redirect_given"])
    world.commit("consent.grant", company=ticket["company"], key=grant["id"], request=number)
    return redirect(asked, {"code": code, "state": asked["state"]})
