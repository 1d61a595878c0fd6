"""`uku demo`: start everything, run the main job, check it, serve until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from cryptography.fernet import Fernet
from rich.console import Console

from uku.boot import start_django
from uku.demo.processes import DidNotStart, Running, alone_in, choose_ports, wait_for_answer
from uku.demo.simulator import Simulator
from uku.kit.embedded import Cluster

USUAL_PORTS = 8720, 8721


class Interrupted(Exception):
    """Somebody pressed Ctrl-C or asked the process to end."""


def run_demo(*, stop_after: bool, reset: bool, port: int | None, fortnox_port: int | None, console: Console) -> int:
    """Return the exit status: 0 only if every step came to its end and every check held."""
    home = Path(os.environ.get("UKU_HOME", ".uku")).absolute() / "demo"
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _interrupt)
    try:
        with alone_in(home) as running:
            ports = choose_ports(port, fortnox_port, usual=USUAL_PORTS)
            if reset:
                _delete_data(home)
            with _processes(home, running, ports, console) as simulator:
                from uku.demo.runner import run_steps  # its models exist only once Django has started

                held = run_steps(simulator, console)
                if held and not stop_after:
                    _serve(console)
                return 0 if held else 1
    except Interrupted:
        return 0
    except DidNotStart as error:
        console.print(str(error), style="red", markup=False)
        return 1


@contextmanager
def _processes(home: Path, running: Running, ports: tuple[int, int], console: Console) -> Iterator[Simulator]:
    """PostgreSQL, the simulator, the web server and a worker; stopped the other way round."""
    with ExitStack() as stack:
        began = time.monotonic()
        cluster = Cluster(home)
        addresses = cluster.ensure_running()
        stack.callback(cluster.stop)
        web, port = ports
        os.environ.update(_environment(home, web, port))
        os.environ.update(DATABASE_URL=addresses.app, MIGRATE_DATABASE_URL=addresses.owner, UKU_HOME=str(home))
        _line(console, "PostgreSQL", "embedded, under " + str(home), began)
        began = time.monotonic()
        child = running.start("migrate", ["uku", "migrate"])
        if child.process.wait():
            raise DidNotStart(f"the migrations failed: {child.log.read_text(errors='replace')[-800:]}")
        _line(console, "Database schema", "this version's", began)
        began = time.monotonic()
        simulator = _start_simulator(running, port, stack)
        _line(console, "Simulated Fortnox", simulator.address, began)
        _start_django(simulator)
        began = time.monotonic()
        # Stopped in the order web, worker, simulator, PostgreSQL: an ExitStack unwinds from its end.
        stack.callback(running.start("worker", ["uku", "worker"]).stop)
        server = running.start("web", ["uku", "serve", "--port", str(web)])
        stack.callback(server.stop)
        wait_for_answer(server, f"http://localhost:{web}/accounts/login/")
        _line(console, "Web server and worker", os.environ["UKU_PUBLIC_URL"], began)
        yield simulator


def _environment(home: Path, web: int, simulator: int) -> dict[str, str]:
    """The demo's settings. Its keys are made once and kept beside its data."""
    keys = home / "keys"
    if not keys.exists():
        keys.touch(mode=0o600)
        keys.write_text(f"{secrets.token_urlsafe(48)}\n{Fernet.generate_key().decode()}\n")
    secret, ring = keys.read_text().split()
    fortnox = f"http://127.0.0.1:{simulator}"
    found = {
        "UKU_SECRET_KEY": secret,
        "UKU_TOKEN_KEYS": ring,
        "UKU_PUBLIC_URL": f"http://localhost:{web}",
        "UKU_INSTANCE": "demo",  # its port may be another one tomorrow
        "UKU_FORTNOX_CLIENT_ID": "uku-demo",
        "UKU_FORTNOX_CLIENT_SECRET": "uku-demo-secret",
        "UKU_FORTNOX_AUTH_URL": fortnox,
        "UKU_FORTNOX_API_URL": fortnox,
        "UKU_ALLOW_LOOPBACK_FORTNOX": "1",
        "UKU_EMAIL_FOLDER": str(home / "mail"),
    }
    return found | ({"UKU_TEST_CLOCK": "1"} if "UKU_DEMO_TODAY" in os.environ else {})


def _start_simulator(running: Running, port: int, stack: ExitStack) -> Simulator:
    save = running.home / "fortnox.jsonl"
    arguments = ["fortnox_sim", "--port", str(port), "--seed", "demo", "--save", str(save)]
    if today := os.environ.get("UKU_DEMO_TODAY"):
        arguments += ["--today", today]
    child = running.start("simulator", arguments)
    stack.callback(child.stop)
    simulator = Simulator(f"http://127.0.0.1:{port}")
    wait_for_answer(child, f"{simulator.address}/_sim/")
    return simulator


def _start_django(simulator: Simulator) -> None:
    """Start Django in this process too, and move both clocks to UKU_DEMO_TODAY when it is set."""
    start_django()
    if today := os.environ.get("UKU_DEMO_TODAY"):
        from uku.kit import clock  # its model exists only now

        moment = datetime.fromisoformat(f"{today}T12:00:00+00:00")
        clock.move(seconds=int((moment - datetime.now(UTC)).total_seconds()))
        simulator.post("clock", {"set": f"{today}T13:00:00"})


def _serve(console: Console) -> None:
    from uku.demo.firm import PASSWORD, PEOPLE, STRANGER  # its models exist only once Django has started

    console.print(f"\nOpen {os.environ['UKU_PUBLIC_URL']} and sign in with the password “{PASSWORD}”:", highlight=False)
    for person in (*PEOPLE, STRANGER):
        console.print(f"  {person.email:32} {person.role.label}", highlight=False)
    console.print("Ctrl-C stops everything; the next `make demo` goes on from here.", highlight=False)
    while True:
        signal.pause()


def _line(console: Console, what: str, how: str, began: float) -> None:
    console.print(f"  {what:34} {how:64} {time.monotonic() - began:6.1f} s", highlight=False, markup=False)


def _delete_data(home: Path) -> None:
    """Delete the demo's own data: its cluster, the simulator's file, keys, logs and mail."""
    Cluster(home).destroy()
    for name in ("fortnox.jsonl", "keys"):
        (home / name).unlink(missing_ok=True)
    for name in ("logs", "mail"):
        shutil.rmtree(home / name, ignore_errors=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """End once; what comes while everything is being stopped is ignored."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    raise Interrupted
