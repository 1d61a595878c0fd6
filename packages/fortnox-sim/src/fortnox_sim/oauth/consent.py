"""Signing in, choosing the company, and the dialog "Aktivering".

Each page is a plain form; what the client asked for is kept under a ticket that the forms carry along.
"""

from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request

from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Record, Response
from fortnox_sim.oauth import grants, pages
from fortnox_sim.scopes import SCOPES, is_licensed

TICKETS = "tickets"
OWN, AGENCY = "companies", "clients"
LOOPBACK = "loopback:/fortnox/callback"
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "access_type", "account_type")
EXPIRED = "Inloggningen har gått ut. Börja om."
NO_ACCESS = "Du har inte tillgång till företaget."


def start_consent(installation: Installation, request: Request, number: int) -> Response:
    """Handle GET /oauth-v1/auth: check what is asked for, then show the sign-in page."""
    del number
    asked = {name: request.args.get(name, "") for name in ASKED}
    app = installation.find_app(asked["client_id"])
    if app is None:
        return pages.render_failure("Auth code or ClientID supplied is invalid")
    asked["redirect_given"] = asked["redirect_uri"]
    if not asked["redirect_uri"]:
        registered = [uri for uri in app["redirect_uris"] if uri != LOOPBACK]
        asked["redirect_uri"] = registered[0] if len(registered) == 1 else ""
    if not is_redirect_allowed(app, asked["redirect_uri"]):
        return pages.render_failure("redirect_uri_mismatch: The redirect URI is missing or do not match")
    scopes = asked["scope"].split()
    if asked["response_type"] != "code":
        return redirect_with_error(asked, "unsupported_response_type", "response_type must be code")
    if not scopes or any(scope not in SCOPES or scope not in app["scopes"] for scope in scopes):
        return redirect_with_error(asked, "invalid_scope", "An unsupported scope was requested")
    if asked["account_type"] == "service" and not app["service_account"]:
        return pages.render_failure("Client does not allow service account")
    ticket = installation.make_secret(24)
    installation.store.put(TICKETS, ticket, {"asked": asked, "user": None, "company": None, "via": OWN})
    installation.store.commit([])
    return pages.render_sign_in(ticket, app["name"], request.cookies.get("fortnox_sim_user", ""))


def is_redirect_allowed(app: Record, uri: str) -> bool:
    """Say whether an address is registered; the demo's client takes any loopback port."""
    if not uri.isascii() or not uri.isprintable():
        return False
    if uri in app["redirect_uris"] or not app["redirect_uris"]:
        return bool(uri)  # a portal entry left empty takes any address, integrators report
    parts = urlsplit(uri)
    local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    return LOOPBACK in app["redirect_uris"] and local and parts.path.endswith("/fortnox/callback")


def redirect(asked: dict[str, str], values: dict[str, str]) -> Response:
    """Send the browser back to the application."""
    uri = asked["redirect_uri"]
    query = urlencode({name: value for name, value in values.items() if value})
    joined = f"{uri}{'&' if '?' in uri else '?'}{query}" if query else uri
    return Response(302, b"", {"Location": joined, "Cache-Control": "no-store", "Content-Type": "text/html"})


def redirect_with_error(asked: dict[str, str], error: str, description: str) -> Response:
    return redirect(asked, {"error": error, "error_description": description, "state": asked["state"]})


def sign_in(installation: Installation, request: Request, number: int) -> Response:
    """Check user name and password; a consultant who comes through Digital byrå always picks a client."""
    del number
    key = request.form.get("ticket", "")
    ticket = installation.store.table(TICKETS).get(key)
    if ticket is None:
        return pages.render_failure(EXPIRED)
    name = request.form.get("username", "").strip().lower()
    user = installation.users().get(name)
    if user is None or user["password"] != request.form.get("password"):
        app = installation.find_app(ticket["asked"]["client_id"]) or {"name": ""}
        return pages.render_sign_in(key, app["name"], name, wrong=True)
    via = AGENCY if request.form.get("via") == AGENCY else OWN
    installation.store.put(TICKETS, key, {**ticket, "user": name, "via": via})
    installation.store.commit([])
    companies = sorted(number for number in user.get(via, {}) if installation.company(number))
    if len(companies) == 1 and via == OWN:
        response = _show_dialog(installation, key, companies[0])
    else:
        rows = [installation.store.table("companies").rows[company] for company in companies]
        response = pages.render_company_choice(key, rows, agency=via == AGENCY)
    response.headers["Set-Cookie"] = f"fortnox_sim_user={name}; Path=/oauth-v1; HttpOnly; SameSite=Lax"
    return response


def choose_company(installation: Installation, request: Request, number: int) -> Response:
    """Go on with the company that was picked."""
    del number
    key = request.form.get("ticket", "")
    ticket = installation.store.table(TICKETS).get(key)
    if ticket is None or ticket["user"] is None:
        return pages.render_failure(EXPIRED)
    company = request.form.get("company", "")
    if _find_role(installation, ticket, company) is None:
        return pages.render_failure(NO_ACCESS)
    return _show_dialog(installation, key, company)


def _find_role(installation: Installation, ticket: Record, company: str) -> str | None:
    """Say what the person is in a company by the way they signed in; None where they may not go."""
    user = installation.users().get(ticket["user"] or "", {})
    roles: dict[str, str] = user.get(ticket["via"], {})
    return roles.get(company) if installation.company(company) else None


def _show_dialog(installation: Installation, key: str, company: str) -> Response:
    """Show the dialog, unless this person or company cannot approve."""
    ticket = {**installation.store.table(TICKETS).rows[key], "company": company}
    installation.store.put(TICKETS, key, ticket)
    installation.store.commit([])
    error = _check_consent(installation, ticket)
    if error is not None:
        return error
    asked = ticket["asked"]
    settings = installation.store.table("companies").rows[company]
    labels = [SCOPES[scope].label for scope in asked["scope"].split()]
    app = installation.find_app(asked["client_id"]) or {"name": ""}
    return pages.render_activation(key, app["name"], settings, labels, service=asked["account_type"] == "service")


def _check_consent(installation: Installation, ticket: Record) -> Response | None:
    """Find what forbids the consent: no access, locked account, missing right, missing licence."""
    switches = installation.switches
    role = _find_role(installation, ticket, ticket["company"])
    if role is None:
        return pages.render_failure(NO_ACCESS)
    asked, settings = ticket["asked"], installation.store.table("companies").rows[ticket["company"]]
    if settings["locked"]:
        return redirect(asked, {"state": asked["state"]} if switches["locked_keeps_state"] else {})
    if settings.get("inactive") and switches["inactive_database"] == "refused":
        return pages.render_failure("Databasen är inaktiv.", 403)
    if asked["account_type"] == "service" and role != "admin":
        text = "You do not have permission to grant access"
        if switches["consent_refusal"] == "redirect":
            return redirect_with_error(asked, "error_missing_system_admin_right", text)
        return pages.render_failure(text, status=403)
    return _check_licences(installation, asked, settings)


def _check_licences(installation: Installation, asked: dict[str, str], settings: Record) -> Response | None:
    if not settings["integration_licence"]:
        error = installation.switches["missing_app_licence"]
        return redirect_with_error(asked, error, "Licence missing for the integration")
    if not all(is_licensed(scope, settings["licences"]) for scope in asked["scope"].split()):
        return redirect_with_error(asked, "error_missing_license", "Licence missing for requested scope")
    return None


def approve_consent(installation: Installation, request: Request, number: int) -> Response:
    """Make the grant and its code, or go back without."""
    key = request.form.get("ticket", "")
    ticket = installation.store.table(TICKETS).get(key)
    if ticket is None or ticket["company"] is None:
        return pages.render_failure(EXPIRED)
    asked = ticket["asked"]
    installation.store.put(TICKETS, key, None)
    if not request.form.get("approve"):
        installation.store.commit([])
        return redirect_with_error(asked, "access_denied", "The user denied access to your application")
    error = _check_consent(installation, ticket)
    if error is not None:
        installation.store.commit([])
        return error
    grant = grants.add_grant(
        installation,
        client=asked["client_id"],
        company=ticket["company"],
        user=ticket["user"],
        scopes=asked["scope"].split(),
        service=asked["account_type"] == "service",
    )
    code = grants.add_code(installation, grant, asked["redirect_given"])
    installation.commit("consent.grant", company=ticket["company"], key=grant["id"], request=number)
    return redirect(asked, {"code": code, "state": asked["state"]})
