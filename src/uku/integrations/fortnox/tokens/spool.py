"""Sealed tokens that the database could not take: kept in a file until it can (F32).

A renewal that Fortnox has answered cannot be repeated, so what it gave must survive the process. The file holds the
same sealed text that the column would, is named after the connection and generation it follows, and is taken in by
whoever loads the connection next, or at start-up.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class SpooledRenewal:
    """What one guarded update was to store. Times are ISO texts; an empty `source` or `scopes` changes no column."""

    connection_id: int
    generation: int
    sealed_tokens: str
    refreshed_at: str
    source: str = ""
    consent: str = ""
    scopes: list[str] = field(default_factory=list)


def write(spooled: SpooledRenewal) -> Path:
    """Write one file, whole or not at all, on the disk and not only in its cache. Raises OSError."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = _place(spooled.connection_id, spooled.generation)
    draft = place.with_suffix(".new")
    with open(
        draft, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)
    ) as file:  # Path.open takes no opener
        json.dump(asdict(spooled), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(place)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return place


def find(connection_id: int, generation: int) -> SpooledRenewal | None:
    """Return what waits for this generation of a connection."""
    try:
        return _read(_place(connection_id, generation))
    except FileNotFoundError:
        return None


def all_spooled() -> Iterator[SpooledRenewal]:
    """Return everything that waits, of all connections."""
    for place in sorted(_folder().glob("*.json")):
        with suppress(FileNotFoundError):  # somebody else took it in
            yield _read(place)


def remove(spooled: SpooledRenewal) -> None:
    _place(spooled.connection_id, spooled.generation).unlink(missing_ok=True)


def _read(place: Path) -> SpooledRenewal:
    return SpooledRenewal(**json.loads(place.read_text(encoding="utf-8")))


def _folder() -> Path:
    return Path(settings.UKU.home) / "spool"


def _place(connection_id: int, generation: int) -> Path:
    return _folder() / f"fortnox-{connection_id}-{generation}.json"
