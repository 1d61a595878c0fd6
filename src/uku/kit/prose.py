"""Longer texts for people: files in Markdown, a folder of them with one folder a language, drawn in our own look."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

FALLBACK = "en"
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
TABLE_BOX = '<div class="table-box" role="region" aria-label="{label}" tabindex="0"><table class="table">'


@dataclass(frozen=True, slots=True)
class Prose:
    """A text with its title taken off, and its sections as (anchor, heading)."""

    title: str
    html: str
    sections: tuple[tuple[str, str], ...]


@cache
def read_text(folder: Path, name: str, language: str = FALLBACK) -> str:
    """Return a text of a folder in a language, or the English one where it is not translated."""
    translated = folder / language / f"{name}.md"
    return (translated if translated.exists() else folder / FALLBACK / f"{name}.md").read_text(encoding="utf-8")


def render(text: str, *, link: Callable[[str], str] = str) -> Prose:
    """Draw a Markdown text that begins with its title; `link` turns the addresses in it into ours.

    HTML in the text is shown as words, not drawn. Raises ValueError for a text without a title.
    """
    first, _, rest = text.partition("\n")
    if not first.startswith("# "):
        raise ValueError("a text begins with its title: # Title")
    tokens = MARKDOWN.parse(rest)
    sections = _give_anchors(tokens)
    for child in itertools.chain.from_iterable(token.children or [] for token in tokens):
        if child.type == "link_open":
            child.attrSet("href", link(str(child.attrGet("href"))))
    drawn = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return Prose(first.removeprefix("# ").strip(), _box_tables(drawn), tuple(sections))


def anchor_of(heading: str) -> str:
    """Return the part of an address that leads to a heading, as code hosts make it."""
    return re.sub(r"[^\w]+", "-", heading.lower()).strip("-")


def _give_anchors(tokens: list[Token]) -> list[tuple[str, str]]:
    """Give every heading its anchor; return those of the sections."""
    found = []
    for token, words in itertools.pairwise(tokens):
        if token.type == "heading_open":
            text = "".join(child.content for child in words.children or [])
            token.attrSet("id", anchor_of(text))
            if token.tag == "h2":
                found.append((anchor_of(text), text))
    return found


def _box_tables(html: str) -> str:
    """Let a wide table scroll in a box of its own, named after the heading above it, never the page."""
    pieces = re.split(r"(<table>)", html)
    heading = ""
    for position, piece in enumerate(pieces):
        if piece == "<table>":
            pieces[position] = TABLE_BOX.format(label=heading)
        elif above := re.findall(r"<h[2-4][^>]*>(.*?)</h", piece):
            heading = re.sub(r'<[^>]+>|"', "", above[-1])
    return "".join(pieces).replace("</table>", "</table></div>").replace("<th>", '<th scope="col">')
