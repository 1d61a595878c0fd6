"""Units, terms and modes of payment, currencies: /3/units, /3/termsofpayments, /3/modesofpayments, /3/currencies."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from fortnox_sim.api.currencies import ACCOUNTING_CURRENCY, sort_key
from fortnox_sim.company import Company
from fortnox_sim.errors import CURRENCY_NOT_FOUND, INVENTED, TERMS_NOT_FOUND, UNIT_NOT_FOUND, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable, apply_changes
from fortnox_sim.json_format import Record, Response, json_response
from fortnox_sim.lists import ListRule, list_records, modified_since
from fortnox_sim.router import API_URL, ApiRequest, Route


@dataclass(frozen=True)
class ReferenceTable:
    """A list of codes, and the handlers of its requests."""

    path: str
    table: str
    singular: str
    plural: str
    fields: FieldTable
    not_found: tuple[int, str]
    location: str
    scope: str
    used_by: tuple[tuple[str, str], ...] = ()  # tables and the keys there that hold a code
    sort_key: Callable[[str], Any] = str.casefold

    def build_item(self, _company: Company, record: Record) -> Record:
        code = quote(record["Code"], safe="")
        return {"@url": f"{API_URL}/{self.path}/{code}", **self.fields.show(record)}

    def find(self, company: Company, code: str) -> Record:
        record = company.get(self.table, code)
        if record is None:
            raise not_found(self.not_found)
        return record

    def list_codes(self, request: ApiRequest) -> Response:
        rule = ListRule(
            self.plural,
            self.table,
            self.build_item,
            order=lambda record: self.sort_key(record["Code"]),
            searches={"lastmodified": modified_since},
            sorts={"code": lambda record: record["Code"].casefold()},
        )
        return list_records(request.company, rule, request.query)

    def get_code(self, request: ApiRequest) -> Response:
        record = self.find(request.company, request.args[0])
        return json_response({self.singular: self.build_item(request.company, record)})

    def create_code(self, request: ApiRequest) -> Response:
        changes = self.fields.read(request.read_object(self.singular), request.company.switches)
        code = changes.get("Code")
        if not code or not changes.get("Description"):
            raise ApiError((2000108, "Kod och beskrivning måste anges"))
        if code in request.company.table(self.table):
            raise ApiError(INVENTED["code_used"])
        record = request.company.put(self.table, code, apply_changes({}, changes))
        request.record_change(f"{self.path}.create", code)
        body = {self.singular: self.build_item(request.company, record)}
        return json_response(body, 201, Location=self.location)

    def update_code(self, request: ApiRequest) -> Response:
        record = self.find(request.company, request.args[0])
        changes = self.fields.read(request.read_object(self.singular), request.company.switches)
        changes.pop("Code", None)
        record = request.company.put(self.table, record["Code"], apply_changes(record, changes))
        request.record_change(f"{self.path}.update", record["Code"])
        return json_response({self.singular: self.build_item(request.company, record)})

    def delete_code(self, request: ApiRequest) -> Response:
        code = self.find(request.company, request.args[0])["Code"]
        used = (row.get(key) for table, key in self.used_by for row in request.company.table(table).values())
        if code == ACCOUNTING_CURRENCY or code in used:
            raise ApiError(INVENTED["code_in_use"])
        request.company.remove(self.table, code)
        request.record_change(f"{self.path}.delete", code)
        return Response(204)


UNITS = ReferenceTable(
    "units", "units", "Unit", "Units",
    FieldTable(Field("Code", limit=20), Field("CodeEnglish", limit=100), Field("Description", limit=100)),
    UNIT_NOT_FOUND, "units", "settings", used_by=(("articles", "Unit"),),
)  # fmt: skip
TERMS = ReferenceTable(
    "termsofpayments", "terms", "TermsOfPayment", "TermsOfPayments",
    FieldTable(Field("Code", limit=25), Field("Description", limit=100)),
    TERMS_NOT_FOUND, "paymentterms", "settings",
    used_by=(("customers", "TermsOfPayment"), ("invoices", "TermsOfPayment")),
)  # fmt: skip
MODES = ReferenceTable(
    "modesofpayments", "modes", "ModeOfPayment", "ModesOfPayments",
    FieldTable(Field("AccountNumber", limit=4), Field("Code", limit=25), Field("Description", limit=100)),
    INVENTED["choice"], "modesofpayments", "settings", used_by=(("payments", "ModeOfPayment"),),
)  # fmt: skip
ONE = Decimal(1)
CURRENCIES = ReferenceTable(
    "currencies", "currencies", "Currency", "Currencies",
    FieldTable(
        Field("BuyRate", "number", unset=ONE), Field("Code", limit=3), Field("Date", "date", unset=None),
        Field("Description"), Field("IsAutomatic", "bool", unset=False), Field("SellRate", "number", unset=ONE),
        Field("Unit", "number", unset=ONE),
    ),
    CURRENCY_NOT_FOUND, "currencies", "currency", sort_key=sort_key,
    used_by=(("customers", "Currency"), ("invoices", "Currency")),
)  # fmt: skip


ROUTES = [
    Route(method, f"/3/{table.path}{tail}", handler, table.scope)
    for table in (UNITS, TERMS, MODES, CURRENCIES)
    for method, tail, handler in (
        ("GET", "", table.list_codes),
        ("POST", "", table.create_code),
        ("GET", "/{}", table.get_code),
        ("PUT", "/{}", table.update_code),
        ("DELETE", "/{}", table.delete_code),
    )
]
