"""Secrets of second factors at rest: the key of an authenticator app and the seed of recovery codes, sealed.

They are bound to their purpose, not to their row: allauth seals a text before it has a row for it. There are none in
clear: before this version no installation was in service, so a text that no key opens is refused, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.db import transaction

from uku.kit.rotation import key_ring
from uku.kit.secrets import Place

PLACE = Place("mfa_authenticator", "data", "second factor")
NAMES = ("secret", "seed")
BATCH = 100


def seal_secret(text: str) -> str:
    return key_ring().seal(text, PLACE)


def open_secret(sealed: str) -> str:
    """Return the secret. Raises CannotOpen when its key is not on the ring, or it was sealed for something else."""
    return key_ring().open(sealed, PLACE)


class FactorStore:
    """The sealed secrets, for the rotation of keys. They are people's and no workspace's: no audit log has a line."""

    def values(self) -> Iterator[tuple[int, str]]:
        for row in Authenticator.objects.order_by("pk").iterator(BATCH):
            if (name := _name_in(row)) is not None:
                yield row.pk, row.data[name]

    def replace(self, pk: int, before: str, after: str) -> bool:
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            name = _name_in(row) if row else None
            if row is None or name is None or row.data[name] != before:
                return False
            row.data[name] = after
            row.save(update_fields=["data"])
        return True


def _name_in(row: Authenticator) -> str | None:
    return next((name for name in NAMES if name in row.data), None)
