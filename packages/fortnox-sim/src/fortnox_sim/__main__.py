"""The command `fortnox-sim`, also `python -m fortnox_sim`: serve a simulated Fortnox on loopback."""

import argparse
from collections.abc import Sequence

from fortnox_sim.app import create_app
from fortnox_sim.clock import Clock
from fortnox_sim.server import serve


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="fortnox-sim", description="A Fortnox that runs on this machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8721, help="0 takes a free one and prints it")
    parser.add_argument("--seed", default="demo", metavar="demo|empty|FILE", help="what to begin with")
    parser.add_argument("--customers", type=int, default=0, help="so many more in the first company")
    parser.add_argument("--articles", type=int, default=0, help="so many more in the first company")
    parser.add_argument("--vouchers", type=int, default=0, help="so many more in the first company, in today's year")
    parser.add_argument("--clock", default="REAL", metavar="REAL|MOMENT", help="a moment stands still")
    parser.add_argument("--today", metavar="DATE", help="the demo's anchor date; the clock's date otherwise")
    parser.add_argument("--save", metavar="FILE", help="keep every change here and take up from it")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = build_parser().parse_args(arguments)
    clock = Clock(None if options.clock.upper() == "REAL" else options.clock)
    app = create_app(
        options.seed,
        customers=options.customers,
        articles=options.articles,
        vouchers=options.vouchers,
        clock=clock,
        today=options.today,
        save=options.save,
    )
    serve(app, options.host, options.port)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
