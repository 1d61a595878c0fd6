"""Lists: envelope, paging, searches, filters, sorting. One table of rules per resource.

Results are kept per table version, and each item's JSON per record, so that reading page
after page costs little even with 50,000 customers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fortnox_sim.company import Company
from fortnox_sim.errors import BAD_FILTER, BAD_PARAMETER, ApiError
from fortnox_sim.json_format import RawJson, Record, Response, encode, json_response
from fortnox_sim.store import Table
from fortnox_sim.switches import Switches

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
STAMP_LENGTHS = {10: " 00:00:00", 13: ":00:00", 16: ":00", 19: ""}

Predicate = Callable[[Record], bool]
Search = Callable[[Company, str], Predicate]
SortKey = Callable[[Record], Any]
Query = Mapping[str, str]


def number_sort_key(text: str) -> tuple[int, int, str]:
    """Order numbers as numbers and the rest as text after them (recorded: 1, 2, 3, 101)."""
    return (0, int(text), "") if text.isascii() and text.isdigit() else (1, 0, text)


def contains(key: str) -> Search:
    """Search like ILIKE '%value%'."""

    def search(_company: Company, value: str) -> Predicate:
        wanted = value.casefold()
        return lambda record: wanted in str(record.get(key, "")).casefold()

    return search


def at_least(key: str) -> Search:
    return lambda _company, value: lambda record: bool(record.get(key)) and record[key] >= read_day(value)


def at_most(key: str) -> Search:
    return lambda _company, value: lambda record: bool(record.get(key)) and record[key] <= read_day(value)


def flag(key: str) -> Search:
    return lambda _company, value: lambda record: str(record.get(key, False)).lower() == value.lower()


def read_day(value: str) -> str:
    """Read a date parameter, with or without a time behind it."""
    return read_stamp(value)[:10]


def read_stamp(value: str) -> str:
    """Read `2019-03-10 12:30`, a bare date, or a full stamp, `T` allowed."""
    text = value.strip().replace("T", " ")
    tail = STAMP_LENGTHS.get(len(text))
    if tail is None or not text[:4].isdigit() or text[4] != "-":
        raise ApiError(BAD_PARAMETER)
    return text + tail


def modified_since(_company: Company, value: str) -> Predicate:
    since = read_stamp(value)
    return lambda record: record.get("_modified", "") >= since


@dataclass(frozen=True)
class ListRule:
    """How one resource is listed."""

    plural: str
    table: str
    item: Callable[[Company, Record], Record]
    order: SortKey
    searches: Mapping[str, Search] = field(default_factory=dict)
    filters: Mapping[str, Search] = field(default_factory=dict)
    sorts: Mapping[str, SortKey] = field(default_factory=dict)
    base: Search | None = None
    paged: bool = True


CONTROL = frozenset({"page", "limit", "offset", "sortby", "sortorder", "filter"})


def list_records(company: Company, rule: ListRule, query: Query) -> Response:
    """Respond with one page of a list."""
    table = company.table(rule.table)
    keys = _select_keys(company, table, rule, query)
    start, stop, meta = _select_page(len(keys), query, company.switches, paged=rule.paged)
    items = []
    for key in keys[start:stop]:
        item = table.fragments.get(key)
        if item is None:
            item = table.fragments[key] = encode(rule.item(company, table.rows[key]))
        items.append(item)
    return json_response({"MetaInformation": meta, rule.plural: RawJson("[" + ",".join(items) + "]")})


def _select_keys(company: Company, table: Table, rule: ListRule, query: Query) -> list[str]:
    """Find and sort the records that a query asks for."""
    by, direction = query.get("sortby"), query.get("sortorder", "ascending")
    tests = _read_searches(company, rule, query)
    if (by is not None and by not in rule.sorts) or direction not in {"ascending", "descending"}:
        raise ApiError(BAD_PARAMETER)
    order = rule.order if by is None else _sort_first_by(rule.sorts[by], rule.order)

    def search() -> list[str]:
        rows = [(order(r), k) for k, r in table.rows.items() if all(test(r) for test in tests)]
        rows.sort(key=lambda row: row[0], reverse=direction == "descending")
        return [key for _, key in rows]

    if company.switches["visible_after_seconds"]:
        return search()
    chosen = tuple(sorted((k, v) for k, v in query.items() if k not in {"page", "limit", "offset"}))
    moment = (company.today(), company.switches.version)
    keys: list[str] = table.get_cached((rule.plural, chosen, moment), search)
    return keys


def _sort_first_by(first: SortKey, then: SortKey) -> SortKey:
    return lambda record: (first(record), then(record))


def _read_searches(company: Company, rule: ListRule, query: Query) -> list[Predicate]:
    """Read the searches and filters of a query; what the resource does not know is ignored or an error."""
    tests: list[Predicate] = [lambda record: not record.get("_deleted")]
    if rule.base is not None:
        tests.append(rule.base(company, ""))
    for name, value in query.items():
        if name in rule.searches:
            tests.append(rule.searches[name](company, value))
        elif name == "filter":
            if value not in rule.filters:
                raise ApiError(BAD_FILTER)
            tests.append(rule.filters[value](company, value))
        elif name not in CONTROL and company.switches["unknown_parameters"] == "refuse":
            raise ApiError(BAD_PARAMETER)
    return tests


def _select_page(total: int, query: Query, switches: Switches, *, paged: bool) -> tuple[int, int, dict[str, int]]:
    """Give the first and the last index of the page asked for, and its MetaInformation."""
    if not paged:
        return 0, total, {"@TotalResources": total, "@TotalPages": 1 if total else 0, "@CurrentPage": 1}
    limit = _read_whole_number(query, "limit", DEFAULT_LIMIT)
    if limit < 1 or (limit > MAX_LIMIT and switches["limit_over_500"] == "refuse"):
        raise ApiError(BAD_PARAMETER)
    limit = min(limit, MAX_LIMIT)
    page, offset = _read_whole_number(query, "page", 1), _read_whole_number(query, "offset", 0)
    pages = -(-total // limit)
    start = offset if "offset" in query and "page" not in query else offset + (page - 1) * limit
    beyond = start >= total > 0
    if beyond and switches["page_beyond"] == "refuse":
        raise ApiError(BAD_PARAMETER)
    if beyond and (offset or switches["page_beyond"] == "zero"):
        total = pages = 0
    return start, start + limit, {"@TotalResources": total, "@TotalPages": pages, "@CurrentPage": page}


def _read_whole_number(query: Query, name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or (name == "page" and text == "0"):
        raise ApiError(BAD_PARAMETER)
    return int(text)
