"""A client for Fortnox, the Swedish accounting system.

    from fortnox_api import Fortnox, StaticAuth

    with Fortnox(auth=StaticAuth(access_token)) as fortnox:
        for customer in fortnox.customers.list(filter="active"):
            print(customer.number, customer.name)

Exact (Decimal, never float), typed, paced, and plain about failure: every error says whether the request was not
applied, refused, or has an unknown outcome. Needs httpx2 and pydantic only. More in the README.
"""

from fortnox_api._accounts import Account, FinancialYear
from fortnox_api._articles import Article, ArticleItem, ArticlePayload, ArticleUpdate
from fortnox_api._auth import (
    Auth,
    ClientCredentialsAuth,
    MemoryTokenStore,
    RefreshTokenAuth,
    StaticAuth,
    StoredTokenAuth,
    StoredTokens,
    TokenStore,
)
from fortnox_api._client import Fortnox
from fortnox_api._clock import Clock, Limiter, PaceLimiter
from fortnox_api._company import CompanyInformation
from fortnox_api._customers import Customer, CustomerItem, CustomerPayload, CustomerUpdate
from fortnox_api._errors import (
    AppCredentialsWrong,
    ConnectionFailed,
    Forbidden,
    FortnoxError,
    GrantRevoked,
    Invalid,
    NotFound,
    Outcome,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from fortnox_api._invoices import (
    Invoice,
    InvoiceItem,
    InvoicePayload,
    InvoiceRow,
    InvoiceRowPayload,
    InvoiceUpdate,
    KeptRowPayload,
    TextRowPayload,
)
from fortnox_api._oauth import OAuthApp, TokenSet
from fortnox_api._payload import BLANK, Blank, CleanText, TextChange, clean_text, round_amount
from fortnox_api._payments import (
    InvoicePayment,
    InvoicePaymentItem,
    InvoicePaymentPayload,
    InvoicePaymentUpdate,
    WriteOff,
    WriteOffPayload,
)
from fortnox_api._resource import Page, Reject
from fortnox_api._response import Response
from fortnox_api._retry import Retries
from fortnox_api._salaries import SalaryTransaction
from fortnox_api._settings import (
    CompanySettings,
    Currency,
    CurrencyPayload,
    CurrencyUpdate,
    LockedPeriod,
    ModeOfPayment,
    ModeOfPaymentPayload,
    ModeOfPaymentUpdate,
    PredefinedAccount,
    TermsOfPayment,
    TermsOfPaymentPayload,
    TermsOfPaymentUpdate,
    Unit,
    UnitPayload,
    UnitUpdate,
)
from fortnox_api._sie import SieCount, SieFile, SieFlag, SieRow, SieTally, SieVoucher
from fortnox_api._sie_text import SieError
from fortnox_api._supplier_invoices import (
    DocumentVoucher,
    SupplierInvoice,
    SupplierInvoiceItem,
    SupplierInvoicePayment,
    SupplierInvoicePaymentItem,
    SupplierInvoiceRow,
)
from fortnox_api._suppliers import Supplier, SupplierItem, SupplierPayload, SupplierUpdate
from fortnox_api._token_file import FileTokenStore
from fortnox_api._transport import DeadlineTransport, Timeouts
from fortnox_api._vouchers import (
    PredefinedVoucherSeries,
    Voucher,
    VoucherItem,
    VoucherPayload,
    VoucherRow,
    VoucherRowPayload,
    VoucherSeries,
    VoucherSeriesPayload,
    VoucherSeriesUpdate,
)

__all__ = [
    "BLANK",
    "Account",
    "AppCredentialsWrong",
    "Article",
    "ArticleItem",
    "ArticlePayload",
    "ArticleUpdate",
    "Auth",
    "Blank",
    "CleanText",
    "ClientCredentialsAuth",
    "Clock",
    "CompanyInformation",
    "CompanySettings",
    "ConnectionFailed",
    "Currency",
    "CurrencyPayload",
    "CurrencyUpdate",
    "Customer",
    "CustomerItem",
    "CustomerPayload",
    "CustomerUpdate",
    "DeadlineTransport",
    "DocumentVoucher",
    "FileTokenStore",
    "FinancialYear",
    "Forbidden",
    "Fortnox",
    "FortnoxError",
    "GrantRevoked",
    "Invalid",
    "Invoice",
    "InvoiceItem",
    "InvoicePayload",
    "InvoicePayment",
    "InvoicePaymentItem",
    "InvoicePaymentPayload",
    "InvoicePaymentUpdate",
    "InvoiceRow",
    "InvoiceRowPayload",
    "InvoiceUpdate",
    "KeptRowPayload",
    "Limiter",
    "LockedPeriod",
    "MemoryTokenStore",
    "ModeOfPayment",
    "ModeOfPaymentPayload",
    "ModeOfPaymentUpdate",
    "NotFound",
    "OAuthApp",
    "Outcome",
    "PaceLimiter",
    "Page",
    "PredefinedAccount",
    "PredefinedVoucherSeries",
    "RateLimited",
    "RefreshTokenAuth",
    "Reject",
    "Rejected",
    "Response",
    "Retries",
    "SalaryTransaction",
    "SieCount",
    "SieError",
    "SieFile",
    "SieFlag",
    "SieRow",
    "SieTally",
    "SieVoucher",
    "StaticAuth",
    "StoredTokenAuth",
    "StoredTokens",
    "Supplier",
    "SupplierInvoice",
    "SupplierInvoiceItem",
    "SupplierInvoicePayment",
    "SupplierInvoicePaymentItem",
    "SupplierInvoiceRow",
    "SupplierItem",
    "SupplierPayload",
    "SupplierUpdate",
    "TermsOfPayment",
    "TermsOfPaymentPayload",
    "TermsOfPaymentUpdate",
    "TextChange",
    "TextRowPayload",
    "Timeouts",
    "TokenSet",
    "TokenStore",
    "Unauthorized",
    "Unavailable",
    "Unit",
    "UnitPayload",
    "UnitUpdate",
    "Unreadable",
    "Voucher",
    "VoucherItem",
    "VoucherPayload",
    "VoucherRow",
    "VoucherRowPayload",
    "VoucherSeries",
    "VoucherSeriesPayload",
    "VoucherSeriesUpdate",
    "WriteOff",
    "WriteOffPayload",
    "clean_text",
    "round_amount",
]
