"""/3/supplierinvoiceaccruals and /3/invoiceaccruals: a cost or an income spread over periods, a voucher for each.

When Fortnox writes the vouchers is not documented: here all are written when the accrual is made, dated with the first
day of their period, and none where a period has no financial year or is locked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fortnox_sim.api.chart_of_accounts import find_account
from fortnox_sim.api.predefined import find_series
from fortnox_sim.api.vouchers import VoucherRows, add_voucher, check_period
from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, ROW_ACCOUNT, WRONG_STRUCTURE, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable, apply_changes, round_to_cents
from fortnox_sim.json_format import Record, Response
from fortnox_sim.lists import ListRule, list_records
from fortnox_sim.router import API_URL, ApiRequest, Route

ZERO = Decimal(0)
MONTHS = {
    "MONTHLY": 1, "BIMONTHLY": 2, "QUARTERLY": 3, "SEMIANNUALLY": 6, "ANNUALLY": 12,
    "1_MONTHS": 1, "2_MONTHS": 2, "3_MONTHS": 3, "6_MONTHS": 6, "12_MONTHS": 12,
}  # fmt: skip
MOST_TIMES = 120
ROW_FIELDS = FieldTable(
    Field("Account", "int"),
    Field("CostCenter"),
    Field("Credit", "money", unset=ZERO),
    Field("Debit", "money", unset=ZERO),
    Field("Project"),
    Field("TransactionInformation"),
)


@dataclass(frozen=True)
class Accruals:
    """The accruals of one kind of document, and the handlers of their requests."""

    path: str
    singular: str
    plural: str
    number_key: str
    account_key: str
    documents: str
    series: str
    scope: str

    @property
    def rows_key(self) -> str:
        return f"{self.singular}Rows"

    @property
    def fields(self) -> FieldTable:
        named = [
            Field("AccrualAccount", "int"),
            Field(self.account_key, "int"),
            Field("Description"),
            Field("EndDate", "date"),
            Field(self.number_key, "int"),
            Field("Period", "choice", choices=tuple(MONTHS)),
            Field("StartDate", "date"),
            Field(self.rows_key, "rows"),
            Field("Times", "int"),
            Field("Total", "money"),
            Field("VATIncluded", "bool", unset=False),
        ]
        return FieldTable(*named)

    def show(self, record: Record) -> Record:
        rows = [ROW_FIELDS.show(row) for row in record[self.rows_key]]
        url = f"{API_URL}/{self.path}/{record[self.number_key]}"
        return {"@url": url, **self.fields.show(record), self.rows_key: rows}

    def build_item(self, _company: Company, record: Record) -> Record:
        shown = self.show(record)
        return {key: shown[key] for key in ("@url", "Description", self.number_key, "Period")}

    def find(self, company: Company, number: str) -> Record:
        record = company.get(self.path, number)
        if record is None:
            raise not_found(INVENTED["accrual_missing"])
        return record

    def add(self, company: Company, body: Record) -> Record:
        """Make an accrual of a document and write its vouchers."""
        record = apply_changes({}, self.fields.read(body, company.switches))
        for field in self.fields.fields:
            if field.kind != "rows" and field.name not in {*record, "Description", "VATIncluded"}:
                raise ApiError(INVENTED["required"], field.name)
        number = str(record[self.number_key])
        if company.get(self.documents, number) is None:
            raise ApiError(INVENTED["document_missing"])
        if company.get(self.path, number) is not None or not 1 <= record["Times"] <= MOST_TIMES:
            raise ApiError(INVENTED["choice"], "Times")
        record[self.rows_key] = self._read_rows(company, body.get(self.rows_key), record)
        for day, rows in split_into_periods(record, record[self.rows_key]):
            check_period(company, day)
            add_voucher(
                company,
                series=find_series(company, self.series),
                day=day,
                text=record.get("Description") or f"Periodisering ({number})",
                kind="ACCRUAL",
                number=number,
                rows=rows,
            )
        return company.put(self.path, number, record)

    def _read_rows(self, company: Company, sent: Any, record: Record) -> list[Record]:
        if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
            raise ApiError(WRONG_STRUCTURE)
        rows = [apply_changes({}, ROW_FIELDS.read(row, company.switches)) for row in sent]
        if any(find_account(company, row.get("Account", ""), record["StartDate"]) is None for row in rows):
            raise ApiError(ROW_ACCOUNT)
        if not rows or sum(row.get("Debit", ZERO) - row.get("Credit", ZERO) for row in rows):
            raise ApiError(INVENTED["voucher_balance"])
        return rows

    def list_accruals(self, request: ApiRequest) -> Response:
        rule = ListRule(self.plural, self.path, self.build_item, order=lambda record: int(record[self.number_key]))
        return list_records(request.company, rule, request.query)

    def respond(self, request: ApiRequest, record: Record, status: int = 200, **headers: str) -> Response:
        return request.respond(self.singular, self.show(record), status, **headers)

    def get_accrual(self, request: ApiRequest) -> Response:
        return self.respond(request, self.find(request.company, request.args[0]))

    def create_accrual(self, request: ApiRequest) -> Response:
        record = self.add(request.company, request.read_object(self.singular))
        request.record_change("accrual.create", str(record[self.number_key]))
        return self.respond(request, record, 201, Location=self.path)

    def update_accrual(self, request: ApiRequest) -> Response:
        """Change the description; the vouchers are written already."""
        record = self.find(request.company, request.args[0])
        changes = self.fields.read(request.read_object(self.singular), request.company.switches)
        changes = {key: value for key, value in changes.items() if key == "Description"}
        record = request.company.put(self.path, request.args[0], apply_changes(record, changes))
        request.record_change("accrual.update", request.args[0])
        return self.respond(request, record)

    def delete_accrual(self, request: ApiRequest) -> Response:
        """Remove an accrual; what was booked stays."""
        self.find(request.company, request.args[0])
        request.company.remove(self.path, request.args[0])
        request.record_change("accrual.delete", request.args[0])
        return Response(204)


def split_into_periods(record: Record, rows: list[Record]) -> Iterator[tuple[str, VoucherRows]]:
    """Give the first day and the rows of each period; the last one takes what rounding left."""
    start, times = date.fromisoformat(record["StartDate"]), record["Times"]
    amounts = [(row["Account"], row.get("Debit", ZERO) - row.get("Credit", ZERO)) for row in rows]
    parts = [(account, round_to_cents(amount / times)) for account, amount in amounts]
    parts[-1] = parts[-1][0], -sum((amount for _, amount in parts[:-1]), ZERO)
    last = [(account, amount - part * (times - 1)) for (account, amount), (_, part) in zip(amounts, parts, strict=True)]
    for number in range(times):
        index = start.year * 12 + start.month - 1 + number * MONTHS[record["Period"]]
        first = date(index // 12, index % 12 + 1, 1)
        day = start if number == 0 else first
        yield day.isoformat(), last if number == times - 1 else parts


SUPPLIER_INVOICE_ACCRUALS = Accruals(
    "supplierinvoiceaccruals", "SupplierInvoiceAccrual", "SupplierInvoiceAccruals", "SupplierInvoiceNumber",
    "CostAccount", "supplierinvoices", "SUPPLIERINVOICEACCRUAL", "supplierinvoice",
)  # fmt: skip
INVOICE_ACCRUALS = Accruals(
    "invoiceaccruals", "InvoiceAccrual", "InvoiceAccruals", "InvoiceNumber", "RevenueAccount", "invoices",
    "INVOICEACCRUAL", "invoice",
)  # fmt: skip
ROUTES = [
    Route(method, f"/3/{kind.path}{tail}", handler, kind.scope)
    for kind in (SUPPLIER_INVOICE_ACCRUALS, INVOICE_ACCRUALS)
    for method, tail, handler in (
        ("GET", "", kind.list_accruals),
        ("POST", "", kind.create_accrual),
        ("GET", "/{}", kind.get_accrual),
        ("PUT", "/{}", kind.update_accrual),
        ("DELETE", "/{}", kind.delete_accrual),
    )
]
