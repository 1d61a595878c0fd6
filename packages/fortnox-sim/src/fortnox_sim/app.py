"""The WSGI application: which part answers, and how a request passes journal, faults and lock."""

import random
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from fortnox_sim import oauth
from fortnox_sim.api.dispatch import answer_api
from fortnox_sim.authentication import authenticate, peek_company
from fortnox_sim.clock import Clock
from fortnox_sim.control.dispatch import answer_control, mutate
from fortnox_sim.errors import Refusal, Unauthorized
from fortnox_sim.fault_actions import Outcome, conduct, send
from fortnox_sim.installation import World
from fortnox_sim.json_format import Answer
from fortnox_sim.response_faults import echoed
from fortnox_sim.router import raw_path
from fortnox_sim.seeds import plant

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

MAX_BODY = 10_000_000
MAINTENANCE = b"<html><head><title>503 Service Unavailable</title></head><body><h1>Underh\xc3\xa5ll</h1></body></html>"


class Simulator:
    """A Fortnox as a WSGI application."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAX_BODY
        try:
            return self._handle(request, environ, start_response)
        except RequestEntityTooLarge:
            return _respond(Answer(413, b"", {"Server": "Fortnox"}), environ, start_response)

    def _handle(self, request: Request, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        if not request.path.startswith(("/3", "/oauth-v1")):
            return _respond(answer_control(self.world, request), environ, start_response)
        outcome = self._perform(request)
        if outcome.cut:
            return send(outcome, environ)
        return _respond(outcome.answer, environ, start_response)

    def _perform(self, request: Request) -> Outcome:
        """Run one simulated request through journal and fault plan."""
        world = self.world
        query = dict(request.args.items())
        if request.path.startswith("/oauth-v1"):
            request.get_data(cache=True)  # names the company; never read while the lock is held
        with world.lock:
            company = peek_company(world, request)
            shown = {key: value for key, value in query.items() if key != "state"}
            entry = world.journal.add("request", company, method=request.method, path=request.path, query=shown)
            world.store.commit([entry])
            fault = world.faults.strike(company, request.method, request.path, query)
        if fault is None or fault.phase != "P0":
            request.get_data(cache=True)  # read whole before a fault may cut the connection
        number: int = entry["n"]
        outcome = conduct(
            fault, lambda: self._answer(request, number), lambda hit: mutate(world, hit.rule), request.environ
        )
        if fault is not None and fault.rule.get("echo"):
            outcome.answer = echoed(outcome.answer, request)
        with world.lock:
            status = None if outcome.lost else outcome.answer.status
            hit = {"fault": fault.id} if fault else {}
            entry = world.journal.add("answer", company, request=number, status=status, **hit)
            world.store.commit([entry])
        return outcome

    def _answer(self, request: Request, number: int) -> Answer:
        body = request.get_data(cache=True)
        with self.world.lock:
            if self.world.switches["maintenance"]:
                return Answer(503, MAINTENANCE, {"Content-Type": "text/html; charset=UTF-8"})
            try:
                return self._route(request, body, number)
            except (Refusal, Unauthorized) as refused:
                self.world.store.rollback()
                return refused.answer()
            except BaseException:
                self.world.store.rollback()
                raise

    def _route(self, request: Request, body: bytes, number: int) -> Answer:
        if request.path.startswith("/oauth-v1"):
            return oauth.answer(self.world, request, number)
        caller = authenticate(self.world, request.headers.get("Authorization", ""))
        return answer_api(self.world, caller, request, raw_path(request.environ), body, number)


def _respond(answer: Answer, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
    response = Response(answer.body, answer.status)
    response.headers.clear()
    for name, value in answer.headers.items():
        if value:
            response.headers[name] = value
    response.headers["Content-Length"] = str(len(answer.body))
    if answer.status == HTTPStatus.NO_CONTENT:
        del response.headers["Content-Length"]
    return response(environ, start_response)


def create_app(
    seed: str | dict[str, Any] = "empty",
    *,
    customers: int = 0,
    articles: int = 0,
    clock: Clock | None = None,
    today: str | None = None,
    save: str | Path | None = None,
    rng: random.Random | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Simulator:
    """Build a simulator: `seed` is `empty`, `demo`, the path of a JSON file, or its content.

    An existing `save` file wins over the seed. `rng` makes the secrets repeatable, `monotonic` drives the
    rate window.
    """
    world = World(clock=clock or Clock(), save=Path(save) if save else None, rng=rng, monotonic=monotonic)
    if not world.resumed:
        with world.lock:
            plant(world, seed, customers=customers, articles=articles, today=today)
            world.save_clock()
            world.commit("seed")
    return Simulator(world)
