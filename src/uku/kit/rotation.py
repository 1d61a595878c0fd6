"""The key ring of the installation, and moving all that is sealed to its first key.

Whoever keeps sealed values registers a store of them, so that no key is taken off the ring while something needs it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from uku.kit.secrets import KeyRing

BATCH = 100


class KeyMissing(Exception):
    """Something is sealed under a key that is not on the ring: nothing is rotated before it is back."""


class SealedStore(Protocol):
    """Where sealed values lie."""

    def values(self) -> Iterator[tuple[int, str]]:
        """Every sealed value of every workspace with its row, in order, read in batches."""

    def replace(self, pk: int, before: str, after: str) -> bool:
        """Put one sealed text in another's place; False when the row holds something newer or is gone."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is: values looked at, values sealed anew, values in all."""

    looked_at: int
    resealed: int
    total: int


_stores: dict[str, SealedStore] = {}


def register(name: str, store: SealedStore) -> None:
    _stores[name] = store


def key_ring() -> KeyRing:
    """Return the keys of UKU_TOKEN_KEYS. Raises ValueError when there are none."""
    return KeyRing([key.get_secret_value() for key in settings.UKU.token_keys])


def sealed_under() -> Counter[str]:
    """Count the sealed values by the name of their key; "" for those that no key on the ring opens (S38)."""
    ring = key_ring()
    return Counter(ring.name_for(sealed) or "" for _shelf, _pk, sealed in _everything())


def rotate() -> Iterator[Progress]:
    """Seal everything under the first key, batch by batch. Raises KeyMissing before anything is changed.

    May be stopped at any moment and begun again: what is under the first key is passed over. Who stores a new value
    meanwhile wins, since a value is replaced only if it is still the one that was read.
    """
    counts = sealed_under()
    if counts[""]:
        raise KeyMissing(counts[""])
    total, resealed = counts.total(), 0
    for looked_at, (store, pk, sealed) in enumerate(_everything(), start=1):
        resealed += _reseal(store, pk, sealed)
        if looked_at % BATCH == 0 or looked_at == total:
            yield Progress(looked_at, resealed, total)


def describe_keys() -> tuple[list[str], list[str]]:
    """Say, in sentences, which keys may be taken off the ring, and which values still need an old or missing one."""
    counts, behind = sealed_under(), key_ring().names[1:]
    idle = [_("Key %(key)s encrypts nothing and can be removed.") % {"key": key} for key in behind if not counts[key]]
    old = _("%(count)d stored values are still encrypted with key %(key)s: run `uku rotate-keys`.")
    lost = _("%(count)d stored values cannot be decrypted with any key in UKU_TOKEN_KEYS.")
    needed = [old % {"count": counts[key], "key": key} for key in behind if counts[key]]
    return idle, needed + ([lost % {"count": counts[""]}] if counts[""] else [])


def _everything() -> Iterator[tuple[SealedStore, int, str]]:
    for store in _stores.values():
        yield from ((store, pk, sealed) for pk, sealed in store.values())


def _reseal(store: SealedStore, pk: int, sealed: str) -> bool:
    """Move one value to the first key; False when it is there already, or when somebody stored something newer."""
    ring = key_ring()
    return ring.name_for(sealed) != ring.names[0] and store.replace(pk, sealed, ring.reseal(sealed))
