"""The WSGI application: which part answers, and how a request passes journal, faults and lock."""

import gc
import random
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as WerkzeugResponse

from fortnox_sim.api.dispatch import handle_api_request
from fortnox_sim.authentication import authenticate, identify_company
from fortnox_sim.clock import Clock
from fortnox_sim.control.dispatch import apply_mutation, handle_control_request
from fortnox_sim.errors import ApiError, Unauthorized
from fortnox_sim.fault_actions import Outcome, run_with_fault, send_broken_response
from fortnox_sim.http_format import encode_body
from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Response
from fortnox_sim.oauth.dispatch import handle_oauth_request
from fortnox_sim.response_faults import echo_secrets
from fortnox_sim.router import read_raw_path
from fortnox_sim.seeds import load_seed
from fortnox_sim.seeds.bulk import BulkCounts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

MAX_BODY = 10_000_000
MAINTENANCE = b"<html><head><title>503 Service Unavailable</title></head><body><h1>Underh\xc3\xa5ll</h1></body></html>"


class Simulator:
    """A Fortnox as a WSGI application."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAX_BODY
        try:
            if request.path.startswith(("/3", "/oauth-v1")):
                outcome = self._handle_journalled(request)
                if outcome.cut:
                    return send_broken_response(outcome, environ)
                response = outcome.response
            else:
                response = handle_control_request(self.installation, request)
        except RequestEntityTooLarge:
            response = Response(413, b"", {"Server": "Fortnox"})
        return _convert_response(response)(environ, start_response)

    def _handle_journalled(self, request: Request) -> Outcome:
        """Handle one request of a client, with its journal entries and the fault that is planned for it."""
        installation = self.installation
        query = dict(request.args.items())
        if request.path.startswith("/oauth-v1"):
            request.get_data(cache=True)  # names the company; never read while the lock is held
        with installation.lock:
            company = identify_company(installation, request)
            shown = {key: value for key, value in query.items() if key != "state"}
            entry = installation.journal.add("request", company, method=request.method, path=request.path, query=shown)
            installation.store.commit([entry])
            fault = installation.faults.take(company, request.method, request.path, query)
        if fault is None or fault.phase != "P0":
            request.get_data(cache=True)  # read whole before a fault may cut the connection
        number: int = entry["n"]
        outcome = run_with_fault(
            fault,
            lambda: self._handle(request, number),
            lambda hit: apply_mutation(installation, hit.rule),
            request.environ,
        )
        if fault is not None and fault.rule.get("echo"):
            outcome.response = echo_secrets(outcome.response, request)
        outcome.response = encode_body(
            outcome.response, request.headers.get("Accept-Encoding", ""), installation.switches
        )
        with installation.lock:
            status = None if outcome.is_lost else outcome.response.status
            hit = {"fault": fault.id} if fault else {}
            entry = installation.journal.add("answer", company, request=number, status=status, **hit)
            installation.store.commit([entry])
        return outcome

    def _handle(self, request: Request, number: int) -> Response:
        """Handle one request under the lock; what it changed before an error is taken back."""
        body = request.get_data(cache=True)
        installation = self.installation
        with installation.lock:
            if installation.switches["maintenance"]:
                return Response(503, MAINTENANCE, {"Content-Type": "text/html; charset=UTF-8"})
            try:
                if request.path.startswith("/oauth-v1"):
                    return handle_oauth_request(installation, request, number)
                caller = authenticate(installation, request.headers.get("Authorization", ""))
                return handle_api_request(installation, caller, request, read_raw_path(request.environ), body, number)
            except (ApiError, Unauthorized) as error:
                installation.store.rollback()
                return error.to_response()
            except BaseException:
                installation.store.rollback()
                raise


def _convert_response(response: Response) -> WerkzeugResponse:
    converted = WerkzeugResponse(response.body, response.status)
    converted.headers.clear()
    converted.automatically_set_content_length = False
    for name, value in response.headers.items():
        if value:
            converted.headers[name] = value
    if not response.chunked and response.status != HTTPStatus.NO_CONTENT:
        converted.headers["Content-Length"] = str(len(response.body))
    return converted


def create_app(
    seed: str | dict[str, Any] = "empty",
    *,
    clock: Clock | None = None,
    today: str | None = None,
    save: str | Path | None = None,
    rng: random.Random | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    **counts: Unpack[BulkCounts],
) -> Simulator:
    """Build a simulator: `seed` is `empty`, `demo`, the path of a JSON file, or its content.

    An existing `save` file wins over the seed. `rng` makes the secrets repeatable, `monotonic` drives the
    rate window. `customers`, `articles` and `vouchers` are so many more in the first company.
    """
    installation = Installation(clock=clock or Clock(), save=Path(save) if save else None, rng=rng, monotonic=monotonic)
    if not installation.resumed:
        with installation.lock:
            gc.disable()  # a million new records and no garbage: looking for some would take a third of the time
            try:
                load_seed(installation, seed, today=today, **counts)
            finally:
                gc.enable()
            installation.save_clock()
            installation.commit("seed")
    return Simulator(installation)
