"""The contract, read as sentences, and the mark that ties a test to one of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CONTRACT = Path(__file__).parents[3] / "shared/seed/connect-fortnox-to-uku.txt"
PROVEN = ("Who can do this", "Connect Fortnox in Uku", "Reconnect or disconnect Fortnox")

PROVEN_ROWS = ("Clients",)


def says(sentence: str) -> pytest.MarkDecorator:
    """Tie a test to the sentence of the contract that it proves."""
    return pytest.mark.says(sentence)


def lines() -> list[str]:
    if not CONTRACT.exists():
        pytest.skip("shared data is not here: ../shared/seed/connect-fortnox-to-uku.txt")
    return CONTRACT.read_text(encoding="utf-8").splitlines()


def sections() -> dict[str, list[str]]:
    """Return the lines below each heading.

    A heading stands on a line of its own and is repeated as "Section titled “…”" at the beginning of the next.
    """
    found: dict[str, list[str]] = {}
    heading, all_lines = "", lines()
    for line, after in zip(all_lines, [*all_lines[1:], ""], strict=True):
        rest = line.removeprefix(f"Section titled “{heading}”")
        if after.startswith("Section titled"):
            heading = rest
            found[heading] = []
        elif heading:
            found[heading].append(rest)
    return found


def headings() -> list[str]:
    return list(sections())


def _sentences(line: str) -> list[str]:
    if line.startswith("|"):
        return []
    line = line.removeprefix("- ").strip()
    return [part for part in re.split(r"(?<=[.!?])\s+(?=[A-Z])", line) if part]


def to_be_proven() -> list[str]:
    """The sentences of the sections, and of rows of the table, that each have a browser test.

    Troubleshooting has sections of its own; a row speaks in its last cell.
    """
    found, order = sections(), headings()
    below = order[order.index("Troubleshooting") :]
    said = [part for name in [*PROVEN, *below] for line in found[name] for part in _sentences(line)]
    return said + [row[-1] for row in rows() if row[0].partition(" (")[0] in PROVEN_ROWS]


def rows() -> list[list[str]]:
    """The rows of the table of what syncs."""
    found = [line for line in lines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found[2:]]
