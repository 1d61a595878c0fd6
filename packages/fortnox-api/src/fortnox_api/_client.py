"""The client: one object for one company, its resources as attributes."""

from types import TracebackType
from typing import Self

import httpx2

from fortnox_api._accounts import Accounts, FinancialYears
from fortnox_api._articles import Articles
from fortnox_api._auth import Auth
from fortnox_api._clock import Clock, Limiter, Now, PaceLimiter, make_clock
from fortnox_api._company import Company
from fortnox_api._customers import Customers
from fortnox_api._invoices import Invoices
from fortnox_api._payments import InvoicePayments
from fortnox_api._retry import ApiClient
from fortnox_api._salaries import SalaryTransactions
from fortnox_api._settings import Currencies, ModesOfPayment, PredefinedAccounts, Settings, TermsOfPayments, Units
from fortnox_api._sie_export import SieExport
from fortnox_api._supplier_invoices import SupplierInvoicePayments, SupplierInvoices
from fortnox_api._suppliers import Suppliers
from fortnox_api._transport import HttpClient, Timeouts
from fortnox_api._vouchers import PredefinedVoucherSeriesList, Vouchers, VoucherSeriesList


class Fortnox:
    """Fortnox's API for one company. Use it in one or many threads, and close it (or use `with`) in the end.

    Reads are repeated up to three times after an error that may pass; writes never, except when the token was refused
    and so nothing had happened. Every failure is a FortnoxError. Requests go to `base_url` and nowhere else. Without a
    `limiter` this client paces itself; clients of the same company in other processes then need to share one.
    """

    def __init__(
        self,
        *,
        auth: Auth,
        base_url: str = "https://api.fortnox.se",
        transport: httpx2.BaseTransport | None = None,
        limiter: Limiter | None = None,
        clock: Clock | Now | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        clock = make_clock(clock)
        self._base_url = base_url
        self._http = HttpClient(base_url, prefix="/3/", transport=transport, clock=clock, timeouts=timeouts)
        api = ApiClient(http=self._http, auth=auth, limiter=limiter or PaceLimiter(clock=clock), clock=clock)
        self.company = Company(api)
        self.customers = Customers(api)
        self.articles = Articles(api)
        self.invoices = Invoices(api)
        self.invoice_payments = InvoicePayments(api)
        self.suppliers = Suppliers(api)
        self.supplier_invoices = SupplierInvoices(api)
        self.supplier_invoice_payments = SupplierInvoicePayments(api)
        self.salary_transactions = SalaryTransactions(api)
        self.vouchers = Vouchers(api)
        self.voucher_series = VoucherSeriesList(api)
        self.predefined_voucher_series = PredefinedVoucherSeriesList(api)
        self.financial_years = FinancialYears(api)
        self.sie = SieExport(api, self.financial_years)
        self.settings = Settings(api)
        self.predefined_accounts = PredefinedAccounts(api)
        self.accounts = Accounts(api)
        self.units = Units(api)
        self.terms_of_payment = TermsOfPayments(api)
        self.modes_of_payment = ModesOfPayment(api)
        self.currencies = Currencies(api)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Fortnox {self._base_url}>"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
