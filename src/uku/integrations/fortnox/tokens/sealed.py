"""Tokens at rest in rows that are no connection: a grant that waits, a token that is to be revoked.

The same key ring and the same rule as for connections: sealed, and bound to the row, so that a copy elsewhere does
not open (reliability S36).
"""

from __future__ import annotations

from fortnox_api import TokenSet
from uku.integrations.fortnox.models import PendingGrant, Revocation
from uku.integrations.fortnox.tokens.store import seal, unseal
from uku.kit.rotation import key_ring
from uku.kit.secrets import Place


def seal_grant(grant: PendingGrant, tokens: TokenSet) -> str:
    """Return the tokens as the column of this grant holds them; the row has its id already."""
    return seal(tokens, grant_place(grant.pk))


def open_grant(grant: PendingGrant) -> TokenSet:
    """Return the tokens of a grant that waits. Raises CannotOpen when the key is not on the ring."""
    return unseal(grant.sealed_tokens, grant_place(grant.pk))


def seal_refresh_token(revocation: Revocation, refresh_token: str) -> str:
    return key_ring().seal(refresh_token, revocation_place(revocation.pk))


def open_refresh_token(revocation: Revocation) -> str:
    """Return the token. Raises CannotOpen when the key is not on the ring."""
    return key_ring().open(revocation.sealed_token, revocation_place(revocation.pk))


def grant_place(row: int) -> Place:
    return Place("fortnox_pendinggrant", "sealed_tokens", str(row))


def revocation_place(row: int) -> Place:
    return Place("fortnox_revocation", "sealed_token", str(row))
