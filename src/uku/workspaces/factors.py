"""Secrets of second factors at rest: the key of an authenticator app and the seed of recovery codes, sealed.

They are bound to their purpose, not to their row: allauth seals a text before it has a row for it. There are none in
clear: before this version no installation was in service, so a text that no key opens is refused, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from uku.kit.secrets import KeyRing, Place

PLACE = Place("mfa_authenticator", "data", "second factor")
NAMES = ("secret", "seed")
BATCH = 100


def seal_secret(text: str) -> str:
    return _ring().seal(text, PLACE)


def open_secret(sealed: str) -> str:
    """Return the secret. Raises CannotOpen when its key is not on the ring, or it was sealed for something else."""
    return _ring().open(sealed, PLACE)


def sealed_secrets() -> Iterator[tuple[int, str]]:
    """Every sealed secret with its row, in order, for the rotation of keys."""
    for row in Authenticator.objects.order_by("pk").iterator(BATCH):
        if (name := _name_in(row)) is not None:
            yield row.pk, row.data[name]


def replace_secret(pk: int, before: str, after: str) -> bool:
    """Put one sealed text in another's place; False when the row changed meanwhile or is gone."""
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


def _ring() -> KeyRing:
    return KeyRing([key.get_secret_value() for key in settings.UKU.token_keys])
