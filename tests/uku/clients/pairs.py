"""Pairs of records with a label that comes from how they were made, never from the code under test. Pure, seeded.

Each pair is a client and a customer: the same one, told differently, or two that only look alike. Numbers belong to
nobody: company numbers begin with 4, Finnish ones with 9, persons have impossible dates, domains end in `.example`.

What no reader could tell apart is not made: two persons of the same name with one e-mail and no number.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from uku.clients.matching import ContactDetails

GIVEN = (
    "Maja",
    "Elsa",
    "Åke",
    "Björn",
    "Nils",
    "Karin",
    "Lars",
    "Eva",
    "Olof",
    "Inga",
    "Sören",
    "Östen",
    "Ärla",
    "Pia",
    "Jari",
    "Päivi",
    "Matti",
    "Aino",
    "Kaj",
)
FAMILY = (
    "Andersson",
    "Öberg",
    "Åkerlund",
    "Lindqvist",
    "Ek",
    "Sjögren",
    "Nyström",
    "Hägg",
    "Norén",
    "Virtanen",
    "Mäkinen",
    "Korhonen",
    "Ström",
    "Löf",
    "Dahlén",
    "Wärn",
    "Fälth",
    "Ås",
    "Zetterlund",
    "Bergqvist",
    "Holmgren",
    "Rosén",
    "Sandell",
    "Törnqvist",
    "Wikström",
)
TRADE = (
    "Bygg",
    "Måleri",
    "Rör",
    "El",
    "Bageri",
    "Åkeri",
    "Plåt",
    "Skog",
    "Trädgård",
    "Städ",
    "Optik",
    "Tandvård",
    "Redovisning",
    "Konsult",
    "Färg",
    "Möbler",
    "Däck",
    "Glas",
    "Kök",
    "Golv",
    "Ventilation",
    "Förlag",
    "Frisör",
    "Gård",
    "Maskin",
    "Musik",
    "Rekrytering",
    "Såg",
    "Transport",
    "Villa",
)
PLACE = {"Lund": "22", "Malmö": "21", "Örebro": "70", "Umeå": "90", "Åre": "83", "Gävle": "80", "Visby": "62"}
TWIST = str.maketrans("aeiourstln", "eaouinrlst")


@dataclass
class Town:
    """Clients, customers, and for each customer how it was made and which clients it is."""

    clients: list[ContactDetails] = field(default_factory=list)
    customers: list[ContactDetails] = field(default_factory=list)
    truth: dict[str, frozenset[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


class Maker:
    """Invents records, each number, e-mail and phone once."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.serial = 0

    def next(self) -> int:
        self.serial += 1
        return self.serial

    def postcode(self, place: str = "") -> str:
        start = PLACE[place or self.random.choice(list(PLACE))]
        return f"{start}{self.random.randint(1, 9)} {self.random.randint(10, 99)}"

    def record(self, name: str, number: str, place: str = "") -> ContactDetails:
        serial = self.next()
        slug = "".join(letter for letter in plain(name).lower() if letter.isalnum())[:20]
        phone = f"0{self.random.choice((8, 40, 18, 70))}-{5_000_000 + serial}"
        email = f"info@{slug}{serial}.example"
        return ContactDetails("", name, number, email, self.postcode(place), phone=phone)

    def trade(self) -> str:
        first, last = self.random.choice(FAMILY), self.random.choice(TRADE)
        return f"{first}s {last} {self.random.choice(list(PLACE))}"

    def company(self) -> ContactDetails:
        form = self.random.choice((" AB", " AB", " AB", " HB", " KB", ""))
        return self.record(self.trade() + form, company_number(self.next()))

    def person(self) -> ContactDetails:
        name = f"{self.random.choice(GIVEN)} {self.random.choice(FAMILY)}"
        return self.record(name, personal_number(self.next()))

    def finn(self) -> ContactDetails:
        made = self.record(f"{self.trade()} Oy", finnish_number(self.next()))
        return replace(made, country="FI", phone=f"040 {5_000_000 + self.serial}")


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def with_luhn(nine: str) -> str:
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(nine)]
    return nine + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def company_number(serial: int) -> str:
    ten = with_luhn(f"45{5_000_000 + serial:07d}")
    return f"{ten[:6]}-{ten[6:]}"


def personal_number(serial: int) -> str:
    """A day that does not exist: 30 or 31 February."""
    year, rest = divmod(serial, 2000)
    day, end = divmod(rest, 1000)
    ten = with_luhn(f"{50 + year % 50:02d}02{30 + day}{end:03d}")
    return f"{ten[:6]}-{ten[6:]}"


def finnish_number(serial: int) -> str:
    for base in range(9_000_000 + 2 * serial, 9_999_999):
        rest = sum(int(d) * w for d, w in zip(str(base), (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        if rest != 1:
            return f"{base}-{(11 - rest) % 11}"
    raise ValueError(serial)


def misspelt(maker: Maker, text: str, *, of: Callable[[str], bool]) -> str:
    """One letter wrong, missing, doubled, or changed with its neighbour."""
    at = maker.random.choice([place for place, letter in enumerate(text[:-1]) if of(letter)])
    letter, after = text[at], text[at + 1]
    ways = (letter.translate(TWIST), "", letter * 2, None)
    way = maker.random.choice(ways)
    return text[:at] + (after + letter + text[at + 2 :] if way is None else way + text[at + 1 :])


# The same one, told differently ---------------------------------------------------------------------------


def typing_error_in_name(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    wrong = misspelt(maker, one.name, of=str.islower)
    yield from (one, replace(one, name=wrong, organisation_number=maker.random.choice(("", one.organisation_number))))


def typing_error_in_number(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    digits = one.organisation_number
    at = maker.random.choice((3, 4, 5, 7, 8, 9))
    wrong = digits[:at] + str((int(digits[at]) + maker.random.randint(1, 9)) % 10) + digits[at + 1 :]
    yield from (one, replace(one, organisation_number=wrong))


def other_legal_form(maker: Maker) -> Iterator[ContactDetails]:
    bare = maker.trade()
    one = maker.record(f"{bare} AB", company_number(maker.next()))
    ways = (f"AB {bare}", f"{bare} Aktiebolag", f"{bare} AB (publ)", bare, f"{bare.upper()} AB", f"{bare}, AB")
    yield from (one, replace(one, name=maker.random.choice(ways), organisation_number=""))


def swapped_name(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.person()
    first, last = one.name.split()
    turned = maker.random.choice((f"{last} {first}", f"{last}, {first}"))
    yield from (one, replace(one, name=turned, organisation_number=""))


def other_letters(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    ways = (plain(one.name), unicodedata.normalize("NFD", one.name), one.name.upper())
    yield from (one, replace(one, name=maker.random.choice(ways), organisation_number=""))


def ampersand(maker: Maker) -> Iterator[ContactDetails]:
    parts = (maker.random.choice(FAMILY), f"{maker.random.choice(GIVEN)} {maker.random.choice(TRADE)}")
    one = maker.record(f"{parts[0]} & {parts[1]} AB", company_number(maker.next()))
    other = maker.random.choice((" och ", " and ", " ja ", "&"))
    yield from (one, replace(one, name=f"{other.join(parts)} AB", organisation_number=""))


def accountants_email(maker: Maker) -> Iterator[ContactDetails]:
    one = replace(maker.company(), email=f"bokslut@byra{maker.random.randint(1, 9)}.example")
    yield from (one, replace(one, phone=""))


def sole_trader(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.person()
    number = maker.random.choice((f"19{one.organisation_number}", one.organisation_number.replace("-", "+")))
    trade = f"{one.name} {maker.random.choice(TRADE)}"
    yield from (one, replace(one, name=trade, organisation_number=number, email=""))


def finnish(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.finn()
    vat = "FI" + one.organisation_number.replace("-", "")
    same = replace(one, organisation_number="", vat_number=vat, phone=f"+358 {one.phone[1:]}")
    yield from (one, maker.random.choice((same, replace(same, vat_number="", name=one.name[:-3] + " Oyj"))))


def no_number(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    ways = (
        replace(one, organisation_number=""),
        replace(one, organisation_number="", email=""),
        replace(one, organisation_number="", email="", phone=""),
    )
    yield from (one, maker.random.choice(ways))


def only_vat_number(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    vat = f"SE{one.organisation_number.replace('-', '')}01"
    yield from (one, ContactDetails("", one.name, vat_number=vat))


def moved(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    yield from (one, replace(one, organisation_number="", postcode=maker.postcode()))


def several_emails(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    other = f"faktura@post{maker.next()}.example"
    ways = (f"{other}; MAILTO:{one.email}", f"{one.email.upper()},{other}", f"Ekonomi <{one.email}>")
    yield from (one, replace(one, organisation_number="", email=maker.random.choice(ways)))


def other_way_to_write_phone(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    digits = one.phone.replace("-", "")[1:]
    phone = maker.random.choice((f"+46 (0){digits}", f"0046{digits}", f"0{digits[:2]} {digits[2:]}"))
    yield from (one, replace(one, organisation_number="", email="", postcode="", phone=phone))


def renamed(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.company()
    yield from (one, replace(one, name=f"{maker.trade()} AB", email=""))


# Two that only look alike ---------------------------------------------------------------------------------


def sister_companies(maker: Maker) -> Iterator[ContactDetails]:
    one = replace(maker.company(), name=f"{maker.trade()} AB")
    bare = one.name.removesuffix(" AB")
    name = maker.random.choice((f"{bare} Holding AB", f"{bare} AB", f"{bare} Fastigheter AB", f"{bare}s AB"))
    yield from (one, replace(one, name=name, organisation_number=company_number(maker.next())))


def other_form_no_number(maker: Maker) -> Iterator[ContactDetails]:
    bare = maker.trade()
    one = maker.record(f"{bare} AB", company_number(maker.next()))
    yield from (one, replace(one, name=f"{bare} {maker.random.choice(('HB', 'KB'))}", organisation_number=""))


def numbered_sisters(maker: Maker) -> Iterator[ContactDetails]:
    bare = maker.trade()
    one = maker.record(f"{bare} 1 AB", company_number(maker.next()))
    yield from (one, replace(one, name=f"{bare} 2 AB", organisation_number=""))


def franchise(maker: Maker) -> Iterator[ContactDetails]:
    here, there = maker.random.sample(list(PLACE), 2)
    chain = f"{maker.random.choice(TRADE)}kedjan {maker.random.choice(TRADE)} AB"
    one = maker.record(chain, company_number(maker.next()), here)
    other = maker.record(chain, maker.random.choice(("", company_number(maker.next()))), there)
    yield from (replace(one, email="kund@kedjan.example"), replace(other, email="kund@kedjan.example"))


def father_and_son(maker: Maker) -> Iterator[ContactDetails]:
    father = maker.person()
    given, family = father.name.split()
    namesake = replace(father, organisation_number=personal_number(maker.next()))
    own = f"{given.lower()}@post{maker.next()}.example"
    son = replace(father, name=f"{maker.random.choice([n for n in GIVEN if n != given])} {family}")
    ways = (namesake, replace(father, organisation_number="", email=own), replace(son, organisation_number=""))
    yield from (father, maker.random.choice(ways))


def namesakes(maker: Maker) -> Iterator[ContactDetails]:
    one = maker.person()
    yield from (one, maker.record(one.name, ""))


def one_accountant(maker: Maker) -> Iterator[ContactDetails]:
    email = f"bokslut@byra{maker.random.randint(1, 9)}.example"
    one, other = maker.company(), maker.company()
    other = replace(other, name=f"{maker.next()} {other.name}", organisation_number="")
    yield from (replace(one, email=email), replace(other, email=email))


def strangers(maker: Maker) -> Iterator[ContactDetails]:
    yield from (maker.company(), maker.record(f"{maker.trade()} {maker.next()}", company_number(maker.next())))


SAME = (
    typing_error_in_name,
    typing_error_in_number,
    other_legal_form,
    swapped_name,
    other_letters,
    ampersand,
    accountants_email,
    sole_trader,
    finnish,
    no_number,
    only_vat_number,
    moved,
    several_emails,
    other_way_to_write_phone,
    renamed,
)
DIFFERENT = (
    sister_companies,
    other_form_no_number,
    numbered_sisters,
    franchise,
    father_and_son,
    namesakes,
    one_accountant,
    strangers,
)


def make_town(seed: int, pairs: int) -> Town:
    """Make so many pairs, every kind as often as the others; one in twenty has its number on two clients."""
    maker, town = Maker(seed), Town()
    kinds = (*((kind, True) for kind in SAME), *((kind, False) for kind in DIFFERENT))
    for serial in range(pairs):
        kind, same = kinds[serial % len(kinds)]
        client, customer = kind(maker)
        mine, theirs = f"c{serial}", f"f{serial}"
        town.clients.append(replace(client, key=mine))
        town.customers.append(replace(customer, key=theirs))
        town.truth[theirs] = frozenset({mine} if same else ())
        town.kinds[theirs] = kind.__name__
        if serial % 20 == 0:
            _number_twice(maker, town, serial)
    maker.random.shuffle(town.clients)
    maker.random.shuffle(town.customers)
    return town


def _number_twice(maker: Maker, town: Town, serial: int) -> None:
    """A company that is two clients here, two branches with one number: which one is meant only a person knows."""
    one = maker.company()
    branches = [replace(one, key=f"c{serial}{end}", name=f"{one.name} {end}") for end in ("norr", "syd")]
    town.clients.extend(branches)
    town.customers.append(replace(one, key=f"f{serial}twice"))
    town.truth[f"f{serial}twice"] = frozenset(branch.key for branch in branches)
    town.kinds[f"f{serial}twice"] = "number_twice"
