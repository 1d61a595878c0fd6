import inspect
import pkgutil
import typing

import fortnox_api
from fortnox_api import FortnoxError

NAMES = [
    "BLANK", "Account", "AppCredentialsWrong", "Article", "ArticleItem", "ArticlePayload", "ArticleUpdate",
    "Auth", "Blank", "CleanText", "ClientCredentialsAuth", "Clock", "CompanyInformation", "CompanySettings",
    "ConnectionFailed", "Currency", "CurrencyPayload", "CurrencyUpdate", "Customer", "CustomerItem",
    "CustomerPayload", "CustomerUpdate", "DeadlineTransport", "DocumentVoucher", "FileTokenStore", "FinancialYear",
    "Forbidden",
    "Fortnox", "FortnoxError", "GrantRevoked", "Invalid", "Invoice", "InvoiceItem", "InvoicePayload",
    "InvoicePayment", "InvoicePaymentItem", "InvoicePaymentPayload", "InvoicePaymentUpdate", "InvoiceRow",
    "InvoiceRowPayload", "InvoiceUpdate", "KeptRowPayload", "Limiter", "LockedPeriod", "MemoryTokenStore",
    "ModeOfPayment", "ModeOfPaymentPayload", "ModeOfPaymentUpdate", "NotFound", "OAuthApp", "Outcome",
    "PaceLimiter", "Page", "PredefinedAccount", "PredefinedVoucherSeries", "RateLimited", "RefreshTokenAuth",
    "Reject", "Rejected", "Response", "Retries", "SalaryTransaction", "SieCount", "SieError", "SieFile",
    "SieFlag", "SieRow", "SieTally", "SieVoucher", "StaticAuth", "StoredTokenAuth", "StoredTokens",
    "Supplier", "SupplierInvoice", "SupplierInvoiceItem", "SupplierInvoicePayment",
    "SupplierInvoicePaymentItem", "SupplierInvoiceRow", "SupplierItem", "SupplierPayload", "SupplierUpdate",
    "TermsOfPayment", "TermsOfPaymentPayload", "TermsOfPaymentUpdate", "TextChange", "TextRowPayload",
    "Timeouts", "TokenSet", "TokenStore", "Unauthorized", "Unavailable", "Unit", "UnitPayload", "UnitUpdate",
    "Unreadable", "Voucher", "VoucherItem", "VoucherPayload", "VoucherRow", "VoucherRowPayload",
    "VoucherSeries", "VoucherSeriesPayload", "VoucherSeriesUpdate", "WriteOff", "WriteOffPayload",
    "clean_text", "round_amount",
]  # fmt: skip


def test_these_names_and_no_others_are_public():
    assert fortnox_api.__all__ == NAMES


def test_every_module_is_private():
    assert [found.name for found in pkgutil.iter_modules(fortnox_api.__path__) if not found.name.startswith("_")] == []


def test_every_public_method_has_a_docstring():
    """Of the names themselves tests/test_shape.py says it."""
    classes = [thing for thing in map(vars(fortnox_api).get, NAMES) if inspect.isclass(thing)]
    methods = [value for each in classes for key, value in vars(each).items() if not key.startswith("_")]
    found = {method.__qualname__: bool(method.__doc__) for method in methods if inspect.isfunction(method)}
    assert [name for name, is_explained in found.items() if not is_explained] == []
    assert found["OAuthApp.revoke"]


def test_the_error_tree_is_the_one_drawn_in_its_docstring():
    from fortnox_api import _errors

    drawn = [line for line in _errors.__doc__.splitlines() if "──" in line]
    names = [line.split("── ")[1].split()[0] for line in drawn]
    below = [thing for thing in vars(_errors).values() if inspect.isclass(thing) and issubclass(thing, FortnoxError)]
    assert ["FortnoxError", *names] == [thing.__name__ for thing in below]
    assert {thing.__name__: thing.__base__.__name__ for thing in below if thing.__base__ is not Exception} == {
        "ConnectionFailed": "FortnoxError",
        "Unauthorized": "FortnoxError",
        "GrantRevoked": "Unauthorized",
        "AppCredentialsWrong": "FortnoxError",
        "Forbidden": "FortnoxError",
        "Rejected": "FortnoxError",
        "NotFound": "Rejected",
        "Invalid": "Rejected",
        "RateLimited": "FortnoxError",
        "Unavailable": "FortnoxError",
        "Unreadable": "FortnoxError",
    }


def test_public_functions_are_annotated_in_full():
    assert typing.get_type_hints(fortnox_api.round_amount)["return"].__name__ == "Decimal"
