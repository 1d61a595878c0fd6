"""Where tokens are kept: the protocol, and a store in memory."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from fortnox_api._tokens import TokenSet


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """What a store holds: the tokens, a number that grows with each save, and whether a refresh has begun."""

    tokens: TokenSet
    generation: int
    refresh_started: bool = False


class TokenStore(Protocol):
    """Keeps the tokens of one company where all processes see them.

    Refresh tokens work once, so two processes that refresh together lose the connection: `lock` keeps the others out,
    and `save` compares before it writes.
    """

    def lock(self) -> AbstractContextManager[None]:
        """Hold off every other refresher, in every process, inside the block.

        Raise Unavailable when another one holds on for too long: a token that still lives is then used as it is.
        """

    def load(self) -> StoredTokens:
        """Return what is stored now."""

    def mark(self, *, generation: int) -> None:
        """Note, durably, that the refresh token of this generation is about to be sent."""

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        """Store as `generation + 1` and clear the marker if the stored generation is still this one; else False."""


class MemoryTokenStore:
    """Keeps tokens in this process. They are gone when it ends, and with them the connection: print or keep them."""

    def __init__(self, tokens: TokenSet) -> None:
        self._refreshing = threading.Lock()
        self._guard = threading.Lock()
        self._stored = StoredTokens(tokens, generation=1)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold off the other threads of this process."""
        with self._refreshing:
            yield

    def load(self) -> StoredTokens:
        """Return what is stored now."""
        return self._stored

    def mark(self, *, generation: int) -> None:
        """Note that a refresh of this generation has begun; nothing when it is already an older one."""
        with self._guard:
            if self._stored.generation == generation:
                self._stored = StoredTokens(self._stored.tokens, generation, refresh_started=True)

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        """Store the tokens if the generation is still this one."""
        with self._guard:
            if self._stored.generation != generation:
                return False
            self._stored = StoredTokens(tokens, generation + 1)
            return True
