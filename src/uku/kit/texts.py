"""Longer texts for people, kept as files: a folder of them has one folder a language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FALLBACK = "en"


@cache
def read_text(folder: Path, name: str, language: str = FALLBACK) -> str:
    """Return a text of a folder in a language, or the English one where it is not translated."""
    wanted = folder / language / f"{name}.md"
    return (wanted if wanted.exists() else folder / FALLBACK / f"{name}.md").read_text(encoding="utf-8")
