"""Is this the same client? Pure, and able to say why: the words for it are in `evidence`.

Two records are weighed by `weigh`, the same in both directions; `Index` finds the few that are worth weighing,
so that thousands by thousands take seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from uku.clients.normalization import NormalizedDetails, normalize_details
from uku.kit.identifiers import is_personal, masked, normalise_number, shown

__all__ = [
    "ContactDetails",
    "Fact",
    "Field",
    "Index",
    "Match",
    "Outcome",
    "Strength",
    "is_personal",
    "masked",
    "match_keys",
    "normalise_number",
    "outcome",
    "shown",
    "weigh",
]

_SHORTEST_TYPO = 9  # in a shorter name one letter makes another name: Berg and Borg
_EDGE = 4  # one wrong letter leaves the first four or the last four as they were
_REGION = 2  # the first two digits of a Swedish or Finnish postcode tell the part of the country
MOST_WEIGHED = 50
_MOST_TOLD = 10
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What two records are compared by. Empty texts say nothing."""

    key: str
    name: str
    organisation_number: str = ""
    email: str = ""
    postcode: str = ""
    vat_number: str = ""
    phone: str = ""
    country: str = ""


class Strength(StrEnum):
    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"


class Outcome(StrEnum):
    """What a search found. Only STRONG links by itself; WEAK and AMBIGUOUS are for a person to decide."""

    STRONG = "strong"
    WEAK = "weak"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


class Field(StrEnum):
    NUMBER = "number"
    VAT = "vat"
    NAME = "name"
    TURNED_NAME = "turned name"
    SIMILAR_NAME = "similar name"
    EMAIL = "email"
    POSTCODE = "postcode"
    PHONE = "phone"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Fact:
    """A field that agrees or contradicts, and what the client has there. A person's number is masked already."""

    field: Field
    value: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate, how sure we are, the facts that agree and the ones that speak against it."""

    key: str
    strength: Strength
    agreed: tuple[Fact, ...]
    against: tuple[Fact, ...] = ()


def outcome(matches: Sequence[Match], taken: Collection[str] = ()) -> Outcome:
    """Decide by what a search found: exactly one strong match links, unless its client has a link (B42)."""
    if not matches:
        return Outcome.NONE
    if len(matches) > 1:
        return Outcome.AMBIGUOUS
    strong = matches[0].strength == Strength.STRONG and matches[0].key not in taken
    return Outcome.STRONG if strong else Outcome.WEAK


def weigh(one: ContactDetails, client: ContactDetails) -> Match:
    """Compare two records. The strength is the same in both directions; the facts show the client's side.

    The organisation number decides alone, for and against: two different valid ones are two clients, whatever
    else agrees. Else e-mail and name decide when nothing contradicts; else a name only suggests.
    """
    return _weigh(_normalized(one), _normalized(client))


class Index:
    """The known clients, looked up by what they share. Built once for a whole import.

    Blocks hold clients with the same number, the same name, or the same e-mail, phone or postcode and a similar
    name. Where more than 50 clients share a block the first 50 are weighed. Name and e-mail decide only where one
    client alone has them: the branches of a chain have them in common, even those that their numbers tell apart.
    """

    def __init__(self, clients: Iterable[ContactDetails]) -> None:
        self._blocks: dict[tuple[str, ...], list[tuple[int, NormalizedDetails]]] = {}
        self._size = 0
        for client in clients:
            self.add(client)

    def add(self, client: ContactDetails) -> None:
        record = _normalized(client)
        for block in _blocks(record):
            self._blocks.setdefault(block, []).append((self._size, record))
        self._size += 1

    def find(self, customer: ContactDetails) -> list[Match]:
        """Return at most ten matches, the best first, strong ones only when there are any."""
        record = _normalized(customer)
        if record.number and (same := self._blocks.get(("number", record.number))):
            return _best([(place, _weigh(record, client)) for place, client in same[:MOST_WEIGHED]])
        candidates, crowded = self._candidates(record)
        alike = [(place, client) for place, client in candidates.items() if _name(record, client)]
        found = [(place, _weigh(record, client)) for place, client in alike]
        if crowded or sum(_same_name_and_email(match) for _, match in found) > 1:
            found = [(place, _weakened(match)) for place, match in found]
        return _best(found)

    def _candidates(self, customer: NormalizedDetails) -> tuple[dict[int, NormalizedDetails], bool]:
        found: dict[int, NormalizedDetails] = {}
        crowded = False
        for block in _blocks(customer):
            clients = self._blocks.get(block, [])
            whole = block[0] == "email" and block[2] in {customer.name, customer.words}
            crowded = crowded or (whole and len(clients) > MOST_WEIGHED)  # an unseen one fits as well
            found.update(clients[:MOST_WEIGHED])
        return found, crowded


def match_keys(workspace_id: int, details: ContactDetails) -> list[int]:
    """Return a record's blocks as signed 64-bit hashes, for a database to find it by. Two workspaces share none."""
    texts = {"\0".join((f"{workspace_id}", *block)) for block in _blocks(_normalized(details))}
    digests = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return sorted({int.from_bytes(digest, "big", signed=True) for digest in digests})


@lru_cache(maxsize=_KEPT)
def _normalized(details: ContactDetails) -> NormalizedDetails:
    """The pages of an import meet the same clients again and again, and normalizing them is most of the work."""
    return normalize_details(
        key=details.key,
        name=details.name,
        number=details.organisation_number,
        vat=details.vat_number,
        email=details.email,
        phone=details.phone,
        postcode=details.postcode,
        country=details.country,
    )


def _blocks(record: NormalizedDetails) -> Iterator[tuple[str, ...]]:
    """The blocks of a record. Every pair that `weigh` finds anything in shares one."""
    if record.number:
        yield ("number", record.number)
    if not record.name:
        return
    spellings = {record.name, record.words} - {""}
    yield from (("name", spelling) for spelling in spellings)
    places = [("email", email) for email in record.emails] + [("phone", phone) for phone in record.phones]
    for place in [*places, ("postcode", record.postcode)] if record.postcode else places:
        yield from ((*place, spelling) for spelling in spellings)
        if len(record.name) >= _SHORTEST_TYPO - 1:
            yield (*place, "begins", record.name[:_EDGE])
            yield (*place, "ends", record.name[-_EDGE:])


def _weigh(one: NormalizedDetails, client: NormalizedDetails) -> Match:
    name = _name(one, client)
    agreed, against = _shared(one, client), _against(one, client)
    named = (*([Fact(name)] if name else ()), *agreed)
    if one.number and one.number == client.number:
        number = Fact(Field.VAT if one.from_vat or client.from_vat else Field.NUMBER, shown(client.number))
        renamed = () if name or not (one.name and client.name) else (Fact(Field.NAME),)
        return Match(client.key, Strength.STRONG, (number, *named), (*renamed, *against))
    return Match(client.key, _strength(one, client, name, agreed, against), named, against)


def _strength(
    one: NormalizedDetails,
    client: NormalizedDetails,
    name: Field | None,
    agreed: tuple[Fact, ...],
    against: tuple[Fact, ...],
) -> Strength:
    """How sure we are without a common number."""
    if name is None or (one.number and client.number) or (name == Field.SIMILAR_NAME and not agreed):
        return Strength.NONE
    certain = name != Field.SIMILAR_NAME and not against
    return Strength.STRONG if certain and one.emails & client.emails else Strength.WEAK


def _name(one: NormalizedDetails, client: NormalizedDetails) -> Field | None:
    if not one.name or not client.name:
        return None
    if one.name == client.name:
        return Field.NAME
    if one.words and one.words == client.words:
        return Field.TURNED_NAME
    return Field.SIMILAR_NAME if _one_letter_apart(one.name, client.name) else None


def _shared(one: NormalizedDetails, client: NormalizedDetails) -> tuple[Fact, ...]:
    facts = [Fact(Field.EMAIL, email) for email in sorted(one.emails & client.emails)[:1]]
    if one.postcode and one.postcode == client.postcode:
        facts.append(Fact(Field.POSTCODE, _spaced(client.postcode)))
    return (*facts, *(Fact(Field.PHONE, phone) for phone in sorted(one.phones & client.phones)[:1]))


def _against(one: NormalizedDetails, client: NormalizedDetails) -> tuple[Fact, ...]:
    """What makes two clients of the same name. Who moved kept the phone; another branch has its own."""
    facts = []
    if one.number and client.number and one.number != client.number:
        facts.append(Fact(Field.NUMBER, shown(client.number)))
    if one.forms and client.forms and not one.forms & client.forms:
        facts.append(Fact(Field.FORM))
    elsewhere = one.postcode and client.postcode and one.postcode[:_REGION] != client.postcode[:_REGION]
    if elsewhere and not one.phones & client.phones:
        facts.append(Fact(Field.POSTCODE, _spaced(client.postcode)))
    return tuple(facts)


def _one_letter_apart(one: str, other: str) -> bool:
    """Say whether one letter is wrong, missing, too many, or changed with its neighbour. Digits are no typos."""
    shorter, longer = sorted((one, other), key=len)
    if len(longer) < _SHORTEST_TYPO or len(longer) - len(shorter) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    left, right = shorter[start:], longer[start:]
    turned = len(left) == len(right) and left[:2] == right[1::-1] and left[2:] == right[2:]
    apart = turned or (left[1:] if len(left) == len(right) else left) == right[1:]
    return apart and _digits(one) == _digits(other)


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))


def _spaced(postcode: str) -> str:
    return f"{postcode[:3]} {postcode[3:]}".strip()


def _same_name_and_email(match: Match) -> bool:
    fields = {fact.field for fact in match.agreed}
    return Field.EMAIL in fields and not fields.isdisjoint({Field.NAME, Field.TURNED_NAME})


def _weakened(match: Match) -> Match:
    strength = Strength.WEAK if match.strength == Strength.STRONG else match.strength
    return Match(match.key, strength, match.agreed, match.against)


def _best(found: list[tuple[int, Match]]) -> list[Match]:
    """The strong ones, else the weak ones; those with more for them and less against them first."""
    told = [pair for pair in found if pair[1].strength != Strength.NONE]
    told = [pair for pair in told if pair[1].strength == Strength.STRONG] or told
    told.sort(key=lambda pair: (len(pair[1].against) - len(pair[1].agreed), pair[0]))
    return [match for _, match in told[:_MOST_TOLD]]
