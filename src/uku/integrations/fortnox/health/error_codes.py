"""Fortnox's error codes and sentences as one table: what happened, what to do, who can do it.

Sources: fortnox.se/developer/guides-and-good-to-know/errors, recorded answers, and the public integrations that
explain what Fortnox does not. Menu paths are Fortnox's own, in Swedish, as its users see them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

LazyText = Any  # a text that is translated when it is shown


class Responsible(TextChoices):
    """Who can cure it."""

    FORTNOX_ADMIN = "fortnox_admin", _("an administrator of the company in Fortnox")
    YOU = "you", _("a Company Owner or Company Admin in Uku")
    OPERATOR = "operator", _("the person who runs this installation of Uku")
    NOBODY = "nobody", _("nobody: Uku continues automatically")


class ErrorGroup(TextChoices):
    """What kind of cure it needs."""

    WAIT = "wait", _("Wait")
    AUTHORIZE = "authorize", _("Authorize again")
    PERMISSION = "permission", _("Permission missing")
    LICENCE = "licence", _("Licence missing")
    FORTNOX = "fortnox", _("Correct in Fortnox")
    HERE = "here", _("Correct in Uku")
    OURS = "ours", _("Error in Uku")


BLOCKING: Final = frozenset({ErrorGroup.PERMISSION, ErrorGroup.LICENCE})
"""What stops a whole kind of data, not one record."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One cause. What it means depends on what was under way, so it is not said here."""

    happened: LazyText
    remedy: LazyText
    who: Responsible
    group: ErrorGroup
    in_draft: bool = False  # cured in the draft of the invoice, which is issued again
    solves_itself: bool = False  # no button is to be clicked afterwards


def _fix(happened: LazyText, remedy: LazyText) -> ErrorText:
    return ErrorText(happened, remedy, Responsible.FORTNOX_ADMIN, ErrorGroup.FORTNOX)


def _here(happened: LazyText, remedy: LazyText, *, in_draft: bool = False) -> ErrorText:
    return ErrorText(happened, remedy, Responsible.YOU, ErrorGroup.HERE, in_draft)


_draft = partial(_here, in_draft=True)


def _ours(happened: LazyText) -> ErrorText:
    remedy = _(
        "Nothing is wrong in Fortnox. Send the request id, which the Activity tab shows, to the person who runs this"
        " installation."
    )
    return ErrorText(happened, remedy, Responsible.OPERATOR, ErrorGroup.OURS)


def _scope(happened: LazyText) -> ErrorText:
    remedy = _("Open Connect to Fortnox, click Authorize, and accept every permission. Sign in as an administrator.")
    return ErrorText(happened, remedy, Responsible.YOU, ErrorGroup.PERMISSION)


WAIT = ErrorText(
    _("Fortnox had an internal error."),
    _(
        "You do not need to do anything: Uku tries again automatically. If the error lasts all day, see Fortnox's"
        " status page (status.fortnox.se)."
    ),
    Responsible.NOBODY,
    ErrorGroup.WAIT,
)
LOGIN = ErrorText(
    _("Fortnox no longer accepts the authorization of this connection."),
    _(
        "Open Connect to Fortnox and click Authorize. If it stops again, check in Fortnox that the subscription is"
        " paid and that the integration is still listed under Administrera användare → Hantera integrationer."
    ),
    Responsible.YOU,
    ErrorGroup.AUTHORIZE,
)
LICENCE = ErrorText(
    _("The company has no active licence in Fortnox for this."),
    _(
        "Order the licence in Fortnox (Inställningar → Abonnemang): Kundfaktura for customers, articles, invoices and"
        " payments, Bokföring for vouchers. Then open Connect to Fortnox and click Authorize."
    ),
    Responsible.FORTNOX_ADMIN,
    ErrorGroup.LICENCE,
)
INTEGRATION_LICENCE = ErrorText(
    _("The company has no integration licence in Fortnox."),
    _(
        "Order the integration licence in Fortnox (Inställningar → Abonnemang), and check under"
        " Administrera användare → Hantera integrationer that Uku has the licence. Then open"
        " Connect to Fortnox and click Authorize."
    ),
    Responsible.FORTNOX_ADMIN,
    ErrorGroup.LICENCE,
)
CREDENTIALS = ErrorText(
    _("Fortnox does not accept this installation's app: its client id or client secret is wrong."),
    _("You do not need to do anything. The person who runs this installation has been notified and must correct it."),
    Responsible.OPERATOR,
    ErrorGroup.OURS,
)
_PERIOD = _fix(
    _("The period of this date is locked in Fortnox."),
    _(
        "An invoice that is not in Fortnox can go back to draft for a later date. Or unlock the period in Fortnox"
        " (Inställningar → Bokföring → Lås period)."
    ),
)
_CUSTOMER = _fix(
    _("Fortnox cannot find the customer."),
    _("Check that the customer still exists in Fortnox (Register → Kunder), and click Reload data (Settings tab)."),
)
_ARTICLE = _fix(
    _("Fortnox cannot find an article on this invoice."),
    _("Check that the article still exists in Fortnox (Register → Artiklar), or choose another for the product."),
)
_ACCOUNT = _fix(
    _("An account that is needed is missing in Fortnox."),
    _("Add the account in Fortnox (Register → Kontoplan), or choose another one on the article."),
)
_PREDEFINED = _fix(
    _("A predefined account is missing in Fortnox."),
    _("Choose the account in Fortnox (Inställningar → Bokföring → Förvalda konton)."),
)
_VAT = _fix(
    _("The account in Fortnox does not have this VAT rate."),
    _(
        "Check the VAT code of the account in Fortnox (Register → Kontoplan), or choose a sales"
        " account with the right rate for the article (Register → Artiklar)."
    ),
)
_YEAR = _fix(
    _("Fortnox has no financial year for this date."),
    _("Add the financial year in Fortnox (Inställningar → Bokföring → Räkenskapsår)."),
)
_TEXT = _draft(
    _("Fortnox does not accept a character in one of the texts."),
    _('Remove characters such as < > " | from the texts of the invoice.'),
)
_UNITS = _fix(_("Fortnox cannot find the unit."), _("Add the unit in Fortnox (Register → Enheter)."))
_TERMS = _fix(
    _("Fortnox cannot find the terms of payment."),
    _("Choose terms of payment for the customer in Fortnox (Register → Kunder)."),
)
_CURRENCY = _fix(
    _("Fortnox does not know this currency."), _("Add the currency in Fortnox (Register → Valutor), or invoice in SEK.")
)
_FINALIZED = _fix(
    _("In Fortnox the invoice must be marked as ready (klarmarkerad) before it is booked."),
    _("Open the invoice in Fortnox (Fakturering → Kundfakturor) and mark it as ready."),
)
_BAD_VALUE = _ours(_("Uku sent a value in a form that Fortnox does not accept."))
_BAD_BODY = _ours(_("Uku sent something that Fortnox could not read."))
_BAD_QUERY = _ours(_("Uku sent a request that Fortnox does not know."))
_NUMBER = _here(
    _("The number is or has been in use in Fortnox. A deleted number cannot be used again."),
    _("Choose another number."),
)
_NO_INVOICE = _fix(
    _("Fortnox cannot find the invoice. It may have been deleted there."),
    _("Check in Fortnox (Fakturering → Kundfakturor) whether the invoice is there. The invoice in Uku is kept."),
)
_PRICES = _fix(
    _("Fortnox cannot find a price list, price or terms of delivery of the customer or article."),
    _("Correct the customer or the article in Fortnox (Register → Kunder, Register → Artiklar)."),
)
_PAID = ErrorText(
    _("The invoice is already paid in Fortnox."),
    _("You do not need to do anything: Uku reads the payment within 15 minutes."),
    Responsible.NOBODY,
    ErrorGroup.HERE,
    solves_itself=True,
)
_HOUSE_WORK_ARTICLE = _("Check the type of household work (rot, rut) of the article in Fortnox (Register → Artiklar).")
_HOUSE_WORK = _fix(
    _("Fortnox applies its rules for tax reduction (rot, rut) or for stock to this invoice."),
    _("Open the customer and the articles in Fortnox and check whether tax reduction or stock is chosen by mistake."),
)

BY_CODE: Final[dict[str, ErrorText]] = {
    code: entry
    for codes, entry in (
        ("1000003 1000029", WAIT),
        ("2000310 2000311 2003275", LOGIN),
        ("2001103", INTEGRATION_LICENCE),
        ("2001101", LICENCE),
        ("2000663 2000664", _scope(_("The connection does not have the permission for this in Fortnox."))),
        ("2001339", _scope(_("The connection does not have the permission to list invoices."))),
        ("2001393", _scope(_("The connection does not have the permission for customer invoices."))),
        ("2001427", _scope(_("The connection does not have the permission for accruals."))),
        ("2002455", _scope(_("The connection does not have the permission for vouchers."))),
        ("2003330", _scope(_("The connection does not have the permission to list payments."))),
        ("2000401 2002141", _PERIOD),
        ("2000204 2000433", _CUSTOMER),
        ("2000428 2001302 2000513", _ARTICLE),
        ("2000423 2001304", _ACCOUNT),
        ("2001265 2002462", _fix(_("An account number is not valid in Fortnox."), _ACCOUNT.remedy)),
        (
            "2000550",
            _fix(
                _("An account that is needed is inactive in Fortnox."),
                _("Activate the account in Fortnox (Register → Kontoplan), or choose another one on the article."),
            ),
        ),
        ("2001403 2003095", _PREDEFINED),
        ("2004052 2004167", _VAT),
        ("2000427", _CURRENCY),
        ("2000430 2000431 2000435", _PRICES),
        ("2000429", _TERMS),
        ("2000432", _UNITS),
        ("2000434", _NO_INVOICE),
        ("2000359", _TEXT),
        (
            "2000919",
            _here(
                _("Fortnox does not know the country of this customer under this name."),
                _("Choose the country of the client again, and check the customer in Fortnox (Register → Kunder)."),
            ),
        ),
        ("2000107", _draft(_("A text is longer than Fortnox accepts."), _("Shorten the texts of the invoice."))),
        (
            "2000637",
            _here(
                _("Fortnox did not accept the number or the name of the customer."),
                _(
                    "The message from Fortnox says which: the number is or has been in use, or the name is missing."
                    " Correct the details of the client."
                ),
            ),
        ),
        ("2000013 2000600 2000861", _NUMBER),
        (
            "2001200",
            _fix(
                _("The customer has no type in Fortnox: neither company nor private person."),
                _("Choose the type of the customer in Fortnox (Register → Kunder)."),
            ),
        ),
        ("2003055", _PAID),
        ("2003498", _FINALIZED),
        (
            "2003977",
            _draft(_("A row has a quantity but neither article nor description."), _("Give every row a product.")),
        ),
        ("2001846", _draft(_("A row has no article number."), _("Choose a product with an article."))),
        ("2000439", _fix(_("Fortnox cannot find the order."), _("Check that the order still exists in Fortnox."))),
        ("2001161", _fix(_("Fortnox cannot find the project."), _("Check that the project still exists in Fortnox."))),
        (
            "2000755",
            _fix(_("The supplier invoice does not balance in Fortnox."), _("Correct it in Fortnox.")),
        ),
        (
            "2002980",
            _fix(
                _("A row marked as household work cannot be of the type other cost (övrig kostnad)."),
                _HOUSE_WORK_ARTICLE,
            ),
        ),
        (
            "2003151 2003157",
            _fix(_("The tax reduction for this type of household work has ended."), _HOUSE_WORK_ARTICLE),
        ),
        (
            "2004019",
            _fix(_("A row has a type of household work, but the invoice has no tax reduction."), _HOUSE_WORK_ARTICLE),
        ),
        (
            "2004021",
            _fix(_("A row's type of household work does not fit the invoice's tax reduction."), _HOUSE_WORK_ARTICLE),
        ),
        ("2003115 2003124 2003125 2003126 2003127 2003241 2003277 2003399", _HOUSE_WORK),
        ("2004209 2004217 2004218 2004262 2004263", _HOUSE_WORK),
        ("2000719 2000721", LOGIN),
        ("2000106 2000108 2000134", _BAD_VALUE),
        ("2001392 2001399 2001740 2002115 2002649 1000030 1000031", _BAD_BODY),
        ("2000587 2000588 2000729 2000764", _BAD_QUERY),
        # LazyText of OAuth, from the token address.
        ("invalid_grant", LOGIN),
        ("invalid_client unauthorized_client", CREDENTIALS),
        ("error_missing_license error_missing_app_license", LICENCE),
        (
            "invalid_scope",
            ErrorText(
                _("Fortnox does not know one of the permissions that Uku asked for."),
                _("The person who runs this installation must switch it on for the app in the developer portal."),
                Responsible.OPERATOR,
                ErrorGroup.OURS,
            ),
        ),
        (
            "error_missing_system_admin_right",
            ErrorText(
                _("You do not have permission to grant access: Fortnox only allows administrators to authorize apps."),
                _(
                    "Click Authorize on the Connect to Fortnox tab, and let an administrator of the company sign in to"
                    " Fortnox and accept every permission."
                ),
                Responsible.FORTNOX_ADMIN,
                ErrorGroup.PERMISSION,
            ),
        ),
        ("access_denied", _scope(_("The permission was not given in Fortnox."))),
    )
    for code in codes.split()
}

BY_SENTENCE: Final[tuple[tuple[re.Pattern[str], ErrorText], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), entry)
    for pattern, entry in (
        (r"(hämta|hitta) moms", _VAT),
        (r"(hämta|hitta) valuta", _CURRENCY),
        (r"(hämta|hitta) kostnadsställe", _fix(_("Fortnox cannot find the cost centre."), _("Add it in Fortnox."))),
        (r"(hämta|hitta) leveranss", _PRICES),
        (r"klarmarkerad|must be finalized", _FINALIZED),
        (r"förvalt konto", _PREDEFINED),
        (r"betaldatum måste vara inom|fiscal year not available|räkenskapsår", _YEAR),
        (r"låst perioden|period.*låst|period.*locked", _PERIOD),
        (
            r"OCR-numret används redan",
            _fix(
                _("The OCR number is in use on another invoice in Fortnox."),
                _(
                    "Check whether the invoice is already in Fortnox (Fakturering → Kundfakturor) before it"
                    " is sent again."
                ),
            ),
        ),
        (r"tolkas som null", _BAD_VALUE),
        (r"kontot .* existerar inte|hitta konto\b|hitta kontot", _ACCOUNT),
        (r"konto(t)? är inte aktivt", BY_CODE["2000550"]),
        (
            r"bankuppgifter saknas|företaget är registrerat",
            _fix(
                _("The company's own details in Fortnox are not complete."),
                _("Fill in bank details and registration in Fortnox (Inställningar → Företagsinställningar)."),
            ),
        ),
        (r"(hämta|hitta) kund", _CUSTOMER),
        (r"(hämta|hitta) artikel|hitta artikeln", _ARTICLE),
        (r"hitta fakturan", _NO_INVOICE),
        (r"licens", LICENCE),
        (r"behörighet", BY_CODE["2000663"]),
        (r"ogiltig inloggning|unauthorized|invalid refresh token", LOGIN),
        (r"otillåtna tecken|ej tillåtna tecken", _TEXT),
        (r"system exception|internal error", WAIT),
    )
)

UNKNOWN: Final = ErrorText(
    _("Fortnox refused this. Uku does not know the reason."),
    _(
        "The message from Fortnox says why. If you do not understand it, ask the person who runs this installation; the"
        " Activity tab shows the request id. Correct the cause in Fortnox."
    ),
    Responsible.FORTNOX_ADMIN,
    ErrorGroup.FORTNOX,
)


def find_error(code: str, message: str = "") -> ErrorText:
    """Return the table's text for a code or a sentence of Fortnox's."""
    if code in BY_CODE:
        return BY_CODE[code]
    return next((text for pattern, text in BY_SENTENCE if pattern.search(message)), UNKNOWN)
