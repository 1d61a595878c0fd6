"""Sealed values: encrypted under a key ring, bound to their row, opened only by an explicit call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotOpen(Exception):
    """The sealed text was made under a key that is not on the ring, or for another row."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value belongs: copied anywhere else, it does not open."""

    table: str
    column: str
    row: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}#{self.row}"


class KeyRing:
    """The first key seals, all keys open. Keys are url-safe base64 of 32 bytes, as Fernet makes them."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("the key ring is empty: set UKU_TOKEN_KEYS")
        self._keys = {hashlib.sha256(key.encode()).hexdigest()[:8]: Fernet(key) for key in keys}
        self._ring = MultiFernet(list(self._keys.values()))

    def __repr__(self) -> str:
        return "KeyRing(…)"

    @property
    def names(self) -> list[str]:
        """The keys by name, the sealing one first. A name is a part of the key's hash and tells nothing of the key."""
        return list(self._keys)

    def seal(self, value: str, place: Place) -> str:
        content = json.dumps({"place": str(place), "value": value})
        return self._ring.encrypt(content.encode()).decode()

    def open(self, sealed: str, place: Place) -> str:
        """Return the value. Raises CannotOpen; the sealed text stays as it is."""
        try:
            content = json.loads(self._ring.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise CannotOpen(str(place)) from error
        if content["place"] != str(place):
            raise CannotOpen(str(place))
        return str(content["value"])

    def name_for(self, sealed: str) -> str | None:
        """Name the key that a sealed text was made under; None when it is not on the ring."""
        for name, key in self._keys.items():
            try:
                key.decrypt(sealed.encode())
            except InvalidToken:
                continue
            return name
        return None

    def reseal(self, sealed: str) -> str:
        """Return the same content under the first key. Raises CannotOpen."""
        try:
            return self._ring.rotate(sealed.encode()).decode()
        except InvalidToken as error:
            raise CannotOpen("no key on the ring opens it") from error
