"""The small registers: /3/units, /3/termsofpayments, /3/modesofpayments, /3/currencies."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from fortnox_sim.api.texts import BASE
from fortnox_sim.company import Company
from fortnox_sim.errors import CURRENCY_NOT_FOUND, INVENTED, TERMS_NOT_FOUND, UNIT_NOT_FOUND, Refusal, missing
from fortnox_sim.fields import Field, FieldTable, apply
from fortnox_sim.json_format import Answer, Record, json_answer
from fortnox_sim.lists import ListRule, answer_list
from fortnox_sim.router import Call, Handler, Route


@dataclass(frozen=True)
class Register:
    """A list of codes."""

    path: str
    table: str
    singular: str
    plural: str
    fields: FieldTable
    not_found: tuple[int, str]
    location: str
    scope: str
    paged: bool = True

    def item(self, _company: Company, record: Record) -> Record:
        code = quote(record["Code"], safe="")
        return {"@url": f"{BASE}/{self.path}/{code}", **self.fields.show(record)}

    def rule(self) -> ListRule:
        return ListRule(self.plural, self.table, self.item, lambda record: record["Code"].casefold(), paged=self.paged)


UNITS = Register(
    "units", "units", "Unit", "Units",
    FieldTable(Field("Code", limit=20), Field("CodeEnglish", limit=100), Field("Description", limit=100)),
    UNIT_NOT_FOUND, "units", "settings", paged=False,
)  # fmt: skip
TERMS = Register(
    "termsofpayments", "terms", "TermsOfPayment", "TermsOfPayments",
    FieldTable(Field("Code", limit=25), Field("Description", limit=100)),
    TERMS_NOT_FOUND, "paymentterms", "settings",
)  # fmt: skip
MODES = Register(
    "modesofpayments", "modes", "ModeOfPayment", "ModesOfPayments",
    FieldTable(Field("AccountNumber", limit=4), Field("Code", limit=25), Field("Description", limit=100)),
    INVENTED["choice"], "modesofpayments", "settings",
)  # fmt: skip
ONE = Decimal(1)
CURRENCIES = Register(
    "currencies", "currencies", "Currency", "Currencies",
    FieldTable(
        Field("BuyRate", "number", unset=ONE), Field("Code", limit=3), Field("Date", "date", unset=None),
        Field("Description"), Field("IsAutomatic", "bool", unset=False), Field("SellRate", "number", unset=ONE),
        Field("Unit", "number", unset=ONE),
    ),
    CURRENCY_NOT_FOUND, "currencies", "currency",
)  # fmt: skip


def _find(company: Company, register: Register, code: str) -> Record:
    record = company.get(register.table, code)
    if record is None:
        raise missing(register.not_found)
    return record


def _list(register: Register) -> Handler:
    rule = register.rule()
    return lambda call: answer_list(call.company, rule, call.query)


def _get(register: Register) -> Handler:
    def handler(call: Call) -> Answer:
        record = _find(call.company, register, call.args[0])
        return json_answer({register.singular: register.item(call.company, record)})

    return handler


def _post(register: Register) -> Handler:
    def handler(call: Call) -> Answer:
        changes = register.fields.read(call.json(register.singular), call.company.switches)
        code = changes.get("Code")
        if not code or not changes.get("Description"):
            raise Refusal((2000108, "Kod och beskrivning måste anges"))
        if code in call.company.table(register.table):
            raise Refusal(INVENTED["code_used"])
        record = call.company.put(register.table, code, apply({}, changes))
        call.done(f"{register.path}.create", code)
        body = {register.singular: register.item(call.company, record)}
        return json_answer(body, 201, Location=register.location)

    return handler


def _put(register: Register) -> Handler:
    def handler(call: Call) -> Answer:
        record = _find(call.company, register, call.args[0])
        changes = register.fields.read(call.json(register.singular), call.company.switches)
        changes.pop("Code", None)
        record = call.company.put(register.table, record["Code"], apply(record, changes))
        call.done(f"{register.path}.update", record["Code"])
        return json_answer({register.singular: register.item(call.company, record)})

    return handler


VERBS: tuple[tuple[str, str, Callable[[Register], Handler]], ...] = (
    ("GET", "", _list),
    ("POST", "", _post),
    ("GET", "/{}", _get),
    ("PUT", "/{}", _put),
)
ROUTES = [
    Route(method, f"/3/{register.path}{tail}", make(register), register.scope)
    for register in (UNITS, TERMS, MODES, CURRENCIES)
    for method, tail, make in VERBS
]
