"""The command `fortnox-sim`, also `python -m fortnox_sim`: serve a simulated Fortnox on loopback."""

import argparse
from collections.abc import Sequence

from fortnox_sim.app import create_app
from fortnox_sim.clock import Clock
from fortnox_sim.server import serve


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    found = argparse.ArgumentParser(prog="fortnox-sim", description="A Fortnox that runs on this machine.")
    found.add_argument("--host", default="127.0.0.1")
    found.add_argument("--port", type=int, default=8721, help="0 takes a free one and prints it")
    found.add_argument("--seed", default="demo", metavar="demo|empty|FILE", help="what to begin with")
    found.add_argument("--customers", type=int, default=0, help="so many more in the first company")
    found.add_argument("--articles", type=int, default=0, help="so many more in the first company")
    found.add_argument("--clock", default="REAL", metavar="REAL|MOMENT", help="a moment stands still")
    found.add_argument("--today", metavar="DATE", help="the demo's anchor date; the clock's date otherwise")
    found.add_argument("--save", metavar="FILE", help="keep every change here and take up from it")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    given = parser().parse_args(arguments)
    clock = Clock(None if given.clock.upper() == "REAL" else given.clock)
    app = create_app(
        given.seed,
        customers=given.customers,
        articles=given.articles,
        clock=clock,
        today=given.today,
        save=given.save,
    )
    serve(app, given.host, given.port)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
