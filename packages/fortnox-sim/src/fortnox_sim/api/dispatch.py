"""The REST interface under /3: routes, the checks before a handler, and the headers of every response."""

from typing import Any

from werkzeug.wrappers import Request

from fortnox_sim.api import (
    accounts,
    accruals,
    articles,
    company_information,
    customers,
    financial_years,
    invoices,
    labels,
    payments,
    predefined,
    reference_data,
    salary_transactions,
    sie_export,
    supplier_invoices,
    supplier_payments,
    suppliers,
    voucher_series,
    vouchers,
)
from fortnox_sim.authentication import Caller, check_scope
from fortnox_sim.errors import BAD_ACCEPT, NO_IDENTIFIER, NO_ROUTE, SYSTEM_EXCEPTION, ApiError, not_found
from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Response
from fortnox_sim.router import ApiRequest, Route, Router, split_path

ROUTES: list[Route] = [
    *accounts.ROUTES,
    *articles.ROUTES,
    *financial_years.ROUTES,
    *company_information.ROUTES,
    *customers.ROUTES,
    *invoices.ROUTES,
    *labels.ROUTES,
    *payments.ROUTES,
    *predefined.ROUTES,
    *reference_data.ROUTES,
    *accruals.ROUTES,
    *salary_transactions.ROUTES,
    *sie_export.ROUTES,
    *supplier_invoices.ROUTES,
    *supplier_payments.ROUTES,
    *suppliers.ROUTES,
    *voucher_series.ROUTES,
    *vouchers.ROUTES,
]
ROUTER = Router((route.method, route.path, route) for route in ROUTES)
HEADERS = {
    "Server": "Fortnox",
    "X-Build": "5f0a7c11b2",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}


def handle_api_request(
    installation: Installation, caller: Caller, request: Request, path: str, body: bytes, number: int
) -> Response:
    """Handle one authenticated request, errors included, with Fortnox's headers."""
    switches = installation.switches
    if switches["rate_limit"]:
        key = f"{caller.client}/{caller.company}"
        model, counts_refused = switches["rate_model"], switches["rate_counts_refused"]
        if not installation.rate_limiter.admit(key, model=model, count_refused=counts_refused):
            return build_too_many_requests(installation)
    try:
        response = _run_handler(installation, caller, request, path, body, number)
    except ApiError as error:
        installation.store.rollback()
        response = error.to_response()
    uid = f"{installation.rng.getrandbits(32):08x}"
    took = str(installation.rng.randrange(20, 200))
    response.headers = {**response.headers, **HEADERS, "X-Uid": uid, "X-Rack-Responsetime": took}
    return response


def build_too_many_requests(installation: Installation) -> Response:
    """Build the 429; body and headers are not documented, so switches choose them."""
    bodies = {
        "": (b"", ""),
        "html": (b"<html><body><h1>429 Too Many Requests</h1></body></html>", "text/html"),
        "json": (b'{"message":"Too Many Requests"}', "application/json"),
    }
    body, kind = bodies[installation.switches["rate_body"]]
    headers = {"Content-Type": kind, "Retry-After": installation.switches["rate_retry_after"], "Server": "Fortnox"}
    return Response(429, body, headers)


def _run_handler(
    installation: Installation, caller: Caller, request: Request, path: str, body: bytes, number: int
) -> Response:
    """Find the route, check the scope, run the handler and commit what it changed."""
    company = installation.company(caller.company) if caller.company else None
    if company is None:
        raise ApiError(SYSTEM_EXCEPTION, status=500)
    accept: Any = request.accept_mimetypes
    if accept and "application/json" not in accept:
        raise ApiError(BAD_ACCEPT)
    parts = split_path(path)
    found = ROUTER.find(request.method, parts)
    if found is None:
        if request.method in {"PUT", "DELETE"} and ROUTER.find("POST", parts):
            raise ApiError(NO_IDENTIFIER)
        raise not_found(NO_ROUTE)
    route, args = found
    check_scope(installation, caller, company.settings, route.scope)
    query = dict(request.args.items())
    kind = request.headers.get("Content-Type", "")
    api_request = ApiRequest(installation, company, caller.user, query, body, kind, args)
    response = route.handler(api_request)
    if api_request.action:
        installation.commit(
            api_request.action,
            company=company.number,
            key=api_request.key,
            reference=api_request.reference,
            request=number,
        )
    return response
