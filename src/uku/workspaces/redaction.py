"""What the audit log may say of a value. Pure: secrets and personal numbers never get into it (S45, S51)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from uku.kit.logs import is_secret_name, redact

MASK = "[masked]"
PLAIN = frozenset({"state"})  # an invoice's or a task's; the one of OAuth is masked by its look
# A token, a key, a code or a hash: nothing that people read is that long without a space, an IBAN included (34).
_OPAQUE = re.compile(r"(?<![\w.~+/=-])(?=[\w.~+/=-]*\d)(?=[\w.~+/=-]*[A-Za-z])[\w~+/=-][\w.~+/=-]{35,}")

# A sole trader's VAT number is SE, the personal number and 01.
_PERSONS_VAT = re.compile(r"\bSE\s?\d{2}[01]\d{3}-?\d{4}\s?01\b", re.IGNORECASE)


def masked_text(text: str) -> str:
    """Mask what looks like a token or a personal number anywhere in a text."""
    return redact(_PERSONS_VAT.sub("[personal number]", _OPAQUE.sub(MASK, text)))


def masked(value: Any, name: str = "") -> Any:
    """Return a value as the log may hold it, however deep: plain JSON, masked by name and by look."""
    if is_secret_name(name) and name not in PLAIN:
        return MASK
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): masked(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(part) for part in value]
    return masked_text(str(value))
