"""The control interface under /_sim/ and the landing page: for people, demos and tests, never for clients."""

import json
from collections.abc import Callable
from http import HTTPStatus

from werkzeug.wrappers import Request

from fortnox_sim.control import companies, installation, owners, start_page
from fortnox_sim.errors import Refusal
from fortnox_sim.installation import World
from fortnox_sim.json_format import Answer, Record, decode
from fortnox_sim.router import raw_path, segments

Action = Callable[[World, tuple[str, ...], Record, dict[str, str]], object]

ACTIONS: dict[tuple[str, str], Action] = {**installation.ACTIONS, **companies.ACTIONS, **owners.ACTIONS}


class _NotThere(Exception):
    pass


def answer_control(world: World, request: Request) -> Answer:
    """Answer the landing page or a JSON control request; nothing here is journalled or struck by faults."""
    parts = segments(raw_path(request.environ))
    if not parts:
        with world.lock:
            return start_page.page(world, request.host_url)
    data = request.get_data()
    try:
        with world.lock:
            status, body = _run(world, request, parts, data)
    except (_NotThere, KeyError) as error:
        status, body = 404, {"error": f"not here: {error}"}
    except Refusal as refused:
        status, body = refused.status, {"error": refused.message, "code": refused.code}
    except (ValueError, TypeError) as error:
        status, body = 400, {"error": str(error)}
    if status >= HTTPStatus.BAD_REQUEST:
        with world.lock:
            world.store.rollback()
    text = json.dumps(body, ensure_ascii=False, default=str)
    body_bytes = text.encode("utf-8", "backslashreplace")  # a lone surrogate of a poison record becomes its JSON escape
    return Answer(status, body_bytes, {"Content-Type": "application/json", "Cache-Control": "no-store"})


def _run(world: World, request: Request, parts: tuple[str, ...], data: bytes) -> tuple[int, object]:
    action, args = _find(request.method, parts)
    body = decode(data) if data.strip() else {}
    if not isinstance(body, dict):
        raise TypeError("the body is one JSON object")
    company = _company(world, parts)  # before the action, which may give the company another number
    result = action(world, args, body, dict(request.args.items()))
    if request.method != "GET":
        world.commit(f"control.{'.'.join(part for part in parts[1:] if part.isalpha())}", company=company)
    return 200, result


def mutate(world: World, rule: Record) -> None:
    """Carry out the control requests of a `mutate` fault: `do` holds one or a list of them."""
    wanted = rule.get("do") or []
    with world.lock:
        for step in [wanted] if isinstance(wanted, dict) else wanted:
            parts = segments(step["path"])
            action, args = _find(step.get("method", "POST").upper(), parts)
            action(world, args, step.get("body") or {}, {})
            world.commit("control.mutate", company=_company(world, parts))


def _company(world: World, parts: tuple[str, ...]) -> str | None:
    return next((part for part in parts if part in world.store.table("companies")), None)


def _find(method: str, parts: tuple[str, ...]) -> tuple[Action, tuple[str, ...]]:
    for (verb, path), action in ACTIONS.items():
        pattern = segments(path)
        if (
            verb == method
            and len(pattern) == len(parts)
            and all(want in {"{}", got} for want, got in zip(pattern, parts, strict=True))
        ):
            return action, tuple(got for want, got in zip(pattern, parts, strict=True) if want == "{}")
    raise _NotThere(f"{method} /{'/'.join(parts)}")
