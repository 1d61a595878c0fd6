# ruff: noqa: INP001
"""Matching on contact details: how right, and how fast.

    python bench/matching.py [PAIRS]

Judges 10,000 made pairs for each of three seeds by how they were made, then measures 10,000 by 10,000 and 20,000 by
20,000. The bar: no wrong automatic link, seconds, and a ratio near 2. The exit status tells whether it was met.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.uku.clients.pairs import make_town
from tests.uku.clients.scores import judge

from uku.clients.matching import Index

SEEDS = (1, 2, 3)
SLOWEST = 10.0
STEEPEST = 2.6


def main(pairs: int) -> int:
    """Print the figures; return the exit status."""
    wrong = sum(report(seed, pairs) for seed in SEEDS)
    once, twice = (median_seconds(size) for size in (pairs, 2 * pairs))
    print(  # noqa: T201
        f"{pairs} x {pairs}: {once:.2f} s; {2 * pairs} x {2 * pairs}: {twice:.2f} s; ratio {twice / once:.2f}"
    )
    return 0 if not wrong and once <= SLOWEST and twice / once <= STEEPEST else 1


def report(seed: int, pairs: int) -> int:
    """Print how right one town was matched; return the number of wrong links."""
    score = judge(make_town(seed, pairs))
    print(  # noqa: T201
        f"seed {seed}: {score.same} are the same; {score.linked} linked by themselves, {len(score.linked_wrong)} wrong"
        f" (precision {score.link_precision:.4f}, recall {score.link_recall:.4f});"
        f" {score.suggested} suggested (precision {score.suggestion_precision:.4f});"
        f" linked or suggested {score.found:.4f}; missed: {dict(+score.missed)}"
    )
    for line in score.linked_wrong[:10]:
        print(f"  {line}")  # noqa: T201
    return len(score.linked_wrong)


def median_seconds(size: int) -> float:
    """Seconds of processor time to index so many clients and look up as many customers, the middle of three."""
    town, taken = make_town(7, size), []
    for _ in range(3):
        start = time.process_time()
        index = Index(town.clients)
        for customer in town.customers:
            index.find(customer)
        taken.append(time.process_time() - start)
    return sorted(taken)[1]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
