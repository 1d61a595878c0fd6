"""A company's vouchers with their rows as SIE files, one for each financial year. Scope `bookkeeping`.

Source: the OpenAPI document; `_sie` says how files are read.
"""

from collections import Counter
from datetime import date

from fortnox_api._accounts import FinancialYears
from fortnox_api._errors import Unreadable
from fortnox_api._request import Expected, Number, Request, RequestKind, format_number
from fortnox_api._resource import Resource
from fortnox_api._retry import ApiClient
from fortnox_api._sie import SieCount, SieFile, SieFlag, SieTally
from fortnox_api._sie_text import SieError


class SieExport(Resource):
    """`/3/sie`."""

    def __init__(self, api: ApiClient, financial_years: FinancialYears) -> None:
        super().__init__(api)
        self._financial_years = financial_years

    def open(self, financial_year: Number) -> SieFile:
        """Return the SIE file of type 4 of a financial year, named by its id; close it, or use `with`.

        It is fetched whole into a temporary file first: whatever is read later, no connection waits for it. Raises
        Unreadable when the file is cut or none at all.
        """
        query = {"financialyear": format_number(financial_year)}
        request = Request(RequestKind.READ, "GET", "sie", ("4",), query=query, expects=Expected.FILE)
        response = self._api.send(request)
        if response.file is None:  # pragma: no cover - what is expected of this request is a file
            raise response.make_error(Unreadable, "the answer holds no file")
        try:
            return SieFile(response.file)
        except SieError as error:
            raise response.make_error(Unreadable, f"the SIE file: {error}") from None

    def count(self, first: date, last: date) -> SieCount:
        """Count the vouchers dated in these days, both included, with their rows and sums, by series and month.

        One request for the financial years, and one file for each that these days touch. A month that lies in two years
        is the sum of both; one that lies in none is missing. Vouchers dated outside their own year are left out, as in
        a search of that year by day.
        """
        months: dict[tuple[str, date | None], SieTally] = {}
        flags: Counter[SieFlag] = Counter()
        stray_rows = 0
        for year, begins, ends in self._financial_years.overlapping(first, last):
            with self.open(year.id) as file:
                counted = file.count(begins, ends)
            for key, tally in counted.months.items():
                months[key] = months.get(key, SieTally()) + tally
            flags.update(counted.flags)
            stray_rows += counted.stray_rows
        return SieCount(months, flags, stray_rows)
