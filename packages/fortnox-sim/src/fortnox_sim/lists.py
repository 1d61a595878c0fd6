"""Lists: envelope, paging, searches, filters, sorting. One table of rules per resource.

Found sets are remembered per table version, and each item's JSON per record, so that reading page
after page costs little even with 50,000 customers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fortnox_sim.company import Company
from fortnox_sim.errors import BAD_FILTER, BAD_PARAMETER, Refusal
from fortnox_sim.json_format import Answer, Raw, Record, encode, json_answer
from fortnox_sim.store import Table
from fortnox_sim.switches import Switches

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
STAMP_LENGTHS = {10: " 00:00:00", 13: ":00:00", 16: ":00", 19: ""}

Predicate = Callable[[Record], bool]
Search = Callable[[Company, str], Predicate]
Query = Mapping[str, str]


def number_order(text: str) -> tuple[int, int, str]:
    """Order numbers as numbers and the rest as text after them (recorded: 1, 2, 3, 101)."""
    return (0, int(text), "") if text.isascii() and text.isdigit() else (1, 0, text)


def contains(key: str) -> Search:
    """Search like ILIKE '%value%'."""

    def search(_company: Company, value: str) -> Predicate:
        wanted = value.casefold()
        return lambda record: wanted in str(record.get(key, "")).casefold()

    return search


def at_least(key: str) -> Search:
    return lambda _company, value: lambda record: bool(record.get(key)) and record[key] >= day_of(value)


def at_most(key: str) -> Search:
    return lambda _company, value: lambda record: bool(record.get(key)) and record[key] <= day_of(value)


def flag(key: str) -> Search:
    return lambda _company, value: lambda record: str(record.get(key, False)).lower() == value.lower()


def day_of(value: str) -> str:
    """Read a date parameter, with or without a time behind it."""
    return stamp_of(value)[:10]


def stamp_of(value: str) -> str:
    """Read `2019-03-10 12:30`, a bare date, or a full stamp, `T` allowed."""
    text = value.strip().replace("T", " ")
    tail = STAMP_LENGTHS.get(len(text))
    if tail is None or not text[:4].isdigit() or text[4] != "-":
        raise Refusal(BAD_PARAMETER)
    return text + tail


def modified_since(_company: Company, value: str) -> Predicate:
    since = stamp_of(value)
    return lambda record: record.get("_modified", "") >= since


@dataclass(frozen=True)
class ListRule:
    """How one resource is listed."""

    plural: str
    table: str
    item: Callable[[Company, Record], Record]
    order: Callable[[Record], Any]
    searches: Mapping[str, Search] = field(default_factory=dict)
    filters: Mapping[str, Search] = field(default_factory=dict)
    sorts: Mapping[str, Callable[[Record], Any]] = field(default_factory=dict)
    base: Search | None = None
    paged: bool = True


CONTROL = frozenset({"page", "limit", "offset", "sortby", "sortorder", "filter"})


def answer_list(company: Company, rule: ListRule, query: Query) -> Answer:
    """Answer one list request."""
    table = company.table(rule.table)
    found = _found(company, table, rule, query)
    start, stop, meta = _window(len(found), query, company.switches, paged=rule.paged)
    items = [_fragment(company, table, rule, key) for key in found[start:stop]]
    return json_answer({"MetaInformation": meta, rule.plural: Raw("[" + ",".join(items) + "]")})


def _found(company: Company, table: Table, rule: ListRule, query: Query) -> list[str]:
    chosen = tuple(sorted((k, v) for k, v in query.items() if k not in {"page", "limit", "offset"}))
    tests = _predicates(company, rule, query)
    order, backward = _order(rule, query)

    def search() -> list[str]:
        rows = [(order(r), k) for k, r in table.rows.items() if all(test(r) for test in tests)]
        rows.sort(key=lambda row: row[0], reverse=backward)
        return [key for _, key in rows]

    if company.switches["visible_after_seconds"]:
        return search()
    moment = (company.today(), company.switches.version)
    found: list[str] = table.memo((rule.plural, chosen, moment), search)
    return found


def _predicates(company: Company, rule: ListRule, query: Query) -> list[Predicate]:
    tests: list[Predicate] = [lambda record: not record.get("_deleted")]
    if rule.base is not None:
        tests.append(rule.base(company, ""))
    for name, value in query.items():
        if name in rule.searches:
            tests.append(rule.searches[name](company, value))
        elif name == "filter":
            if value not in rule.filters:
                raise Refusal(BAD_FILTER)
            tests.append(rule.filters[value](company, value))
        elif name not in CONTROL and company.switches["unknown_parameters"] == "refuse":
            raise Refusal(BAD_PARAMETER)
    return tests


def _order(rule: ListRule, query: Query) -> tuple[Callable[[Record], Any], bool]:
    by, direction = query.get("sortby"), query.get("sortorder", "ascending")
    if by is not None and by not in rule.sorts:
        raise Refusal(BAD_PARAMETER)
    if direction not in {"ascending", "descending"}:
        raise Refusal(BAD_PARAMETER)
    if by is None:
        return rule.order, direction == "descending"
    first = rule.sorts[by]
    return (lambda record: (first(record), rule.order(record))), direction == "descending"


def _window(total: int, query: Query, switches: Switches, *, paged: bool) -> tuple[int, int, dict[str, int]]:
    if not paged:
        return 0, total, _meta(total, 1 if total else 0, 1)
    limit = _limit(query, switches)
    page, offset = _whole(query, "page", 1), _whole(query, "offset", 0)
    pages = -(-total // limit)
    start = offset if "offset" in query and "page" not in query else offset + (page - 1) * limit
    beyond = start >= total > 0
    if beyond and switches["page_beyond"] == "refuse":
        raise Refusal(BAD_PARAMETER)
    if beyond and (offset or switches["page_beyond"] == "zero"):
        total = pages = 0
    return start, start + limit, _meta(total, pages, page)


def _meta(total: int, pages: int, page: int) -> dict[str, int]:
    return {"@TotalResources": total, "@TotalPages": pages, "@CurrentPage": page}


def _limit(query: Query, switches: Switches) -> int:
    limit = _whole(query, "limit", DEFAULT_LIMIT)
    if limit < 1 or (limit > MAX_LIMIT and switches["limit_over_500"] == "refuse"):
        raise Refusal(BAD_PARAMETER)
    return min(limit, MAX_LIMIT)


def _whole(query: Query, name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or (name == "page" and text == "0"):
        raise Refusal(BAD_PARAMETER)
    return int(text)


def _fragment(company: Company, table: Table, rule: ListRule, key: str) -> str:
    ready = table.fragments.get(key)
    if ready is None:
        ready = table.fragments[key] = encode(rule.item(company, table.rows[key]))
    return ready
