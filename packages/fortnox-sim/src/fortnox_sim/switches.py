"""Everything Fortnox does not document, as a named switch with a default and a pessimistic setting."""

import re
from dataclasses import dataclass
from typing import Any

from fortnox_sim.json_format import Record
from fortnox_sim.store import Store

TABLE = "switches"


@dataclass(frozen=True)
class Switch:
    """One open question: its default, its pessimistic setting, and the settings it knows."""

    default: Any
    pessimistic: Any
    choices: tuple[Any, ...]
    about: str
    pattern: str = ""


def _flag(about: str, *, default: bool, pessimistic: bool) -> Switch:
    return Switch(default, pessimistic, (True, False), about)


def _choice(about: str, default: Any, *others: Any) -> Switch:
    """Offer choices; the last one is the pessimistic setting."""
    return Switch(default, others[-1], (default, *others), about)


def _amount(about: str, default: int, pessimistic: int) -> Switch:
    return Switch(default, pessimistic, (), about)


SWITCHES: dict[str, Switch] = {
    "rate_limit": _flag("Count requests and answer 429 above 25 in 5 s.", default=True, pessimistic=True),
    "rate_model": _choice("How the window is measured.", "two-bucket", "sliding", "two-bucket"),
    "rate_counts_refused": _flag("A 429 itself counts as a request.", default=False, pessimistic=True),
    "rate_retry_after": Switch("", "", (), "Retry-After of a 429, sent as it stands here; none when empty."),
    "rate_body": _choice("Body of a 429.", "", "html", "json", ""),
    "token_counts": _flag("The token endpoint shares the rate window.", default=False, pessimistic=True),
    "consent_refusal": _choice(
        "What an ordinary user meets who may not approve a service account.", "page", "redirect"
    ),
    "locked_keeps_state": _flag("A locked account is sent back with its state.", default=False, pessimistic=False),
    "refresh_grace_seconds": _amount("A used refresh token works this long again.", 0, 0),
    "refresh_reuse_kills_family": _flag(
        "Reusing a refresh token ends its successors too.", default=False, pessimistic=True
    ),
    "refresh_ends_access": _flag("A refresh ends the old access token.", default=False, pessimistic=True),
    "refresh_days": _amount("Life of a refresh token in days.", 45, 31),
    "access_seconds": _amount("Life of an access token in seconds.", 3600, 3600),
    "refresh_token_in_answer": _flag("A refresh answer carries a refresh token.", default=True, pessimistic=True),
    "revoke_ends_consent": _flag(
        "Revoking the refresh token also ends client credentials.", default=False, pessimistic=False
    ),
    "revoke_ends_every_consent": _flag(
        "Revoking a refresh token also ends every other consent of the company to the same client.",
        default=False,
        pessimistic=True,
    ),
    "second_consent": _choice(
        "Scopes of client credentials after a company's second consent: those of the latest, or of all that live.",
        "latest",
        "all",
        "latest",
    ),
    "removal_ends_access": _flag(
        "Removing the integration ends access tokens at once.", default=True, pessimistic=False
    ),
    "owner_change_ends_consent": _flag(
        "A change of owner ends the consents the old owner gave.", default=True, pessimistic=False
    ),
    "admin_removal_ends_service": _flag(
        "A service account's consent ends when the administrator who gave it is removed.",
        default=False,
        pessimistic=True,
    ),
    "credentials_without_service_account": _choice(
        "Error of client credentials for an app without service account.", "unauthorized_client", "invalid_grant"
    ),
    "credentials_without_consent": _choice(
        "Error of client credentials for a company that gave no consent.",
        "invalid_grant",
        "unauthorized_client",
    ),
    "inactive_database": _choice("Consent for a database marked `inactive`.", "works", "refused", "works"),
    "token_marker": Switch(
        "",
        "",
        (),
        "A text that every new code, refresh token and access token contains, for tests that look for leaks.",
        pattern="[A-Za-z0-9_-]{0,64}",
    ),
    "tenant_claim": _choice("Type of tenantId in the access token.", "int", "string"),
    "missing_app_licence": _choice(
        "Error of a consent without integration licence.", "error_missing_license", "error_missing_app_license"
    ),
    "lost_login": _choice("A personal connection whose person is gone.", "unauthorized", "2000310"),
    "scope_code": _choice("Code of a missing scope: one for all, or one per resource.", "2000663", "by resource"),
    "missing_scope_status": _choice("Status of a call whose scope is missing.", 403, 400),
    "limit_over_500": _choice("A limit above 500.", "clamp", "refuse"),
    "page_beyond": _choice("A page after the last.", "zero", "keep", "refuse"),
    "unknown_parameters": _choice("Query parameters nobody knows.", "ignore", "refuse"),
    "readonly_keys": _choice("Read-only keys in a request body.", "ignore", "refuse"),
    "quotes_allowed": _flag(
        "Plain ' and \" pass the character check; the published list lacks them.",
        default=False,
        pessimistic=False,
    ),
    "reference_search": _choice("How externalinvoicereference1 is searched.", "contains", "exact", "contains"),
    "exact_searches": _flag("invoicenumber and voucherseries are searched exactly.", default=True, pessimistic=False),
    "visible_after_seconds": _amount(
        "A new invoice appears in lists after this many seconds of the business clock.", 0, 30
    ),
    "document_number_reuse": _choice("A used DocumentNumber.", "refuse", "accept"),
    "series_follows_highest": _flag(
        "After a DocumentNumber of the caller's the firm's own series goes on from the highest number.",
        default=True,
        pessimistic=True,
    ),
    "lastmodified_minutes": _flag("Change stamps know only minutes.", default=False, pessimistic=True),
    "payment_touches_invoice": _flag(
        "Booking a payment moves the invoice's lastmodified.", default=True, pessimistic=False
    ),
    "decimal_vat": _choice("A row's rate with decimals.", "accept", "truncate", "refuse"),
    "sent_vat_wins": _flag(
        "A row's rate stays as sent although the customer's VAT type says 0.", default=True, pessimistic=False
    ),
    "vat_rounding": _choice("VAT is rounded per rate or per row.", "rate", "row"),
    "round_foreign": _flag("Totals in other currencies are rounded to whole units.", default=False, pessimistic=True),
    "reverse_needs_vat_number": _flag(
        "Booking for an EU customer without VAT number is refused.", default=False, pessimistic=True
    ),
    "credit_copies_reference": _flag(
        "A credit note copies ExternalInvoiceReference1.", default=False, pessimistic=True
    ),
    "credit_note_booked": _flag("A credit note is booked at once.", default=False, pessimistic=False),
    "credit_settles": _choice(
        "How a credit note meets its original: set off by itself, by a person's pair of payments, or not at all.",
        "automatic",
        "by_payments",
        "never",
    ),
    "credit_under_cash": _choice("Crediting an unbooked invoice under the cash method.", "accept", "refuse"),
    "row_vat": _choice("A row's rate that was left out: 0, or the article's.", "zero", "article", "zero"),
    "ocr_unique": _flag("An OCR that another invoice carries is refused.", default=False, pessimistic=True),
    "payment_other_year": _flag(
        "A payment may be dated outside the invoice's financial year.", default=True, pessimistic=False
    ),
    "payment_rate": _choice(
        "Rate of a payment in a foreign currency that names none: its invoice's or the register's.",
        "invoice",
        "register",
    ),
    "payment_needs_booked": _flag("Only booked invoices take payments.", default=True, pessimistic=True),
    "voucher_right": _flag("The connection sees the voucher of a booked invoice.", default=True, pessimistic=False),
    "supplier_invoice_dates": _choice(
        "fromdate and todate of supplier invoices, which nobody documents.", "honoured", "refused", "ignored"
    ),
    "sie_encoding": _choice("Bytes of a SIE file, whatever its tag says.", "cp437", "utf-8"),
    "gzip": _flag("Good answers are compressed for clients that accept it.", default=True, pessimistic=True),
    "chunked": _choice("Which good answers come in chunks, without a length.", "compressed", "none", "all"),
    "me_wrapper": _choice("Wrapper of /3/me: the document's, or that of two SDKs.", "MeInformation", "Me"),
    "wire_era": _choice("Which recordings answers look like.", "2024-12", "2023-01"),
    "maintenance": _flag("Everything answers 503 with an HTML page.", default=False, pessimistic=False),
}


class Switches:
    """The present settings, kept with everything else."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, name: str) -> Any:
        record = self._store.table(TABLE).get(name)
        return SWITCHES[name].default if record is None else record["value"]

    @property
    def version(self) -> int:
        """Change with every setting, so that cached results can be told apart."""
        return self._store.table(TABLE).version

    def set(self, name: str, value: Any) -> None:
        """Change one switch; ValueError names what is wrong."""
        switch = SWITCHES.get(name)
        if switch is None:
            raise ValueError(f"there is no switch {name}")
        fits = value in switch.choices if switch.choices else type(value) is type(switch.default)
        if not fits or (switch.pattern and not re.fullmatch(switch.pattern, value)):
            raise ValueError(f"{name} takes {_describe_choices(switch)}")
        self._store.put(TABLE, name, {"value": value})

    def apply_profile(self, name: str) -> None:
        """Set every switch to its default (`friendly`) or its pessimistic setting."""
        if name not in {"friendly", "pessimistic"}:
            raise ValueError("profile is friendly or pessimistic")
        for key, switch in SWITCHES.items():
            value = switch.pessimistic if name == "pessimistic" else switch.default
            self._store.put(TABLE, key, {"value": value})

    def to_json(self) -> Record:
        """List every switch with value, default, pessimistic setting, choices and explanation."""
        return {
            name: {
                "value": self[name],
                "default": switch.default,
                "pessimistic": switch.pessimistic,
                "choices": _describe_choices(switch),
                "about": switch.about,
            }
            for name, switch in SWITCHES.items()
        }


def _describe_choices(switch: Switch) -> Any:
    """Say what a switch may be set to."""
    if switch.pattern:
        return f"text of the form {switch.pattern}"
    kind = "any text" if isinstance(switch.default, str) else "a whole number"
    return list(dict.fromkeys(switch.choices)) or kind
