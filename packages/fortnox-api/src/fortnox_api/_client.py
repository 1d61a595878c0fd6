"""The client: one object for one company, its resources as attributes."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal, Self

import httpx2

from fortnox_api._accounts import Accounts, FinancialYears
from fortnox_api._articles import Articles
from fortnox_api._auth import Auth
from fortnox_api._clock import Clock, Limiter, Now, PaceLimiter, make_clock
from fortnox_api._company import Company
from fortnox_api._customers import Customers
from fortnox_api._invoices import Invoices
from fortnox_api._payments import InvoicePayments
from fortnox_api._request import Expected, SearchValue, build_request
from fortnox_api._response import Response
from fortnox_api._retry import ApiClient, Retries
from fortnox_api._salaries import SalaryTransactions
from fortnox_api._settings import Currencies, ModesOfPayment, PredefinedAccounts, Settings, TermsOfPayments, Units
from fortnox_api._sie_export import SieExport
from fortnox_api._supplier_invoices import SupplierInvoicePayments, SupplierInvoices
from fortnox_api._suppliers import Suppliers
from fortnox_api._transport import HttpClient, Timeouts
from fortnox_api._vouchers import PredefinedVoucherSeriesList, Vouchers, VoucherSeriesList


class Fortnox:
    """Fortnox's API for one company. Use it in one or many threads, and close it (or use `with`) in the end.

    Reads are sent up to three times (`retries`) after an error that may pass; writes never, except when the token was
    refused and so nothing had happened. Every failure is a FortnoxError; an argument that makes no sense is a TypeError
    or ValueError, and a call after `close()` a RuntimeError. Requests go to `base_url` and nowhere else. Without a
    `limiter` this client paces itself; clients of the same company in other processes then need to share one.
    `transport` is any httpx2.BaseTransport: behind a proxy, a mock, a recorder; `close()` closes it.
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
        retries: Retries | None = None,
    ) -> None:
        if not callable(getattr(auth, "token", None)):
            raise TypeError("auth is StaticAuth(access_token), or another source of tokens")
        clock = make_clock(clock)
        self._base_url = base_url
        self._http = HttpClient(base_url, prefix="/3/", transport=transport, clock=clock, timeouts=timeouts)
        self._api = api = ApiClient(
            http=self._http,
            auth=auth,
            limiter=limiter or PaceLimiter(clock=clock),
            clock=clock,
            retries=retries or Retries(),
        )
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

    def request(
        self,
        method: Literal["GET", "POST", "PUT", "DELETE"],
        path: str,
        *,
        query: Mapping[str, SearchValue] | None = None,
        json: Any = None,
        expect: Literal["json", "bytes"] = "json",
    ) -> Response:
        """Send what has no method here, with the token, pace, deadline and errors of everything else.

        `path` is below `/3/` and encoded, such as `orders/7`. Numbers in `json` are int or Decimal. A GET is repeated
        after an error that may pass, but not one that sends something, such as `orders/7/email`. A response that is no
        JSON is Unreadable unless `expect` is "bytes". `Response.json` is what Fortnox wrote, in its wrapper.
        """
        return self._api.send(build_request(method, path, query, json, Expected(expect)))

    def record_responses(self) -> AbstractContextManager[list[Response]]:
        """Collect the responses to all that this thread, or task, sends inside the block, those of failed tries too.

        For status, headers and X-Uid of calls that return records, counts or pages.
        """
        return self._api.record_responses()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
