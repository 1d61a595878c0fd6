"""What a fault does to a request: before it is carried out, after, or to its answer's bytes."""

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn

from fortnox_sim.fault_plans import BEFORE, Fault
from fortnox_sim.json_format import Answer
from fortnox_sim.response_faults import bomb, rewritten

HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<h1>502 Bad Gateway</h1>\r\n</body>\r\n</html>\r\n"
)
MEGABYTES = 300
NO_LINGER = struct.pack("ii", 1, 0)
LOST = frozenset({"drop", "reset"})
NEEDS_ANSWER = frozenset({"truncate", "drip", "rewrite"})
CUT = frozenset({"truncate", "drip", *LOST})


@dataclass
class Outcome:
    """The answer, and how its bytes are to be mistreated (`cut`)."""

    answer: Answer
    cut: str = ""
    seconds: float = 0

    @property
    def lost(self) -> bool:
        return self.cut in LOST


def conduct(
    fault: Fault | None, run: Callable[[], Answer], mutate: Callable[[Fault], None], environ: dict[str, Any]
) -> Outcome:
    """Carry a request out as the fault demands; `run` commits, `mutate` is a change by somebody else."""
    if fault is None:
        return Outcome(run())
    if fault.action == "mutate":
        return _between(fault, run, mutate)
    if fault.action in {"hold", "delay"}:
        return _wait(fault, run)
    if fault.phase == "P5":
        return _late(fault, run, environ)
    answer = Answer() if fault.phase in BEFORE and fault.action not in NEEDS_ANSWER else run()
    if fault.phase == "P4":
        fault.wait(fault.seconds)
    return Outcome(_altered(fault, answer), fault.action if fault.action in CUT else "", fault.seconds)


def _between(fault: Fault, run: Callable[[], Answer], mutate: Callable[[Fault], None]) -> Outcome:
    """Let somebody else change the books just before the request (P0, P1) or just after it."""
    if fault.phase in BEFORE:
        mutate(fault)
        return Outcome(run())
    answer = run()
    mutate(fault)
    return Outcome(answer)


def _wait(fault: Fault, run: Callable[[], Answer]) -> Outcome:
    """Hold or delay: before the commit in P0, P1 and P5, after it otherwise."""
    limit = fault.seconds if fault.action == "delay" else None
    if fault.phase in {*BEFORE, "P5"}:
        fault.wait(limit)
        return Outcome(run())
    answer = run()
    fault.wait(limit)
    return Outcome(answer)


def _late(fault: Fault, run: Callable[[], Answer], environ: dict[str, Any]) -> Outcome:
    """The client hears its end first; the commit follows after some seconds or a release."""
    if fault.action in LOST:
        _close(environ, hard=False)
    fault.wait(fault.seconds or None)
    return Outcome(_altered(fault, run()), fault.action if fault.action in CUT else "", fault.seconds)


def _altered(fault: Fault, answer: Answer) -> Answer:
    if fault.action == "html":
        status = int(fault.rule.get("status") or HTTPStatus.BAD_GATEWAY)
        return Answer(status, HTML, {"Content-Type": "text/html"})
    if fault.action == "rewrite":
        return rewritten(answer, fault.rule)
    if fault.action == "bomb":
        return bomb(answer, int(fault.rule.get("megabytes") or MEGABYTES))
    if fault.action == "status":
        status = int(fault.rule.get("status") or HTTPStatus.SERVICE_UNAVAILABLE)
        body = str(fault.rule.get("body") or "").encode()
        return Answer(status, body, dict(fault.rule.get("headers") or {}))
    return answer


def send(outcome: Outcome, environ: dict[str, Any]) -> NoReturn:
    """Write what is left of an answer straight to the socket, and break the connection."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            if outcome.cut == "truncate":
                connection.sendall(_bytes(outcome.answer, share=2))
            elif outcome.cut == "drip":
                for byte in _bytes(outcome.answer, share=1):
                    connection.sendall(bytes([byte]))
                    time.sleep(outcome.seconds)
        _close(environ, hard=outcome.cut == "reset")
    raise ConnectionAbortedError("a fault of the plan")


def _bytes(answer: Answer, *, share: int) -> bytes:
    """Write head and body; the body only up to its `share`-th part."""
    phrase = HTTPStatus(answer.status).phrase
    headers = {**answer.headers, "Content-Length": str(len(answer.body)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    head = f"HTTP/1.1 {answer.status} {phrase}\r\n{lines}\r\n"
    return head.encode("latin-1") + answer.body[: len(answer.body) // share]


def _close(environ: dict[str, Any], *, hard: bool) -> None:
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is None:
        return
    with contextlib.suppress(OSError):
        if hard:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        else:
            connection.shutdown(socket.SHUT_RDWR)


def to_reset(connection: socket.socket) -> bool:
    """Say whether a fault wants this connection reset instead of closed."""
    with contextlib.suppress(OSError):
        size = len(NO_LINGER)
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, size) == NO_LINGER
    return False
