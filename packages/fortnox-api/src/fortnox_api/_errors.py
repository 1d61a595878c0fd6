"""What can go wrong, as one tree. Nothing else leaves the client, save ValueError for arguments that make no sense.

FortnoxError
├── ConnectionFailed        no answer: name, TLS, timeout, reset
├── Unauthorized            the access token was refused, also after one refresh
│   └── GrantRevoked        the refresh token or code was refused: the company must authorize again
├── AppCredentialsWrong     client id or secret is wrong: the operator's fault, no company's
├── Forbidden               a scope, licence or right is missing
├── Rejected                Fortnox said no, with its code and words; repeating does not help
│   ├── NotFound
│   └── Invalid
├── RateLimited             too many requests; carries retry_after in seconds
├── Unavailable             Fortnox has trouble of its own
└── Unreadable              the answer is not what the document promises
"""

from enum import Enum


class Outcome(Enum):
    """What is known about a request that failed. It decides what the caller may do next."""

    NOT_APPLIED = "not_applied"
    """Nothing happened at Fortnox. Repeating is safe."""

    REFUSED = "refused"
    """Fortnox refused. Repeating the same gives the same; a person has to change something."""

    UNKNOWN = "unknown"
    """It may have happened. Look it up before anything else."""


class FortnoxError(Exception):
    """Anything that kept a request from its answer.

    `status` is the HTTP status, None without an answer. `code` is Fortnox's number, or the word of an OAuth error.
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
    """No complete answer came: no connection, a timeout, or a connection that broke."""

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
    """Fortnox, or something before it, has a fault or is being maintained."""

    transient = True


class Unreadable(FortnoxError):
    """An answer came, but it is not what Fortnox's document promises."""

    def __init__(self, reason: str = "", *, transient: bool = False, **facts: object) -> None:
        super().__init__(reason, **facts)  # type: ignore[arg-type]
        self.transient = transient
