"""What can go wrong, as one tree. Nothing else leaves the client, save ValueError for arguments that make no sense.

FortnoxError
├── ConnectionFailed        no response: name, TLS, timeout, reset
├── Unauthorized            the access token was refused, also after one refresh
│   └── GrantRevoked        the refresh token or code was refused: the company must authorize again
├── AppCredentialsWrong     client id or secret is wrong: for the operator to correct, no company
├── Forbidden               a scope, licence or right is missing
├── Rejected                Fortnox said no, with its code and words; repeating does not help
│   ├── NotFound
│   └── Invalid
├── RateLimited             too many requests; carries retry_after in seconds
├── Unavailable             an error at Fortnox's end
└── Unreadable              the response is not what the document promises

Below the tree: what Fortnox's error codes mean, in our words, and which of them are no plain refusal.
Source: fortnox.se/developer/guides-and-good-to-know/errors and recorded responses; the meaning of codes that Fortnox
does not explain comes from public integrations.
"""

from enum import Enum
from typing import Final


class Outcome(Enum):
    """What is known about a request that failed. It decides what the caller may do next."""

    NOT_APPLIED = "not_applied"
    """Nothing happened at Fortnox. Repeating is safe."""

    REFUSED = "refused"
    """Fortnox refused. Repeating the same gives the same; a person has to change something."""

    UNKNOWN = "unknown"
    """It may have happened. Look it up before anything else."""


class FortnoxError(Exception):
    """Anything that kept a request from its response.

    `status` is the HTTP status, None without a response. `code` is Fortnox's number, or the word of an OAuth error.
    `message` is Fortnox's own text, cut and without secrets; it may quote a record, so `str()` leaves it out. `reason`
    is ours and safe to log. `request_id` is X-Uid, which Fortnox's support asks for. `outcome` tells what is known
    about the effect, `transient` whether time may heal it.
    """

    transient: bool = False

    def __init__(
        self,
        reason: str = "",
        *,
        status: int | None = None,
        code: int | str | None = None,
        message: str = "",
        request_id: str | None = None,
        outcome: Outcome = Outcome.NOT_APPLIED,
    ) -> None:
        super().__init__()
        self.reason = reason
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.outcome = outcome

    def __str__(self) -> str:
        """Our words and the ids, never Fortnox's text: that may hold a name or a number of a person."""
        facts = {"status": self.status, "code": self.code, "X-Uid": self.request_id}
        known = [f"{name} {value}" for name, value in facts.items() if value is not None]
        return f"{self.reason or type(self).__name__} ({', '.join([*known, self.outcome.value])})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"


class ConnectionFailed(FortnoxError):
    """No complete response came: no connection, a timeout, or a connection that broke."""

    transient = True


class Unauthorized(FortnoxError):
    """The access token was refused."""


class GrantRevoked(Unauthorized):
    """The refresh token or the authorization code is used, expired or unknown: only a person can connect again."""


class AppCredentialsWrong(FortnoxError):
    """Client id or secret is wrong. It concerns the whole installation, no single company."""


class Forbidden(FortnoxError):
    """A scope, a licence or a right is missing."""


class Rejected(FortnoxError):
    """Fortnox understood and said no."""


class NotFound(Rejected):
    """The record in the address does not exist."""


class Invalid(Rejected):
    """The request breaks a rule of Fortnox or of the company's bookkeeping."""


class RateLimited(FortnoxError):
    """More than 25 requests in five seconds for one client id and company."""

    transient = True

    def __init__(self, reason: str = "", *, retry_after: float | None = None, **facts: object) -> None:
        super().__init__(reason, **facts)  # type: ignore[arg-type]
        self.retry_after = retry_after


class Unavailable(FortnoxError):
    """Fortnox, or something before it, has an error or is being maintained."""

    transient = True


class Unreadable(FortnoxError):
    """A response came, but it is not what Fortnox's document promises."""

    def __init__(self, reason: str = "", *, transient: bool = False, **facts: object) -> None:
        super().__init__(reason, **facts)  # type: ignore[arg-type]
        self.transient = transient


FORTNOX_FAILURES: Final = frozenset({1000003, 1000029})
"""Failures inside Fortnox, seen with status 400 as well as 500."""

SIGNED_OUT: Final = frozenset({2000310, 2000311, 2003275})

FORBIDDEN: Final = frozenset({2000663, 2000664, 2001101, 2001103, 2001339, 2001393, 2001427, 2002455, 2003330})

MEANINGS: Final[dict[int | str | None, str]] = {
    1000003: "a fault inside Fortnox",
    1000029: "a fault inside Fortnox",
    1000030: "the Accept header is not understood",
    1000031: "the Content-Type header is not understood",
    2000013: "the article number is taken",
    2000106: "a value is not alphanumeric",
    2000107: "a value is too long",
    2000108: "a value is not numeric",
    2000134: "a value is not true or false",
    2000204: "the customer does not exist",
    2000310: "the sign-in is not valid: token, licence or user is gone",
    2000311: "the sign-in headers are missing",
    2000359: "a text holds characters that Fortnox does not take",
    2000401: "the period is locked",
    2000423: "the account does not exist",
    2000427: "the currency does not exist",
    2000428: "the article does not exist",
    2000429: "the terms of payment do not exist",
    2000430: "the price does not exist",
    2000431: "the price list does not exist",
    2000432: "the unit does not exist",
    2000433: "the customer does not exist",
    2000434: "the invoice does not exist",
    2000435: "the terms of delivery do not exist",
    2000439: "the order does not exist",
    2000550: "the account is not active",
    2000587: "the filter does not exist",
    2000588: "a query parameter is not valid",
    2000637: "the customer number is or was in use, or the name is missing",
    2000663: "the connection lacks the scope",
    2000664: "the connection lacks the right",
    2000729: "the address names no record",
    2000764: "the address does not exist",
    2000919: "the country is unknown",
    2001101: "the company has no licence for this",
    2001103: "the company has no licence for integrations",
    2001161: "the project does not exist",
    2001200: "the customer's type is not valid",
    2001302: "an article on a row does not exist",
    2001304: "an account on a row, or a predefined account, does not exist",
    2001339: "the connection may not list invoices",
    2001392: "the body is empty or has the wrong shape",
    2001393: "the connection lacks the scope for invoices",
    2001399: "a field name is wrong",
    2001403: "the predefined account does not exist",
    2001427: "the connection may not use accruals",
    2002115: "the body is not JSON",
    2002141: "the period is locked",
    2002455: "the connection may not use vouchers",
    2002649: "the body has the wrong structure",
    2002980: "a row marked as house work is of the type other cost",
    2003055: "the invoice is already paid",
    2003151: "the tax reduction for a type of house work has ended",
    2003157: "the tax reduction for a type of house work has ended",
    2003275: "not signed in",
    2003330: "the connection may not list payments",
    2003498: "the invoice is not finalized",
    2003977: "a row has a quantity but neither article nor description",
    2004019: "a row has a type of house work, the document no tax reduction",
    2004021: "a row's type of house work does not fit the document's tax reduction",
    2004052: "the account's VAT code does not fit",
    2004167: "a VAT rate of the company's own needs an account on the row",
}
