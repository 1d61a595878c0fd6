"""Help on Fortnox: the texts in this folder, shown in the product and copied to docs/help.

The texts are the one source of truth: `python -m uku.integrations.fortnox.help docs/help` copies them, and a test
compares the copies. A language is a folder; a text that a language lacks is shown in English.
"""

from __future__ import annotations

from pathlib import Path

from uku.kit.prose import FALLBACK, read_text

TEXTS = Path(__file__).parent
CONNECTING, SUMMARY_TASKS = "connecting", "summary-tasks"


def text_of(name: str, language: str = FALLBACK) -> str:
    """Return a text in a language, or in English where it is not translated."""
    return read_text(TEXTS, name, language)


def copy_to(folder: Path) -> None:
    """Write the English texts where they are read without the product."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (CONNECTING, SUMMARY_TASKS):
        (folder / f"{name}.md").write_text(text_of(name), encoding="utf-8")
