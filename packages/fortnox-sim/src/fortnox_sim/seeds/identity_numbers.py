"""Numbers that pass their check digits and belong to nobody."""

import random

from fortnox_sim.api.invoice_totals import compute_luhn_digit

IMPOSSIBLE_DAYS = ("0230", "0231", "0431", "0631", "0931", "1131")
FINNISH_WEIGHTS = (7, 9, 10, 5, 8, 4, 2)
ELEVEN = 11


def make_organisation_number(rng: random.Random, lead: str = "4") -> str:
    """Make a Swedish company number in a group that is not issued."""
    body = f"{lead}{rng.randrange(10)}{rng.randrange(2, 10)}{rng.randrange(1_000_000):06d}"
    return f"{body[:6]}-{body[6:]}{compute_luhn_digit(body)}"


def make_personal_number(rng: random.Random) -> str:
    """Make a Swedish personal number with a date that does not exist."""
    body = f"{rng.randrange(50, 99)}{rng.choice(IMPOSSIBLE_DAYS)}{rng.randrange(1000):03d}"
    return f"{body[:6]}-{body[6:]}{compute_luhn_digit(body)}"


def make_finnish_number(rng: random.Random) -> str:
    """Make a Finnish business identity code from a range far above the issued ones."""
    while True:
        base = f"9{rng.randrange(1_000_000):06d}"
        rest = sum(int(c) * w for c, w in zip(base, FINNISH_WEIGHTS, strict=True)) % ELEVEN
        if rest != 1:
            return f"{base}-{0 if rest == 0 else ELEVEN - rest}"


def build_vat_number(organisation: str) -> str:
    """Derive the Swedish VAT number."""
    return f"SE{organisation.replace('-', '')}01"
