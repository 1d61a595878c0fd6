"""Every failure in our words: what happened, what it means, what to do. One table, keyed by Fortnox's code."""

from __future__ import annotations

from dataclasses import dataclass

from fortnox_api import FortnoxError


@dataclass(frozen=True, slots=True)
class Explanation:
    happened: str
    means: str
    remedy: str


_PERIOD = Explanation(
    "Fortnox has locked the period of this date.",
    "Nothing was created; the invoice waits here.",
    "Unlock the period in Fortnox (Inställningar → Bokföring → Låst period), or make a new invoice with a later date.",
)
_SCOPE = Explanation(
    "Fortnox says the connection lacks a permission.",
    "This kind of data stops; everything else goes on.",
    "Open Connect to Fortnox and click Authorize, and accept every permission.",
)
_LICENCE = Explanation(
    "Fortnox says the company has no active licence for this.",
    "This kind of data stops; everything else goes on.",
    "Add the licence in Fortnox, then click Authorize again.",
)
_LOGIN = Explanation(
    "Fortnox no longer accepts the sign-in of this connection.",
    "Nothing syncs until someone authorizes again; what is queued stays queued.",
    "Open Connect to Fortnox and click Authorize.",
)
_ACCOUNT = Explanation(
    "An account this invoice needs is missing or inactive in Fortnox.",
    "Nothing was created; the invoice waits here.",
    "Add or activate the account in Fortnox (Register → Kontoplan), then press Send to Fortnox.",
)

TABLE: dict[str, Explanation] = {
    "2000310": _LOGIN,
    "2000401": _PERIOD,
    "2002141": _PERIOD,
    "2000663": _SCOPE,
    "2001393": _SCOPE,
    "2001339": _SCOPE,
    "2002455": _SCOPE,
    "2003330": _SCOPE,
    "2001101": _LICENCE,
    "2001103": _LICENCE,
    "2000423": _ACCOUNT,
    "2000550": _ACCOUNT,
    "2001304": _ACCOUNT,
    "2000433": Explanation(
        "Fortnox cannot find the customer.",
        "Nothing was created; the invoice waits here.",
        "Check that the customer still exists in Fortnox, then reload data and press Send to Fortnox.",
    ),
    "2000428": Explanation(
        "Fortnox cannot find an article on this invoice.",
        "Nothing was created; the invoice waits here.",
        "Check the product's article number, then press Send to Fortnox.",
    ),
    "2001302": Explanation(
        "Fortnox cannot find an article on this invoice.",
        "Nothing was created; the invoice waits here.",
        "Check the product's article number, then press Send to Fortnox.",
    ),
    "2000429": Explanation(
        "Fortnox cannot find the terms of payment.",
        "Nothing was created; the invoice waits here.",
        "Choose terms of payment for the customer in Fortnox, then press Send to Fortnox.",
    ),
    "2000359": Explanation(
        "Fortnox does not accept a sign in a text of this invoice.",
        "Nothing was created; the invoice waits here.",
        'Take away signs such as < > " | from the texts in a new invoice.',
    ),
    "2003498": Explanation(
        "Fortnox wants the invoice to be marked as ready before it is booked.",
        "The invoice is in Fortnox, not booked.",
        "Mark it as ready (klarmarkera) in Fortnox, then press Book in Fortnox.",
    ),
}
UNKNOWN = Explanation(
    "Fortnox did not accept this.",
    "Nothing was created; the invoice waits here.",
    "Read Fortnox's own words below, correct it there, then press Send to Fortnox.",
)


def explain(code: str) -> Explanation:
    """Return our words for a Fortnox code; a fallback that points to Fortnox's own words for others."""
    return TABLE.get(code, UNKNOWN)


def in_words(error: FortnoxError) -> str:
    """Return Fortnox's own sentence, or what the error is, for a log line or a field. Never a token."""
    return (error.message or type(error).__name__)[:500]
