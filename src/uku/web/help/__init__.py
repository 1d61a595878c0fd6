"""Help on what is the same with every integration: the texts in this folder, one folder a language."""

from __future__ import annotations

from pathlib import Path

TEXTS = Path(__file__).parent
PERSONAL_NUMBERS = "personal-numbers"
EXPORT_CLIENTS = "export-clients"
