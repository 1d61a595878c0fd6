"""The audit log as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from django.utils.translation import gettext

from uku.kit.spreadsheets import harmless
from uku.kit.times import local_time
from uku.web.audit_words import words_of
from uku.workspaces.models import AuditEntry


def as_csv(entries: Iterable[AuditEntry], *, zone: str) -> str:
    """Return CSV (RFC 4180) with a line for each entry; times are in `zone`, with their offset."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [
            gettext("Position"),
            gettext("Time"),
            gettext("Person"),
            gettext("What"),
            gettext("Details"),
            gettext("Record"),
            gettext("Address"),
            gettext("Before"),
            gettext("After"),
            gettext("Hash"),
        ]
    )
    for entry in entries:
        sides = (json.dumps(f, ensure_ascii=False, sort_keys=True) if f else "" for f in (entry.before, entry.after))
        cells = [
            str(entry.position),
            local_time(entry.at, zone).isoformat(sep=" ", timespec="seconds"),
            entry.actor.email if entry.actor else "Uku",
            words_of(entry.action),
            entry.summary,
            entry.target,
            entry.address or "",
            *sides,
            entry.hash,
        ]
        writer.writerow([harmless(cell) for cell in cells])
    return out.getvalue()
