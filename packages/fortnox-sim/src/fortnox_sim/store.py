"""Tables in memory with undo, and an append-only file that survives a kill.

Records are never changed in place: a change puts a new dict. That makes undo, caching and the file
the same simple thing. The file has one JSON line per commit; a torn last line is dropped on reading.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from fortnox_sim.json_format import Record

CACHE_SIZE = 64


class Table:
    """Records by key, with a version that changes with every write."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: dict[str, Record] = {}
        self.version = 0
        self.fragments: dict[str, str] = {}
        self._defaults: Mapping[str, Record] = {}
        self._cache: dict[object, tuple[int, Any]] = {}

    def get(self, key: str) -> Record | None:
        return self.rows.get(key)

    def values(self) -> Iterator[Record]:
        return iter(self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, key: str) -> bool:
        return key in self.rows

    def begin_with(self, defaults: Mapping[str, Record]) -> None:
        """Fill in the rows a table begins with; they are not saved, and rows that were written stay."""
        if self._defaults is not defaults:
            self._defaults = defaults
            self.rows = {**defaults, **self.rows}
            self.version += 1

    def write(self, key: str, record: Record | None) -> None:
        """Set or remove one record and forget what was derived from it."""
        self.version += 1
        self.fragments.pop(key, None)
        if record is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = record

    def get_cached(self, what: object, make: Callable[[], Any]) -> Any:
        """Give a result derived from the whole table, made again only after a change."""
        found = self._cache.get(what)
        if found is not None and found[0] == self.version:
            return found[1]
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        result = make()
        self._cache[what] = (self.version, result)
        return result


class Store:
    """All tables, the changes since the last commit, and the file they go to."""

    def __init__(self, path: Path | None = None) -> None:
        self._tables: dict[str, Table] = {}
        self._undo: list[tuple[str, str, Record | None]] = []
        self._path = path
        self._file: TextIO | None = None

    def table(self, name: str) -> Table:
        if name not in self._tables:
            self._tables[name] = Table(name)
        return self._tables[name]

    def list_tables(self, prefix: str) -> list[str]:
        """List the tables whose names begin so."""
        return sorted(name for name in self._tables if name.startswith(prefix))

    def put(self, name: str, key: str, record: Record | None) -> None:
        """Change one record; `None` removes it. Final only with `commit`."""
        table = self.table(name)
        self._undo.append((name, key, table.get(key)))
        table.write(key, record)

    def list_written(self, name_end: str) -> list[tuple[str, Record]]:
        """List the records made since the last commit in tables whose names end so, each with the table's name."""
        made = ((name, key) for name, key, before in self._undo if before is None and name.endswith(name_end))
        found = ((name, self.table(name).get(key)) for name, key in made)
        return [(name, record) for name, record in found if record is not None]

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        for name, key, before in reversed(self._undo):
            self.table(name).write(key, before)
        self._undo.clear()

    def commit(self, entries: list[Record]) -> None:
        """Make the changes final: they and their journal entries reach the file as one line."""
        if self._file is not None and (self._undo or entries):
            touched = dict.fromkeys((name, key) for name, key, _ in self._undo)
            puts = [[name, key, self.table(name).get(key)] for name, key in touched]
            line = json.dumps({"puts": puts, "journal": entries}, default=_pack_decimal, separators=(",", ":"))
            self._file.write(line + "\n")
            self._file.flush()
        self._undo.clear()

    def open(self, restore_entry: Callable[[Record], None]) -> bool:
        """Read an earlier run's file, its journal entries too, and keep the file open for appending."""
        if self._path is None:
            return False
        good = 0
        if self._path.exists():
            with self._path.open("rb") as lines:
                for line in lines:
                    if not line.endswith(b"\n"):
                        break
                    saved = json.loads(line, object_hook=_unpack_decimal)
                    for name, key, record in saved["puts"]:
                        self.table(name).write(key, record)
                    for entry in saved["journal"]:
                        restore_entry(entry)
                    good += len(line)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a", encoding="utf-8")
        self._file.truncate(good)
        return good > 0

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _pack_decimal(value: object) -> object:
    if isinstance(value, Decimal):
        return {"$d": str(value)}
    raise TypeError(f"{type(value).__name__} cannot be saved")


def _unpack_decimal(value: dict[str, Any]) -> Any:
    return Decimal(value["$d"]) if len(value) == 1 and "$d" in value else value
