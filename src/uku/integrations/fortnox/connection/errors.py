"""What can go wrong on the way to a connection, in our words with the way out; Fortnox's own are never shown raw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from fortnox_api import AppCredentialsWrong, Forbidden, FortnoxError, GrantRevoked, Rejected, Unreadable
from uku.integrations.fortnox.connection.revocation_messages import means_of, remedy_of
from uku.integrations.fortnox.connection.scopes import titles_of

LONGEST_CODE = 4_000
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Refusal:
    """What happened, what it means, what to do. `names_licence` says that leaving scopes out may help."""

    happened: Words
    means: Words
    remedy: Words
    names_licence: bool = False


NOTHING_STORED = _("Nothing was stored, and nothing was changed in Fortnox.")
NOTHING_HERE = _("Nothing was stored.")


def _nothing(means: Words) -> Words:
    """For what ended before anybody approved in Fortnox."""
    return format_lazy("{means} {nothing}", means=means, nothing=NOTHING_STORED)


def _nothing_here(means: Words) -> Words:
    """For what may have ended after somebody approved in Fortnox, which is then as it was left there."""
    return format_lazy("{means} {nothing}", means=means, nothing=NOTHING_HERE)


STATE = Refusal(
    _("This way back from Fortnox is not valid."),
    _nothing_here(
        _("It was used before, is older than ten minutes, or was begun by someone else or in another browser."),
    ),
    _("Open Settings & Apps → Fortnox → Connect to Fortnox and click Authorize."),
)
SIGNED_OUT = Refusal(
    _("You are not signed in to Uku any more."),
    _nothing_here(_("Uku cannot tell whose permission this is.")),
    _("Sign in, open Settings & Apps → Fortnox → Connect to Fortnox, and click Authorize again."),
)
CANCELLED = Refusal(
    _("The permission was not given in Fortnox."),
    _nothing(_("Someone chose to cancel.")),
    _("Click Authorize again and choose Godkänn & aktivera."),
)
NOT_ADMINISTRATOR = Refusal(
    _("You do not have permission to grant access in Fortnox."),
    _nothing(_("Fortnox only allows administrators to authorize third-party apps.")),
    _(
        "Sign in with an administrator account on the Fortnox company you want to connect, then click Authorize"
        " again. If the administrator has no account in Uku, create a link for them on the Connect to Fortnox tab."
    ),
)
LICENCE = Refusal(
    _("A licence is missing in Fortnox."),
    _nothing(_("The company has no active licence for something Uku asks for.")),
    _("Add the licence (Kundfaktura, and the integration licence) in Fortnox, then click Authorize again."),
    names_licence=True,
)
SCOPE = Refusal(
    _("Fortnox does not know one of the permissions Uku asked for."),
    _nothing(_("The app in Fortnox's developer portal lacks it.")),
    _("Ask the person who runs this installation to switch it on in the developer portal."),
    names_licence=True,
)
SILENT = Refusal(
    _("Fortnox sent you back without an answer."),
    _nothing_here(_("This happens when the company's Fortnox account is locked or Fortnox has trouble.")),
    _("Sign in to Fortnox and see whether the account is open, then click Authorize again."),
)
OTHER = Refusal(
    _("Fortnox did not give the permission."),
    _nothing_here(_("It gave a reason that Uku does not know.")),
    _("Click Authorize again. If it happens twice, ask the person who runs this installation to look in the log."),
)
CODE = Refusal(
    _("Fortnox did not accept the code it gave."),
    _("Codes work once and for ten minutes."),
    _("Click Authorize again."),
)
OPERATOR = Refusal(
    _("Fortnox does not accept this installation's app."),
    _("The client id or secret is wrong; that is not your doing, and the person who runs it has been told."),
    _("Ask the person who runs this installation to check UKU_FORTNOX_CLIENT_ID and UKU_FORTNOX_CLIENT_SECRET."),
)
FORTNOX_DOWN = Refusal(
    _("Fortnox could not be reached."),
    _("The permission was given, but the connection could not be finished."),
    _("Wait a few minutes, then click Authorize again."),
)
INCOMPLETE = Refusal(
    _("Fortnox's answer was incomplete."),
    _("It held no keys that Uku could keep the connection alive with."),
    _("Click Authorize again. If it happens twice, ask the person who runs this installation to look in the log."),
)
OVERTAKEN = Refusal(
    _("A later authorization took the place of this one."),
    _("Someone in your workspace authorized again at the same time, or the link was used already."),
    _("Open Settings & Apps → Fortnox → Overview to see what is connected."),
)
LINK = Refusal(
    _("This link does not lead anywhere any more."),
    _("It works once and for seven days, and can be withdrawn."),
    _("Ask the person who sent it to you for a new one."),
)
BY_ERROR = {
    "access_denied": CANCELLED,
    "error_missing_system_admin_right": NOT_ADMINISTRATOR,
    "error_missing_license": LICENCE,
    "error_missing_app_license": LICENCE,
    "invalid_scope": SCOPE,
}


def refusal_in(query: Mapping[str, str]) -> Refusal | None:
    """Return why there is no code to exchange; None when there is one. An error wins over a code."""
    if error := query.get("error"):
        return BY_ERROR.get(error, OTHER)
    code = query.get("code", "")
    return None if 0 < len(code) <= LONGEST_CODE else SILENT


def refusal_of(error: FortnoxError) -> Refusal:
    """Return why the exchange of the code, or the first look at the company, failed."""
    if isinstance(error, AppCredentialsWrong):
        return OPERATOR
    if isinstance(error, Forbidden):
        return BY_ERROR.get(str(error.code), LICENCE)
    if isinstance(error, Unreadable):
        return INCOMPLETE
    return CODE if isinstance(error, Rejected | GrantRevoked) else FORTNOX_DOWN


def other_company(sentence: str) -> Refusal:
    return Refusal(_("This is not the company this workspace can connect."), "", sentence)


def with_revocation(refusal: Refusal, outcome: str) -> Refusal:
    """Add how the grant that was given back ended at Fortnox, and what to do; without an outcome none was given."""
    if not outcome:
        return refusal
    means = f"{refusal.means} {means_of(outcome)}".strip()
    return replace(refusal, means=means, remedy=f"{refusal.remedy} {remedy_of(outcome)}".strip())


def incomplete(lacking: Iterable[str]) -> Refusal:
    """Name the permissions that Fortnox left out; without any, the answer lacked something else."""
    names = ", ".join(titles_of(lacking))
    if not names:
        return INCOMPLETE
    return Refusal(
        format_lazy(_("Fortnox left out permissions that Uku cannot do without: {names}."), names=names),
        "",
        _("Click Authorize again, with an administrator account, and accept every permission."),
    )
