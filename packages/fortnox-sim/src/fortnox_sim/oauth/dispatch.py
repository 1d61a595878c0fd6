"""The OAuth addresses: authorize and the pages behind it, token, revoke."""

from werkzeug.wrappers import Request

from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Response
from fortnox_sim.oauth import consent, tokens

HANDLERS = {
    ("GET", "/oauth-v1/auth"): consent.start_consent,
    ("POST", "/oauth-v1/auth/login"): consent.sign_in,
    ("POST", "/oauth-v1/auth/company"): consent.choose_company,
    ("POST", "/oauth-v1/auth/approve"): consent.approve_consent,
    ("POST", "/oauth-v1/token"): tokens.issue_tokens,
    ("POST", "/oauth-v1/revoke"): tokens.revoke_token,
}


def handle_oauth_request(installation: Installation, request: Request, number: int) -> Response:
    """Handle one request under /oauth-v1; `number` is its entry in the journal."""
    handler = HANDLERS.get((request.method, request.path.rstrip("/")))
    if handler is None:
        return Response(404, b"<h1>404</h1>", {"Content-Type": "text/html; charset=UTF-8"})
    return handler(installation, request, number)
