"""The three OAuth addresses: authorize (pages), token, revoke."""

from werkzeug.wrappers import Request

from fortnox_sim.installation import World
from fortnox_sim.json_format import Answer
from fortnox_sim.oauth import consent, tokens


def answer(world: World, request: Request, number: int) -> Answer:
    """Answer one request under /oauth-v1."""
    path = request.path.rstrip("/")
    handlers = {
        ("GET", "/oauth-v1/auth"): consent.start,
        ("POST", "/oauth-v1/auth/login"): consent.login,
        ("POST", "/oauth-v1/auth/company"): consent.choose,
        ("POST", "/oauth-v1/auth/approve"): consent.approve,
        ("POST", "/oauth-v1/token"): tokens.token,
        ("POST", "/oauth-v1/revoke"): tokens.revoke,
    }
    handler = handlers.get((request.method, path))
    if handler is None:
        return Answer(404, b"<h1>404</h1>", {"Content-Type": "text/html; charset=UTF-8"})
    return handler(world, request, number)


__all__ = ["answer"]
