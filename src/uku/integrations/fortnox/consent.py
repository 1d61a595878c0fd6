"""What can go wrong on the consent page, in our words with the way out. Fortnox's own text is never shown raw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_CODE = 4_000


@dataclass(frozen=True, slots=True)
class Refusal:
    happened: str
    means: str
    remedy: str


NOTHING_STORED = "Nothing was stored, and nothing was changed in Fortnox."
STATE = Refusal(
    "This way back from Fortnox is not valid.",
    "It was used before, is older than ten minutes, or was begun by someone else or in another browser."
    f" {NOTHING_STORED}",
    "Open Settings & Apps → Fortnox → Connect to Fortnox and click Authorize.",
)
SIGNED_OUT = Refusal(
    "You are not signed in to Uku any more.",
    f"Uku cannot tell whose permission this is. {NOTHING_STORED}",
    "Sign in, open Settings & Apps → Fortnox → Connect to Fortnox, and click Authorize again.",
)
CANCELLED = Refusal(
    "The permission was not given in Fortnox.",
    f"Someone chose to cancel. {NOTHING_STORED}",
    "Click Authorize again and choose Godkänn & aktivera.",
)
NOT_ADMINISTRATOR = Refusal(
    "You do not have permission to grant access in Fortnox.",
    f"Fortnox only lets system administrators authorize apps. {NOTHING_STORED}",
    "Sign in to Fortnox with an administrator of the company, then click Authorize again.",
)
LICENCE = Refusal(
    "A licence is missing in Fortnox.",
    f"The company has no active licence for something Uku asks for. {NOTHING_STORED}",
    "Add the licence (Kundfaktura, and the integration licence) in Fortnox, then click Authorize again.",
)
SCOPE = Refusal(
    "Fortnox does not know one of the permissions Uku asked for.",
    f"The app in Fortnox's developer portal lacks it. {NOTHING_STORED}",
    "Ask the person who runs this installation to switch it on in the developer portal.",
)
SILENT = Refusal(
    "Fortnox sent you back without an answer.",
    f"This happens when the company's Fortnox account is locked or Fortnox has trouble. {NOTHING_STORED}",
    "Sign in to Fortnox and see whether the account is open, then click Authorize again.",
)
OTHER = Refusal(
    "Fortnox did not give the permission.",
    f"It gave a reason that Uku does not know. {NOTHING_STORED}",
    "Click Authorize again. If it happens twice, ask the person who runs this installation to look in the log.",
)
CODE = Refusal(
    "Fortnox did not accept the code it gave.",
    f"Codes work once and for ten minutes. {NOTHING_STORED}",
    "Click Authorize again.",
)
OPERATOR = Refusal(
    "Fortnox does not accept this installation's app.",
    f"The client id or secret is wrong; that is not your doing. {NOTHING_STORED}",
    "Ask the person who runs this installation to check UKU_FORTNOX_CLIENT_ID and UKU_FORTNOX_CLIENT_SECRET.",
)
FORTNOX_DOWN = Refusal(
    "Fortnox could not be reached.",
    f"The permission was given, but the connection could not be finished. {NOTHING_STORED}",
    "Wait a few minutes, then click Authorize again.",
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


def other_company(sentence: str) -> Refusal:
    return Refusal("This is not the company this workspace can connect.", NOTHING_STORED, sentence)
