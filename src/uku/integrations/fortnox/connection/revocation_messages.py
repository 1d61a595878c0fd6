"""What a person reads about a grant that was given back: how it ended at Fortnox, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uku.integrations.fortnox.models import RevocationOutcome

_TITLES: Final[Mapping[str, str | Promise]] = {
    RevocationOutcome.CONFIRMED: _("Fortnox no longer gives Uku access to %(name)s"),
    RevocationOutcome.STILL_ALIVE: _("Fortnox still gives Uku access to %(name)s"),
    RevocationOutcome.NOT_KNOWN: _("Fortnox may still give Uku access to %(name)s"),
}
_MEANS: Final[Mapping[str, str | Promise]] = {
    RevocationOutcome.CONFIRMED: _(
        "Uku holds no token for this permission. Fortnox confirmed that the permission has ended."
    ),
    RevocationOutcome.STILL_ALIVE: _(
        "Uku holds no token for this permission, but Fortnox still gives Uku access to the company."
    ),
    RevocationOutcome.NOT_KNOWN: _(
        "Uku holds no token for this permission. It is not known whether Fortnox still gives Uku access to the company."
    ),
}
_REMEDY: Final = _(
    "To end the access, remove the integration in Fortnox: Administrera användare → Hantera integrationer. That also"
    " ends any other connection between Uku and that company."
)


def title_of(outcome: str, name: str) -> str:
    """Say in one line how it ended for a company."""
    return str(_TITLES[outcome]) % {"name": name or "–"}


def means_of(outcome: str) -> str:
    """Say what Fortnox confirmed, or did not."""
    return str(_MEANS[outcome])


def remedy_of(outcome: str) -> str:
    """Say how to end what may be alive; "" when Fortnox confirmed the end."""
    return "" if outcome == RevocationOutcome.CONFIRMED else str(_REMEDY)
