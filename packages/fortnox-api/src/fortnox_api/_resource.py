"""Lists: pages, rows that cannot be read, counts, and what may be asked for.

Sources: fortnox.se/developer/guides-and-good-to-know/parameters, the OpenAPI document, recorded answers.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from pydantic import ValidationError

from fortnox_api._errors import Unreadable
from fortnox_api._json import dumps
from fortnox_api._models import Record, findings, key, whole
from fortnox_api._payload import Payload
from fortnox_api._request import SearchValue, known, spelled, stockholm
from fortnox_api._retry import Api, Call, Kind, segment

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


_MOST_PAGES: Final = 10_000


class Listed(Generic[ItemT, RecordT]):
    """A resource that can be listed, counted and read one by one."""

    shape: Shape[ItemT, RecordT]

    def __init__(self, api: Api) -> None:
        self._api = api

    def pages(
        self,
        *,
        first_page: int = 1,
        filter: str | None = None,  # noqa: A002 - Fortnox's word
        last_modified: datetime | None = None,
        sort_by: str | None = None,
        descending: bool = False,
        **search: SearchValue,
    ) -> Iterator[Page[ItemT]]:
        """Yield the pages from `first_page` on, 500 rows each, one request each, as they are asked for.

        `last_modified` is an aware time; Fortnox compares it, cut to the minute, with its clock in Stockholm, so let
        runs overlap by two hours. Searches find what *contains* the value, in any case: compare exactly afterwards.
        Records made meanwhile may move rows between pages. Raises Unreadable when the pages make no sense.
        """
        query = self._query(filter, last_modified, sort_by, search)
        if descending:
            query["sortorder"] = "descending"
        return _walk(self, first_page, query)

    def list(self, **asked: Any) -> Iterator[ItemT]:
        """Yield the records of all pages; takes what `pages` takes. Raises Unreadable at a row it cannot read."""
        for page in self.pages(**asked):
            if page.rejects:
                first = page.rejects[0]
                raise Unreadable(f"row {first.index} of page {page.number}: {first.reason}")
            yield from page.items

    def count(
        self,
        *,
        filter: str | None = None,  # noqa: A002 - Fortnox's word
        last_modified: datetime | None = None,
        **search: SearchValue,
    ) -> int:
        """Return how many records there are, for one request. Searches *contain*, so the count may be too high."""
        query = self._query(filter, last_modified, None, search)
        call = Call(Kind.READ, "GET", self.shape.path, {**query, "limit": "1"})
        return total(self._api, call)

    def get(self, number: str | int) -> RecordT:
        """Return one record with all its fields. Raises NotFound."""
        return self._one(Call(Kind.READ, "GET", f"{self.shape.path}/{segment(number)}"))

    def _create(self, payload: Payload) -> RecordT:
        return self._one(Call(Kind.WRITE, "POST", self.shape.path, body=payload.to_json_bytes()))

    def _update(self, number: str | int, changes: Payload) -> RecordT:
        path = f"{self.shape.path}/{segment(number)}"
        return self._one(Call(Kind.WRITE, "PUT", path, body=changes.to_json_bytes()))

    def _one(self, call: Call) -> RecordT:
        return record(self._api, call, self.shape.singular, self.shape.record)

    def page(self, number: int, query: dict[str, str]) -> tuple[Page[ItemT], Sequence[Any]]:
        """Return one page, and its rows as they came."""
        call = Call(Kind.READ, "GET", self.shape.path, {**query, "limit": str(LIMIT), "page": str(number)})
        reply = self._api.reply(call)
        rows = reply.whole().get(self.shape.plural)
        if not isinstance(rows, list):
            raise reply.unreadable(f"the answer holds no {self.shape.plural}")
        pages, resources, current = meta(reply.whole())
        if current is not None and current != number:
            raise reply.unreadable(f"asked for page {number}, got page {current}")
        read = [self._row(index, row) for index, row in enumerate(rows)]
        items = tuple(each for each in read if not isinstance(each, Reject))
        rejects = tuple(each for each in read if isinstance(each, Reject))
        return Page(number, pages, resources, items, rejects), rows

    def _row(self, index: int, row: Any) -> ItemT | Reject:
        try:
            return self.shape.item.model_validate(row)
        except ValidationError as fault:
            return Reject(index, findings(fault), _digest(row), _number(row, self.shape.number))

    def _query(
        self,
        filter: str | None,  # noqa: A002 - Fortnox's word
        last_modified: datetime | None,
        sort_by: str | None,
        search: dict[str, SearchValue],
    ) -> dict[str, str]:
        query = {known(name, self.shape.searches): spelled(value) for name, value in search.items()}
        if filter is not None:
            query["filter"] = known(filter, self.shape.filters)
        if sort_by is not None:
            query["sortby"] = known(sort_by, self.shape.sorts)
        if last_modified is not None:
            query["lastmodified"] = stockholm(last_modified)
        return query


def _walk(source: Listed[ItemT, Any], first: int, query: dict[str, str]) -> Iterator[Page[ItemT]]:
    before = None
    for number in range(first, first + _MOST_PAGES):
        page, rows = source.page(number, query)
        if rows and rows == before:
            raise Unreadable(f"page {number} repeats the page before it")
        before = rows
        yield page
        if is_last(page):
            return
    raise Unreadable("the list does not end")


def record(api: Api, call: Call, wrapper: str, model: type[RecordT]) -> RecordT:
    """Return one record from the wrapper of an answer. Raises Unreadable when a field does not fit."""
    reply = api.reply(call)
    try:
        return model.model_validate(reply.inside(wrapper))
    except ValidationError as fault:
        raise reply.unreadable(f"{wrapper}: {findings(fault)}") from None


def total(api: Api, call: Call) -> int:
    """Return @TotalResources of a list. Raises Unreadable when it is missing or negative."""
    reply = api.reply(call)
    _, resources, _ = meta(reply.whole())
    if resources is None:
        raise reply.unreadable("the answer tells no total")
    return resources


def _number(row: Any, name: str) -> str | None:
    try:
        return key(row.get(name))[:100]
    except (ValueError, AttributeError):
        return None


def _digest(value: Any) -> str:
    return hashlib.sha256(dumps(value)).hexdigest()
