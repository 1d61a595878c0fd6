"""Control requests under /_sim/ and the start page: for people, demos and tests, never for clients."""

import json
from collections.abc import Callable
from http import HTTPStatus

from werkzeug.wrappers import Request

from fortnox_sim.control import companies, owners, simulator
from fortnox_sim.control.start_page import render_start_page
from fortnox_sim.errors import ApiError
from fortnox_sim.installation import Installation
from fortnox_sim.json_format import Record, Response, decode
from fortnox_sim.router import ControlRequest, Router, read_raw_path, split_path

Action = Callable[[ControlRequest], object]

ACTIONS: dict[tuple[str, str], Action] = {**simulator.ACTIONS, **companies.ACTIONS, **owners.ACTIONS}
ROUTER = Router((method, path, action) for (method, path), action in ACTIONS.items())


class UnknownAddress(Exception):
    """A control request that stands for nothing."""


def handle_control_request(installation: Installation, request: Request) -> Response:
    """Show the start page, or handle a JSON control request; nothing here is journalled or hit by faults."""
    parts = split_path(read_raw_path(request.environ))
    if not parts:
        with installation.lock:
            return render_start_page(installation, request.host_url)
    data = request.get_data()
    status, result = 200, None
    try:
        with installation.lock:
            action, args = _find_action(request.method, parts)
            body = decode(data) if data.strip() else {}
            if not isinstance(body, dict):
                raise TypeError("the body is one JSON object")  # noqa: TRY301
            company = _find_company(installation, parts)  # before the action, which may give it another number
            result = action(ControlRequest(installation, args, body, dict(request.args.items())))
            if request.method != "GET":
                words = ".".join(part for part in parts[1:] if part.isalpha())
                installation.commit(f"control.{words}", company=company)
    except (UnknownAddress, KeyError) as error:
        status, result = 404, {"error": f"not here: {error}"}
    except ApiError as error:
        status, result = error.status, {"error": error.message, "code": error.code}
    except (ValueError, TypeError) as error:
        status, result = 400, {"error": str(error)}
    if status >= HTTPStatus.BAD_REQUEST:
        with installation.lock:
            installation.store.rollback()
    text = json.dumps(result, ensure_ascii=False, default=str)
    encoded = text.encode("utf-8", "backslashreplace")  # a lone surrogate of a poison record becomes its JSON escape
    return Response(status, encoded, {"Content-Type": "application/json", "Cache-Control": "no-store"})


def apply_mutation(installation: Installation, rule: Record) -> None:
    """Carry out the control requests of a `mutate` fault: `do` holds one or a list of them."""
    wanted = rule.get("do") or []
    with installation.lock:
        for step in [wanted] if isinstance(wanted, dict) else wanted:
            parts = split_path(step["path"])
            action, args = _find_action(step.get("method", "POST").upper(), parts)
            action(ControlRequest(installation, args, step.get("body") or {}, {}))
            installation.commit("control.mutate", company=_find_company(installation, parts))


def _find_action(method: str, parts: tuple[str, ...]) -> tuple[Action, tuple[str, ...]]:
    found = ROUTER.find(method, parts)
    if found is None:
        raise UnknownAddress(f"{method} /{'/'.join(parts)}")
    return found


def _find_company(installation: Installation, parts: tuple[str, ...]) -> str | None:
    return next((part for part in parts if part in installation.store.table("companies")), None)
