"""Every failure in our words: what happened, what it means, what to do, and who can do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fortnox_api import ConnectionFailed, FortnoxError, RateLimited, Unreadable
from uku.integrations.fortnox.health.error_codes import BY_CODE, BY_SENTENCE, UNKNOWN, WAIT, Entry, Group, Who, Words
from uku.integrations.fortnox.models import BlockReason

BLOCKED: Final = frozenset({Group.PERMISSION, Group.LICENCE})


class Context(TextChoices):
    """What was under way when Fortnox said no; its label says what."""

    INVOICE = "invoice", _("sending an invoice")
    BOOKING = "booking", _("booking an invoice")
    IMPORT = "import", _("reading customers or articles")
    PAYMENTS = "payments", _("reading the paid status")
    STATISTICS = "statistics", _("counting work statistics")
    CONNECTION = "connection", _("keeping the connection alive")


@dataclass(frozen=True, slots=True)
class Explanation:
    happened: str
    means: str
    remedy: str
    who: Who = Who.FORTNOX_ADMIN
    group: Group = Group.FORTNOX


_STAYS: Final[dict[Context, Words]] = {
    Context.INVOICE: _("Nothing was created in Fortnox; the invoice waits here."),
    Context.BOOKING: _("The invoice is in Fortnox, not booked."),
    Context.IMPORT: _("This record was passed over; everything else was read."),
    Context.PAYMENTS: _("The paid status stays as it was last read."),
    Context.STATISTICS: _("The figures of the month stay as they were last counted."),
    Context.CONNECTION: _("Nothing syncs; what is queued stays queued and nothing is lost."),
}
_STOPPED: Final[dict[Context, Words]] = {
    Context.INVOICE: _("Invoices wait here and are sent by themselves afterwards. Everything else goes on."),
    Context.BOOKING: _("The invoice is in Fortnox, not booked. Everything else goes on."),
    Context.IMPORT: _("This kind of data stops; everything else goes on."),
    Context.PAYMENTS: _("The paid status stands still; everything else goes on."),
    Context.STATISTICS: _("The statistics stand still; everything else goes on."),
    Context.CONNECTION: _("Nothing syncs; what is queued stays queued and nothing is lost."),
}
_PASSES: Final[dict[Context, Words]] = {
    **dict.fromkeys(Context, _("It is not lost: Uku tries again by itself.")),
    Context.INVOICE: _("Nothing was created in Fortnox; the invoice is sent again by itself."),
}
_BUTTONS: Final[dict[Context, Words]] = {
    Context.INVOICE: _("Send to Fortnox"),
    Context.BOOKING: _("Book in Fortnox"),
    Context.IMPORT: _("Retry"),
    Context.PAYMENTS: _("Retry"),
    Context.STATISTICS: _("Retry"),
}
_SIGN_IN_DEAD: Final = _("Nothing syncs until someone authorizes again. What is queued stays queued.")
_TROUBLES: Final[dict[str, tuple[Words, Words, Words, Who, Group]]] = {
    BlockReason.NEEDS_AUTHORIZATION: (
        _("The connection to Fortnox stopped working."),
        _("Fortnox no longer accepts our sign-in: nothing syncs until someone authorizes again."),
        _(
            "Click Authorize on the Connect to Fortnox tab. Everything that is queued then goes on by itself. If it"
            " stops again, see in Fortnox that the subscription is active and includes the integration."
        ),
        Who.YOU,
        Group.AUTHORIZE,
    ),
    BlockReason.NO_LICENCE: (
        _("The company's integration licence in Fortnox is missing."),
        _("Nothing syncs until it is there. What is queued stays queued."),
        BY_CODE["2001103"].remedy,
        Who.FORTNOX_ADMIN,
        Group.LICENCE,
    ),
    BlockReason.COMPANY_CHANGED: (
        _("The connected company in Fortnox is not the one that was connected: its owner or number changed."),
        _("Nothing is sent or read, so that nothing lands in the wrong books. What is queued stays queued."),
        _("Click Authorize on the Connect to Fortnox tab and look at the company's name and numbers before you go on."),
        Who.YOU,
        Group.AUTHORIZE,
    ),
    BlockReason.UNREADABLE: (
        _("Uku can no longer read its own sign-in to Fortnox: the key of the stored tokens is missing."),
        _("Nothing syncs. What is queued stays queued, and nothing was deleted."),
        _(
            "Ask the person who runs this installation to put the old key back into UKU_TOKEN_KEYS. If it is lost,"
            " click Authorize on the Connect to Fortnox tab."
        ),
        Who.OPERATOR,
        Group.OURS,
    ),
}


def explain(code: str, message: str = "", context: Context = Context.INVOICE, button: str = "") -> Explanation:
    """Return our words for what Fortnox said: by its code, else by its sentence, else a general one.

    The remedy ends with the button to press, where one is: that of the context, unless another stands there.
    """
    entry = find(code, message)
    pressed = button or _BUTTONS.get(context, "")
    remedy = str(entry.remedy)
    if pressed and entry.group in {Group.FORTNOX, Group.HERE}:
        remedy = f"{remedy} {gettext('Then press %(button)s.') % {'button': pressed}}"
    return Explanation(str(entry.happened), str(_means(entry, context)), remedy, entry.who, entry.group)


def find(code: str, message: str = "") -> Entry:
    """Return the table's entry for a code or a sentence of Fortnox's."""
    if code in BY_CODE:
        return BY_CODE[code]
    return next((entry for pattern, entry in BY_SENTENCE if pattern.search(message)), UNKNOWN)


def _means(entry: Entry, context: Context) -> Words:
    if entry.group == Group.AUTHORIZE:
        return _SIGN_IN_DEAD
    if entry.group in BLOCKED:
        return _STOPPED[context]
    return (_PASSES if entry.group == Group.WAIT else _STAYS)[context]


def explain_block(block_reason: str) -> Explanation:
    """Return our words for what stops the whole connection."""
    happened, means, remedy, who, group = _TROUBLES.get(block_reason, _TROUBLES[BlockReason.NEEDS_AUTHORIZATION])
    return Explanation(str(happened), str(means), str(remedy), who, group)


def explain_error(error: FortnoxError, context: Context) -> Explanation:
    """Return our words for an error, also for one that came without an answer."""
    words = explain(str(error.code or ""), error.message, context)
    if error.code or error.message:
        return words
    happened = {
        ConnectionFailed: _("Fortnox could not be reached."),
        RateLimited: _("Fortnox asked Uku to slow down."),
        Unreadable: _("Fortnox answered with something that Uku could not read."),
    }.get(type(error), WAIT.happened)
    return Explanation(str(happened), str(_PASSES[context]), str(WAIT.remedy), Who.NOBODY, Group.WAIT)


def in_words(error: FortnoxError) -> str:
    """Return Fortnox's own sentence, or ours where it said none, for a field that people read. Never a token."""
    return (error.message or explain_error(error, Context.INVOICE).happened)[:500]


_ABOVE: Final = """# Errors from Fortnox

What Fortnox says, in Uku's words: what happened, what to do, and who can do it. The same texts stand on the
**Activity** tab, on the invoice and in the banner, together with Fortnox's own words. This page is made by
`python -m uku.integrations.fortnox.health.page > docs/fortnox-errors.md`.
"""


def explanations_page() -> str:
    """Return docs/fortnox-errors.md: the whole library, in the order of its groups."""
    return _ABOVE + "".join(f"\n## {group.label}\n{''.join(_lines(group))}" for group in Group)


def _lines(group: Group) -> Iterator[str]:
    """Write each entry of a group once, under all its codes."""
    entries: dict[Entry, list[str]] = {}
    for code, entry in BY_CODE.items():
        entries.setdefault(entry, []).append(f"`{code}`")
    for _pattern, entry in BY_SENTENCE:
        entries.setdefault(entry, [])
    for entry in [*entries, UNKNOWN]:
        if entry.group == group:
            codes = ", ".join(entries.get(entry, [])) or "no code of its own"
            yield f"\n**{entry.happened}** ({codes})\n\n{entry.remedy}\n\nWho: {entry.who.label}.\n"
