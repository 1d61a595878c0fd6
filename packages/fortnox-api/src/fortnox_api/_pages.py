"""Pages of a list, and what their envelope tells. Source: recorded answers."""

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from fortnox_api._fields import whole
from fortnox_api._models import Record

LIMIT: Final = 500
"""The most records Fortnox puts on one page."""

ItemT = TypeVar("ItemT", bound=Record)
RecordT = TypeVar("RecordT", bound=Record)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be read: its place on the page from 0, why (fields, no values), a SHA-256 of the row as hex,
    and the record's number where the row still tells it.
    """

    index: int
    reason: str
    digest: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT]):
    """One page of a list. The totals are None where the answer tells none; `number` counts from 1."""

    number: int
    total_pages: int | None
    total_resources: int | None
    items: tuple[ItemT, ...]
    rejects: tuple[Reject, ...]

    @property
    def rows(self) -> int:
        """How many rows came, readable or not."""
        return len(self.items) + len(self.rejects)


@dataclass(frozen=True)
class Shape(Generic[ItemT, RecordT]):
    """What a resource is called on the wire, and what its list takes, as names with spaces between."""

    path: str
    plural: str
    singular: str
    item: type[ItemT]
    record: type[RecordT]
    number: str
    searches: str = ""
    filters: str = ""
    sorts: str = ""


def meta(body: dict[str, Any]) -> tuple[int | None, int | None, int | None]:
    """Return @TotalPages, @TotalResources and @CurrentPage, each None when missing or senseless."""
    meta = body.get("MetaInformation")
    known = meta if isinstance(meta, dict) else {}
    pages, resources, current = (_size(known.get(name)) for name in ("@TotalPages", "@TotalResources", "@CurrentPage"))
    return pages, resources, current


def _size(value: Any) -> int | None:
    try:
        found = whole(value)
    except ValueError:
        return None
    return found if found is not None and found >= 0 else None


def is_last(page: Page[Any]) -> bool:
    """Tell whether a list ends with this page."""
    if page.total_pages is None:
        return page.rows < LIMIT
    return page.rows == 0 or page.number >= page.total_pages
