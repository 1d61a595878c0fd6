"""The REST interface under /3: routes, gatekeeping, and the headers every answer has."""

from typing import Any

from werkzeug.wrappers import Request

from fortnox_sim.api import (
    accounts,
    articles,
    company_information,
    customers,
    financial_years,
    invoices,
    payments,
    reference_data,
    vouchers,
)
from fortnox_sim.authentication import Caller, check_scope
from fortnox_sim.errors import BAD_ACCEPT, NO_IDENTIFIER, NO_ROUTE, SYSTEM_EXCEPTION, Refusal, missing
from fortnox_sim.installation import World
from fortnox_sim.json_format import Answer
from fortnox_sim.router import Call, Route, Router, segments

ROUTES: list[Route] = [
    *accounts.ROUTES,
    *articles.ROUTES,
    *financial_years.ROUTES,
    *company_information.ROUTES,
    *customers.ROUTES,
    *invoices.ROUTES,
    *payments.ROUTES,
    *reference_data.ROUTES,
    *vouchers.ROUTES,
]
ROUTER = Router(ROUTES)
HEADERS = {
    "Server": "Fortnox",
    "X-Build": "5f0a7c11b2",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}


def answer_api(world: World, caller: Caller, request: Request, path: str, body: bytes, number: int) -> Answer:
    """Answer one authenticated request, errors included, with Fortnox's headers."""
    refused = _pace(world, caller)
    if refused is not None:
        return refused
    try:
        answer = _carry_out(world, caller, request, path, body, number)
    except Refusal as refusal:
        world.store.rollback()
        answer = refusal.answer()
    uid = f"{world.rng.getrandbits(32):08x}"
    took = str(world.rng.randrange(20, 200))
    answer.headers = {**answer.headers, **HEADERS, "X-Uid": uid, "X-Rack-Responsetime": took}
    return answer


def _pace(world: World, caller: Caller) -> Answer | None:
    switches = world.switches
    if not switches["rate_limit"]:
        return None
    key = f"{caller.client}/{caller.company}"
    if world.rate.admit(key, model=switches["rate_model"], count_refused=switches["rate_counts_refused"]):
        return None
    return too_many(world)


def too_many(world: World) -> Answer:
    """Build the 429; body and headers are not documented, so switches choose them."""
    bodies = {
        "": (b"", ""),
        "html": (b"<html><body><h1>429 Too Many Requests</h1></body></html>", "text/html"),
        "json": (b'{"message":"Too Many Requests"}', "application/json"),
    }
    body, kind = bodies[world.switches["rate_body"]]
    headers = {"Content-Type": kind, "Retry-After": world.switches["rate_retry_after"], "Server": "Fortnox"}
    return Answer(429, body, headers)


def _carry_out(world: World, caller: Caller, request: Request, path: str, body: bytes, number: int) -> Answer:
    company = world.company(caller.company) if caller.company else None
    if company is None:
        raise Refusal(SYSTEM_EXCEPTION, status=500)
    accept: Any = request.accept_mimetypes
    if accept and "application/json" not in accept:
        raise Refusal(BAD_ACCEPT)
    parts = segments(path)
    found = ROUTER.find(request.method, parts)
    if found is None:
        raise _no_route(request.method, parts)
    route, args = found
    check_scope(world, caller, company.settings, route.scope)
    query = dict(request.args.items())
    kind = request.headers.get("Content-Type", "")
    call = Call(world, company, caller.user, caller.scopes, query, body, kind, args)
    answer = route.handler(call)
    if call.action:
        world.commit(call.action, company=company.number, key=call.key, reference=call.reference, request=number)
    return answer


def _no_route(method: str, parts: tuple[str, ...]) -> Refusal:
    if method in {"PUT", "DELETE"} and ROUTER.find("POST", parts):
        return Refusal(NO_IDENTIFIER)
    return missing(NO_ROUTE)
