"""What can go wrong on the way to a connection, in our words with the way out; Fortnox's own are never shown raw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from fortnox_api import AppCredentialsWrong, Forbidden, GrantRevoked, Rejected, Unreadable
from uku.integrations.fortnox.connection.scopes import titles_of
from uku.integrations.fortnox.models import RevocationOutcome

LONGEST_CODE = 4_000
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, what it means, what to do. `names_licence` says that leaving scopes out may help."""

    happened: Words
    means: Words
    remedy: Words
    names_licence: bool = False


@dataclass(frozen=True, slots=True)
class CompanyNotAllowed(Exception):
    """The grant reaches a company that this workspace may not connect. How it ended is on its attempt."""

    sentence: str


@dataclass(frozen=True, slots=True)
class GrantIncomplete(Exception):
    """Fortnox's answer lacks something the connection cannot do without: `scopes`, or the refresh token.

    What there was is given back; how that ended is on its attempt.
    """

    scopes: Sequence[str] = field(default=())


class GrantNotPending(Exception):
    """The grant waits no longer: confirmed, declined, run out, or replaced by a later one."""


NOTHING_STORED = _("Nothing was stored, and nothing was changed in Fortnox.")
NOTHING_HERE = _("Nothing was stored.")


def _nothing(means: Words) -> Words:
    """For what ended before anybody approved in Fortnox."""
    return format_lazy("{means} {nothing}", means=means, nothing=NOTHING_STORED)


def _nothing_here(means: Words) -> Words:
    """For what may have ended after somebody approved in Fortnox, which is then as it was left there."""
    return format_lazy("{means} {nothing}", means=means, nothing=NOTHING_HERE)


STATE = Explanation(
    _("This authorization is no longer valid."),
    _nothing_here(
        _("It was already used, is older than ten minutes, or was started by another person or in another browser."),
    ),
    _("Open Settings & Apps → Fortnox → Connect to Fortnox and click Authorize."),
)
SIGNED_OUT = Explanation(
    _("You are no longer signed in to Uku."),
    _nothing_here(_("Uku cannot tell whose permission this is.")),
    _("Sign in, open Settings & Apps → Fortnox → Connect to Fortnox, and click Authorize again."),
)
CANCELLED = Explanation(
    _("The permission was not given in Fortnox."),
    _nothing(_("Someone cancelled in Fortnox.")),
    _("Click Authorize again and choose Godkänn & aktivera."),
)
NOT_ADMINISTRATOR = Explanation(
    _("You do not have permission to grant access in Fortnox."),
    _nothing(_("Fortnox only allows administrators to authorize third-party apps.")),
    _(
        "Sign in with an administrator account on the Fortnox company you want to connect, then click Authorize"
        " again. If the administrator has no account in Uku, create a link for them on the Connect to Fortnox tab."
    ),
)
LICENCE = Explanation(
    _("A licence is missing in Fortnox."),
    _nothing(_("The company has no active licence for a permission that Uku asks for.")),
    _("Add the licence (Kundfaktura, and the integration licence) in Fortnox, then click Authorize again."),
    names_licence=True,
)
SCOPE = Explanation(
    _("Fortnox does not know one of the permissions that Uku asked for."),
    _nothing(_("The permission is not switched on for the app in Fortnox's developer portal.")),
    _("Ask the person who runs this installation to switch it on in the developer portal."),
    names_licence=True,
)
SILENT = Explanation(
    _("Fortnox sent you back without an answer."),
    _nothing_here(_("This happens when the company's Fortnox account is locked, or when Fortnox has an error.")),
    _("Sign in to Fortnox and check that the account is open, then click Authorize again."),
)
OTHER = Explanation(
    _("Fortnox did not give the permission."),
    _nothing_here(_("Uku does not know the reason that Fortnox gave.")),
    _("Click Authorize again. If it happens twice, ask the person who runs this installation to check the log."),
)
CODE = Explanation(
    _("Fortnox did not accept the code it gave."),
    _("A code works once, within ten minutes."),
    _("Click Authorize again."),
)
OPERATOR = Explanation(
    _("Fortnox does not accept this installation's app."),
    _(
        "The client id or client secret is wrong. You did nothing wrong. The person who runs"
        " this installation has been notified."
    ),
    _("Ask the person who runs this installation to check UKU_FORTNOX_CLIENT_ID and UKU_FORTNOX_CLIENT_SECRET."),
)
FORTNOX_DOWN = Explanation(
    _("Fortnox could not be reached."),
    _("The permission was given, but the connection could not be finished."),
    _("Wait a few minutes, then click Authorize again."),
)
INCOMPLETE = Explanation(
    _("The answer from Fortnox was incomplete."),
    _("It did not contain the tokens that Uku needs for the connection."),
    _("Click Authorize again. If it happens twice, ask the person who runs this installation to check the log."),
)
OVERTAKEN = Explanation(
    _("A later authorization replaced this one."),
    _("Someone in your workspace authorized again at the same time, or the link was already used."),
    _("Open Settings & Apps → Fortnox → Overview to see what is connected."),
)
LINK = Explanation(
    _("This link no longer works."),
    _("A link works once, within seven days, and can be withdrawn."),
    _("Ask the person who sent it to you for a new one."),
)
BY_ERROR = {
    "access_denied": CANCELLED,
    "error_missing_system_admin_right": NOT_ADMINISTRATOR,
    "error_missing_license": LICENCE,
    "error_missing_app_license": LICENCE,
    "invalid_scope": SCOPE,
}
BY_FAILURE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Explanation], ...] = (
    (AppCredentialsWrong, OPERATOR),
    ((GrantIncomplete, Unreadable), INCOMPLETE),
    ((Rejected, GrantRevoked), CODE),
)


def explain_response(query: Mapping[str, str]) -> Explanation | None:
    """Return why there is no code to exchange; None when there is one. An error wins over a code."""
    if error := query.get("error"):
        return BY_ERROR.get(error, OTHER)
    code = query.get("code", "")
    return None if 0 < len(code) <= LONGEST_CODE else SILENT


def explain_failure(error: Exception) -> Explanation:
    """Say why a permission that was given led to no connection."""
    if isinstance(error, CompanyNotAllowed):
        return Explanation(_("This workspace cannot connect this company."), "", error.sentence)
    if isinstance(error, GrantNotPending):
        return OVERTAKEN
    if isinstance(error, GrantIncomplete) and error.scopes:
        return Explanation(
            format_lazy(
                _("Fortnox did not give permissions that Uku needs: {names}."),
                names=", ".join(titles_of(error.scopes)),
            ),
            "",
            _("Click Authorize again, with an administrator account, and accept every permission."),
        )
    if isinstance(error, Forbidden):
        return BY_ERROR.get(str(error.code), LICENCE)
    return next((found for kinds, found in BY_FAILURE if isinstance(error, kinds)), FORTNOX_DOWN)


def with_revocation(explanation: Explanation, outcome: str) -> Explanation:
    """Add how the grant that was given back ended at Fortnox, and what to do; without an outcome none was given."""
    if not outcome:
        return explanation
    means = f"{explanation.means} {means_of(outcome)}".strip()
    return replace(explanation, means=means, remedy=f"{explanation.remedy} {remedy_of(outcome)}".strip())


_TITLES: Final[Mapping[str, str | Promise]] = {
    RevocationOutcome.CONFIRMED: _("Fortnox no longer gives Uku access to %(name)s"),
    RevocationOutcome.STILL_ALIVE: _("Fortnox still gives Uku access to %(name)s"),
    RevocationOutcome.NOT_KNOWN: _("Fortnox may still give Uku access to %(name)s"),
}
_MEANS: Final[Mapping[str, str | Promise]] = {
    RevocationOutcome.CONFIRMED: _("Uku has deleted its token. Fortnox confirmed that the permission has ended."),
    RevocationOutcome.STILL_ALIVE: _("Uku has deleted its token, but Fortnox still gives Uku access to the company."),
    RevocationOutcome.NOT_KNOWN: _(
        "Uku has deleted its token. Uku does not know whether Fortnox still gives access to the company."
    ),
}
_REMEDY: Final = _(
    "To end the access, remove the integration in Fortnox: Administrera användare → Hantera"
    " integrationer. This also ends every other connection between Uku and that company."
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
