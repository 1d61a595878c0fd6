"""The page of all errors: `python -m uku.integrations.fortnox.health.error_page` prints docs/fortnox-errors.md."""

from __future__ import annotations

import sys
from typing import Final

import django
from django.conf import settings

from uku.integrations.fortnox.health.error_codes import BY_CODE, BY_SENTENCE, UNKNOWN, ErrorGroup, ErrorText

_ABOVE: Final = """# Errors from Fortnox

What Fortnox says, in Uku's words: what happened, what to do, and who can do it. The same texts are on the
**Activity** tab, on the invoice and in the banner, together with Fortnox's own words. This page is made by
`python -m uku.integrations.fortnox.health.error_page > docs/fortnox-errors.md`.
"""


def error_page() -> str:
    """Return docs/fortnox-errors.md: all texts, in the order of their groups, each once under all its codes."""
    codes: dict[ErrorText, list[str]] = {}
    for code, text in BY_CODE.items():
        codes.setdefault(text, []).append(f"`{code}`")
    for text in (*(text for _pattern, text in BY_SENTENCE), UNKNOWN):
        codes.setdefault(text, [])
    page = _ABOVE
    for group in ErrorGroup:
        page += f"\n## {group.label}\n"
        for text in (text for text in codes if text.group == group):
            named = ", ".join(codes[text]) or "no code of its own"
            page += f"\n**{text.happened}** ({named})\n\n{text.remedy}\n\nWho: {text.who.label}.\n"
    return page


if __name__ == "__main__":
    settings.configure()  # the texts need no installation
    django.setup()
    sys.stdout.write(error_page())
