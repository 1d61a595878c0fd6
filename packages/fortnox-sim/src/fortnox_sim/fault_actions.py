"""What a fault does to a request: before it is carried out, after, or to its response's bytes."""

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from fortnox_sim.fault_plans import BEFORE_COMMIT, Fault
from fortnox_sim.http_format import write_response
from fortnox_sim.json_format import Response
from fortnox_sim.response_faults import replace_response

NO_LINGER = struct.pack("ii", 1, 0)
LOST = frozenset({"drop", "reset"})
NEEDS_RESPONSE = frozenset({"truncate", "drip", "rewrite"})
CUT = frozenset({"truncate", "drip", *LOST})


@dataclass
class Outcome:
    """The response, and how its bytes are to be mistreated (`cut`)."""

    response: Response
    cut: str = ""
    seconds: float = 0

    @property
    def is_lost(self) -> bool:
        return self.cut in LOST


def run_with_fault(
    fault: Fault | None, run: Callable[[], Response], mutate: Callable[[Fault], None], environ: dict[str, Any]
) -> Outcome:
    """Carry a request out as the fault demands; `run` commits, `mutate` is a change by somebody else."""
    if fault is None:
        return Outcome(run())
    early = fault.phase in BEFORE_COMMIT
    if fault.action == "mutate":
        if early:
            mutate(fault)
            return Outcome(run())
        response = run()
        mutate(fault)
        return Outcome(response)
    if fault.action in {"hold", "delay"}:
        limit = fault.seconds if fault.action == "delay" else None
        if early or fault.phase == "P5":
            fault.wait(limit)
            return Outcome(run())
        response = run()
        fault.wait(limit)
        return Outcome(response)
    if fault.phase == "P5":  # the client hears its end first; the commit follows after some seconds or a release
        if fault.action in LOST:
            _close(environ, hard=False)
        fault.wait(fault.seconds or None)
        response = run()
    else:
        response = Response() if early and fault.action not in NEEDS_RESPONSE else run()
    if fault.phase == "P4":
        fault.wait(fault.seconds)
    return Outcome(replace_response(fault, response), fault.action if fault.action in CUT else "", fault.seconds)


def send_broken_response(outcome: Outcome, environ: dict[str, Any]) -> NoReturn:
    """Write what is left of a response straight to the socket, and break the connection."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            head, body = write_response(outcome.response)
            if outcome.cut == "truncate":
                connection.sendall(head + body[: len(body) // 2])
            elif outcome.cut == "drip":
                for byte in head + body:
                    connection.sendall(bytes([byte]))
                    time.sleep(outcome.seconds)
        _close(environ, hard=outcome.cut == "reset")
    raise ConnectionAbortedError("a fault of the plan")


def _close(environ: dict[str, Any], *, hard: bool) -> None:
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is None:
        return
    with contextlib.suppress(OSError):
        if hard:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        else:
            connection.shutdown(socket.SHUT_RDWR)


def is_to_be_reset(connection: socket.socket) -> bool:
    """Say whether a fault wants this connection reset instead of closed."""
    with contextlib.suppress(OSError):
        size = len(NO_LINGER)
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, size) == NO_LINGER
    return False
