"""A way to PostgreSQL that can be cut: behind a COMMIT whose answer is then lost, or for everybody."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

COMMIT = b"COMMIT\x00"


class DatabaseProxy:
    """Listens on a socket in `folder` for what `address`, a database URL, leads to."""

    def __init__(self, address: str, folder: Path) -> None:
        facts = conninfo_to_dict(address)
        host, port = str(facts["host"]), int(facts.get("port") or 5432)
        self._server = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / f".s.PGSQL.{port}"))
        self._listener.listen(50)
        self.address = f"postgresql://{facts['user']}@/{facts['dbname']}?host={folder}&port={port}"
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._wanted: bytes | None = None
        self._is_cut = False
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_commit_of(self, words: bytes) -> None:
        """Let the next transaction that said these words be committed, and its answer be lost."""
        self._wanted = words

    def cut(self) -> None:
        """End every connection, and take none until it is mended."""
        self._is_cut = True
        for pair in self._pairs:
            _end(*pair)

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._is_cut:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX if isinstance(self._server, str) else socket.AF_INET)
                far.connect(self._server)
                self._pairs.append((near, far))
                threading.Thread(target=self._forward, args=(near, far), daemon=True).start()
                threading.Thread(target=_copy, args=(far, near), daemon=True).start()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        said = False
        with suppress(OSError):
            while data := near.recv(65536):
                said = said or (self._wanted is not None and self._wanted in data)
                if said and COMMIT in data:
                    self._wanted = None
                    self.lost += 1
                    near.shutdown(socket.SHUT_RDWR)
                    far.sendall(data)
                    far.shutdown(socket.SHUT_WR)  # the server carries out what it was sent, then sees the end
                    return
                far.sendall(data)
        _end(near, far)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


def _end(*ends: socket.socket) -> None:
    for each in ends:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
