"""What the commands write to, before and after Django has started."""

from __future__ import annotations

from typing import NoReturn

import typer
from rich.console import Console

console = Console(soft_wrap=True)


def refuse(sentence: str) -> NoReturn:
    """End the program with a sentence and status 2."""
    console.print(sentence, style="red", markup=False, highlight=False)
    raise typer.Exit(2)


def write(line: str) -> None:
    """Write a line as it is: names and numbers in it get no colour and no markup."""
    console.print(line, markup=False, highlight=False)
