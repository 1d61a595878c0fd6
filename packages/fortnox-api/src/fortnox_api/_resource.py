"""Resources: reading, counting and listing records, and rows of a list that cannot be read.

Sources: fortnox.se/developer/guides-and-good-to-know/parameters, the OpenAPI document, recorded responses.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Final, Generic, TypedDict, TypeVar, Unpack, get_type_hints

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, create_model

from fortnox_api._errors import Unreadable
from fortnox_api._json import dumps
from fortnox_api._models import Record, describe_errors, parse_code, parse_integer
from fortnox_api._payload import Payload
from fortnox_api._request import Number, Request, RequestKind, format_number, format_time, format_value
from fortnox_api._response import Response
from fortnox_api._retry import ApiClient

PAGE_SIZE: Final = 500
"""The most records Fortnox puts on one page."""
_MOST_PAGES: Final = 10_000

ItemT = TypeVar("ItemT", bound=Record)
RecordT = TypeVar("RecordT", bound=Record)
ModelT = TypeVar("ModelT", bound=Record)
PayloadT = TypeVar("PayloadT", bound=Payload)
UpdateT = TypeVar("UpdateT", bound=Payload)


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
    """One page of a list. The totals are None where the response tells none; `number` counts from 1."""

    number: int
    total_pages: int | None
    total_resources: int | None
    items: tuple[ItemT, ...]
    rejects: tuple[Reject, ...]

    @property
    def rows(self) -> int:
        """How many rows came, readable or not."""
        return len(self.items) + len(self.rejects)

    @property
    def is_last(self) -> bool:
        """Whether the list ends with this page."""
        if self.total_pages is None:
            return self.rows < PAGE_SIZE
        return self.rows == 0 or self.number >= self.total_pages


class Resource:
    """A resource of the API: reads one record, counts records."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def _read(self, request: Request, wrapper: str, model: type[ModelT]) -> ModelT:
        """Return the record in a wrapper such as `{"Customer": {…}}`. Raises Unreadable when a field does not fit."""
        response = self._api.send(request)
        inner = _parse_object(response).get(wrapper)
        if not isinstance(inner, dict):
            raise response.make_error(Unreadable, f"the answer holds no {wrapper}")
        try:
            return model.model_validate(inner)
        except ValidationError as error:
            raise response.make_error(Unreadable, f"{wrapper}: {describe_errors(error)}") from None

    def _read_total(self, path: str, query: Mapping[str, str]) -> int:
        """Return how many records a list has, for one request."""
        request = Request(RequestKind.READ, "GET", path, query={**query, "limit": "1"})
        response = self._api.send(request)
        total = _parse_total(_parse_object(response), "@TotalResources")
        if total is None:
            raise response.make_error(Unreadable, "the answer tells no total")
        return total


class Search(TypedDict, total=False):
    """What every list and every count takes. Resources add a `filter` and what can be searched for.

    `last_modified` is an aware time; Fortnox compares it, cut to the minute, with its clock in Stockholm, so let runs
    overlap by two hours. Searches find what *contains* the value, in any case: compare exactly afterwards.
    """

    last_modified: AwareDatetime | None


class Listing(Search, total=False):
    """What every list takes. Resources add a `sort_by`."""

    first_page: Annotated[int, Field(ge=1)]
    descending: bool


_NO_SEARCH: Final = frozenset({"filter", "last_modified", "first_page", "sort_by", "descending"})
_NO_COUNT: Final = frozenset({"first_page", "sort_by", "descending"})


class Collection(Resource, Generic[ItemT]):
    """A resource whose records can be listed and counted.

    `path` and `plural` are Fortnox's names of it; `number_field` is what its records are named by. `listing` declares
    what a list takes. In a query a name is spelled without underscores, but for those in `query_names`.
    """

    path: str
    plural: str
    item: type[ItemT]
    number_field: str
    listing: type = Listing
    query_names: ClassVar[Mapping[str, str]] = {}

    def pages(self, **asked: Unpack[Listing]) -> Iterator[Page[ItemT]]:
        """Yield the pages from `first_page` on, 500 rows each, one request each, as they are asked for.

        Records made meanwhile may move rows between pages. Raises TypeError or ValueError at once for what the list
        does not take, Unreadable when the pages make no sense.
        """
        return self._pages(asked)

    def list(self, **asked: Unpack[Listing]) -> Iterator[ItemT]:
        """Yield the records of all pages; takes what `pages` takes. Raises Unreadable at a row it cannot read."""
        return self._list(asked)

    def count(self, **asked: Unpack[Search]) -> int:
        """Return how many records there are, for one request. Searches *contain*, so the count may be too high."""
        return self._count(asked)

    def _pages(self, asked: Mapping[str, Any]) -> Iterator[Page[ItemT]]:
        query = self._query(asked)
        return self._read_pages(asked.get("first_page", 1), query)

    def _list(self, asked: Mapping[str, Any]) -> Iterator[ItemT]:
        pages = self._pages(asked)  # checks what was asked now, not when the first record is wanted
        return (item for page in pages for item in _require_whole(page))

    def _count(self, asked: Mapping[str, Any]) -> int:
        return self._read_total(self.path, self._query(asked, _NO_COUNT))

    def _query(self, asked: Mapping[str, Any], excluded: frozenset[str] = frozenset()) -> dict[str, str]:
        """Return what is asked as Fortnox spells it. It may ignore a name it does not know, and return everything."""
        known = _argument_model(self.listing)
        takes = [name for name in known.model_fields if name not in excluded]
        for name in asked:
            if name not in takes:
                raise TypeError(f"{name!r} is none of: {', '.join(takes)}")
        try:
            known(**asked)
        except ValidationError as error:
            raise ValueError(describe_errors(error)) from None
        query = {
            self.query_names.get(name, name.replace("_", "")): format_value(value)
            for name, value in asked.items()
            if name not in _NO_SEARCH
        }
        if asked.get("filter") is not None:
            query["filter"] = asked["filter"]
        if asked.get("sort_by") is not None:
            query["sortby"] = asked["sort_by"].replace("_", "")
        if asked.get("last_modified") is not None:
            query["lastmodified"] = format_time(asked["last_modified"])
        if asked.get("descending"):
            query["sortorder"] = "descending"
        return query

    def _read_pages(self, first: int, query: dict[str, str]) -> Iterator[Page[ItemT]]:
        before = None
        for number in range(first, first + _MOST_PAGES):
            paged = {**query, "limit": str(PAGE_SIZE), "page": str(number)}
            response = self._api.send(Request(RequestKind.READ, "GET", self.path, query=paged))
            body = _parse_object(response)
            rows = body.get(self.plural)
            if not isinstance(rows, list):
                raise response.make_error(Unreadable, f"the answer holds no {self.plural}")
            current = _parse_total(body, "@CurrentPage")
            if current is not None and current != number:
                raise response.make_error(Unreadable, f"asked for page {number}, got page {current}")
            if rows and rows == before:
                raise Unreadable(f"page {number} repeats the page before it")
            before = rows
            read = [self._parse_row(index, row) for index, row in enumerate(rows)]
            page = Page(
                number,
                _parse_total(body, "@TotalPages"),
                _parse_total(body, "@TotalResources"),
                items=tuple(each for each in read if not isinstance(each, Reject)),
                rejects=tuple(each for each in read if isinstance(each, Reject)),
            )
            yield page
            if page.is_last:
                return
        raise Unreadable("the list does not end")

    def _parse_row(self, index: int, row: Any) -> ItemT | Reject:
        try:
            return self.item.model_validate(row)
        except ValidationError as error:
            reason = describe_errors(error)
        try:
            number = parse_code(row.get(self.number_field))[:100]
        except (ValueError, AttributeError):
            number = None
        return Reject(index, reason, hashlib.sha256(dumps(row)).hexdigest(), number)


class ListResource(Collection[ItemT], Generic[ItemT, RecordT]):
    """A resource whose records can be read one by one as well; `singular` is Fortnox's name of one."""

    singular: str
    record: type[RecordT]

    def get(self, number: Number) -> RecordT:
        """Return one record with all its fields. Raises NotFound."""
        return self._read(Request(RequestKind.READ, "GET", self.path, (number,)), self.singular, self.record)

    def _act(self, kind: RequestKind, method: str, number: Number, action: str) -> RecordT:
        """Do something to a record and return it; a response about another record is Unreadable."""
        request = Request(kind, method, self.path, (number,), action)
        found = self._read(request, self.singular, self.record)
        if getattr(found, "number", None) != format_number(number):
            raise Unreadable("the answer is about another record", outcome=request.outcome_if_lost)
        return found


class WritableResource(ListResource[ItemT, RecordT], Generic[ItemT, RecordT, PayloadT, UpdateT]):
    """A resource whose records can be created and changed as well."""

    payload: type[PayloadT]
    changes: type[UpdateT]

    def create(self, payload: PayloadT) -> RecordT:
        """Create a record and return it. When the outcome is UNKNOWN look for it before you create it again."""
        request = Request(RequestKind.WRITE, "POST", self.path, body=encode_payload(payload, self.payload))
        return self._read(request, self.singular, self.record)

    def update(self, number: Number, changes: UpdateT) -> RecordT:
        """Change the fields that are set and return the whole record."""
        body = encode_payload(changes, self.changes)
        request = Request(RequestKind.WRITE, "PUT", self.path, (number,), body=body)
        return self._read(request, self.singular, self.record)


class DeletableResource(WritableResource[ItemT, RecordT, PayloadT, UpdateT]):
    """A resource whose records can be deleted as well."""

    def delete(self, number: Number) -> None:
        """Delete a record. Raises NotFound, and Invalid while something still uses it.

        After an UNKNOWN outcome delete it again: NotFound then says that it is gone.
        """
        self._api.send(Request(RequestKind.WRITE, "DELETE", self.path, (number,)))


def encode_payload(payload: Payload, expected: type[Payload]) -> bytes:
    """Return a payload as bytes. Raises TypeError when it is of another kind: Fortnox would read what it recognises."""
    if not isinstance(payload, expected):
        raise TypeError(f"expected {expected.__name__}, not {type(payload).__name__}")
    return payload.to_json_bytes()


@cache
def _argument_model(arguments: type) -> type[BaseModel]:
    """Return the model that checks at run time what a TypedDict tells a type checker."""
    fields: dict[str, Any] = {
        name: (hint, None) for name, hint in get_type_hints(arguments, include_extras=True).items()
    }
    config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)
    return create_model(arguments.__name__, __config__=config, **fields)


def _require_whole(page: Page[ItemT]) -> tuple[ItemT, ...]:
    if page.rejects:
        first = page.rejects[0]
        raise Unreadable(f"row {first.index} of page {page.number}: {first.reason}")
    return page.items


def _parse_object(response: Response) -> dict[str, Any]:
    if not isinstance(response.json, dict):
        raise response.make_error(Unreadable, "the answer is no object")
    return response.json


def _parse_total(body: dict[str, Any], name: str) -> int | None:
    """Return @TotalPages, @TotalResources or @CurrentPage; None when it is missing or makes no sense."""
    meta = body.get("MetaInformation")
    try:
        found = parse_integer(meta.get(name)) if isinstance(meta, dict) else None
    except ValueError:
        return None
    return found if found is not None and found >= 0 else None
